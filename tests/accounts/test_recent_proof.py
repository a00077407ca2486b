"""Before something that matters, one says again who one is; what was typed is carried out then."""

from datetime import timedelta

import pytest
import time_machine

from api.models import PartnerToken
from api.sharing import partners
from csirt.accounts.models import Invitation
from csirt.accounts.principals import Person
from csirt.accounts.roles import Role
from csirt.journal.models import Event
from csirt.kernel.clock import now
from incidents.models import Incident
from incidents.services.transitions import SERVICES
from tests.console.case import fresh, qualified
from tests.people import PASSWORD, client_of, totp

CONFIRM = "/comptes/confirmer/"
TEAM = "/comptes/equipe/"
INVITE = {"email": "farid@exemple.fr", "role": "analyst", "name": "Farid Nouveau"}
LATER = timedelta(minutes=11)


@pytest.fixture
def later():
    """Return a function that logs somebody in, and lets eleven minutes pass."""
    with time_machine.travel(now(), tick=True) as traveller:

        def came(user):
            client = client_of(user)
            traveller.shift(LATER)
            return client

        yield came


def asked(answer):
    return answer.status_code == 302 and answer["Location"].startswith(CONFIRM)


def test_an_invitation_typed_in_full_waits_for_the_password_and_goes_out_then(later, ada):
    client = later(ada)
    answer = client.post(TEAM, INVITE)
    assert asked(answer)
    assert not Invitation.objects.exists()
    page = client.get(answer["Location"]).content.decode()
    assert "Ce que vous avez saisi est gardé" in page
    wrong = client.post(answer["Location"], {"password": "faux"})
    assert wrong.status_code == 200

    done = client.post(answer["Location"], {"password": PASSWORD, "next": TEAM})

    assert done.status_code == 200
    assert "farid@exemple.fr" in done.content.decode()
    assert Invitation.objects.get().name == "Farid Nouveau"
    assert client.post(TEAM, INVITE | {"email": "z@exemple.fr"}).status_code == 200


def test_a_code_serves_as_well(later, ada):
    client = later(ada)
    way = client.post(TEAM, INVITE)["Location"].replace(CONFIRM, f"{CONFIRM}code/")

    assert client.post(way, {"code": totp(ada), "next": TEAM}).status_code == 200
    assert Invitation.objects.count() == 1


def test_who_has_just_come_in_is_not_asked(ada):
    assert client_of(ada).post(TEAM, INVITE).status_code == 200


def test_what_was_posted_is_not_carried_out_by_another_address(later, ada):
    client = later(ada)
    answer = client.post(TEAM, INVITE)
    client.post(answer["Location"], {"password": PASSWORD, "next": "/comptes/moi/"})

    assert not Invitation.objects.exists()


@pytest.mark.parametrize("verb", ["role", "desactiver", "second-facteur/demander", "mot-de-passe"])
def test_people(later, ada, alice, verb):
    answer = later(ada).post(f"{TEAM}{alice.uuid}/{verb}/", {"version": 1, "role": "lead"})

    assert asked(answer)
    alice.refresh_from_db()
    assert (alice.role, alice.is_active) == (Role.ANALYST, True)
    assert not Event.objects.exists()


def test_partners_tokens(later, bruno, ada):
    partner = partners.create_partner(
        identifier="cert", name="CERT", by=Person.of(bruno), now=now()
    )
    token, _text = partners.issue_token(partner=partner.uuid, by=Person.of(bruno), now=now())
    client = later(bruno)
    base = "/console/partage"
    for path in (
        f"{base}/partenaires/{partner.uuid}/jetons",
        f"{base}/partenaires/{partner.uuid}/personnes",
        f"{base}/jetons/{token.uuid}/remplacer",
    ):
        assert asked(client.post(path, {"scopes": ["taxii:read"], "email": "x@y.fr"})), path
    assert PartnerToken.objects.count() == 1
    ended = client.post(f"{base}/jetons/{token.uuid}/revoquer")
    assert ended.status_code == 302
    assert not asked(ended)  # taking away is never slowed


def test_the_journal_as_a_file(later, bruno):
    assert asked(later(bruno).post("/console/journal/export"))
    assert not Event.objects.filter(kind__contains="export").exists()
    assert client_of(bruno).post("/console/journal/export").status_code == 200


def test_lowering_the_tlp_and_not_raising_it(later, alice, bruno, denise):
    qualified(denise.incident, Person.of(alice))
    path = f"/console/dossiers/{denise.incident.uuid}/faire/tlp"
    client = later(bruno)

    def ask(tlp):
        version = fresh(denise.incident).version
        return client.post(path, {"tlp-tlp": tlp, "version": version})

    assert not asked(ask("red"))
    answer = ask("green")
    assert asked(answer)
    assert fresh(denise.incident).tlp == "red"
    client.post(answer["Location"], {"password": PASSWORD, "next": path})
    assert fresh(denise.incident).tlp == "green"


def test_a_program_is_told(later, bruno, denise):
    """By the API the same act is a problem with a code of its own."""
    row = denise.incident
    SERVICES["take"](incident=row.uuid, version=row.version, by=Person.of(bruno), now=now())
    Incident.objects.filter(pk=row.pk).update(kind="incident", tlp="red")
    fields = {
        "kind": "incident",
        "category": row.category,
        "priority": row.priority,
        "tlp": "green",
    }

    def ask(client):
        path = f"/api/v1/incidents/{row.uuid}/transitions/qualify/"
        body = fields | {"version": fresh(row).version}
        return client.post(path, body, content_type="application/json")

    answer = ask(later(bruno))
    assert answer.status_code == 403
    assert answer.json()["code"] == "recent-proof"
    assert ask(client_of(bruno)).status_code == 200


def test_a_new_passkey_begins_anew_after_an_old_proof(later, alice):
    """To say who one is with a passkey takes the place of the challenge that was signed."""
    client = later(alice)
    answer = client.post("/comptes/second-facteur/cle/", {"credential": "{}"})
    assert answer["Location"] == "/comptes/second-facteur/"
    answer = client.get(answer["Location"])
    assert asked(answer)

    done = client.post(answer["Location"], {"password": PASSWORD})

    assert done["Location"] == "/comptes/second-facteur/"
    assert client.get(done["Location"]).context["passkey_options"]
