"""The right door: shown with its reason, noted, and never opened against the victim's word."""

import json

import pytest
from django.http import QueryDict

from csirt.accounts.principals import Person
from csirt.directory.models import Organisation
from csirt.journal.models import Event
from csirt.kernel import codes
from csirt.kernel.clock import now
from csirt.kernel.errors import Invalid, NotFound
from csirt.reference.bundle import shipped
from incidents.console import own
from incidents.console.filters import Filters
from incidents.domain.consents import CONSENT_VERSION
from incidents.domain.questions import fill
from incidents.intake.words import reach
from incidents.models import About, Incident
from incidents.services import casework, consenting, transitions
from incidents.services.following import victim_by_code
from tests.console.case import address, fresh, post, text
from tests.intake.test_followup import visit
from tests.people import client_of, file_case
from tests.reporters import ANSWERS

pytestmark = pytest.mark.django_db
REDIRECT = {
    "redirect-redirected_to": "certfr",
    "redirect-consent": "oui",
    "redirect-reason": "Une structure régulée.",
}


def says(victim, *, given):
    """Have the victim say yes or no to being handed over, on the follow-up page."""
    answer = "oui" if given else "non"
    visit(victim).post("/suivi/accord/", {"sur": "handover", "accord": answer})


def redirected(case, user, **replaced):
    return transitions.redirect(
        **{
            "incident": case.uuid,
            "version": fresh(case).version,
            "by": Person.of(user),
            "redirected_to": "17cyber",
            "consent": True,
            "reason": "Mieux placé.",
            "now": now(),
        }
        | replaced
    )


def test_who_said_no_on_the_page_is_not_handed_over_whatever_was_ticked(denise, alice):
    says(denise, given=True)
    says(denise, given=False)

    answer = post(alice, denise.incident, "etape", "redirect", **REDIRECT)

    assert answer.status_code == 400
    assert "n'est pas d'accord pour transmettre" in text(answer)
    assert fresh(denise.incident).state == "new"


def test_nor_is_what_was_joined_to_the_case(denise, alice):
    other = file_case()
    transitions.merge(
        incident=other.incident.uuid, version=1, by=Person.of(alice), into=denise.incident.uuid,
        now=now(),
    )  # fmt: skip
    says(other, given=False)

    with pytest.raises(Invalid):
        redirected(denise.incident, alice)


def test_the_journal_names_the_text_that_was_agreed_to_or_the_telephone(denise, alice):
    says(denise, given=True)
    redirected(denise.incident, alice)
    on_the_phone = file_case()
    redirected(on_the_phone.incident, alice)

    events = Event.objects.filter(kind="incident.redirected").order_by("seq")
    assert [event.data["agreed"] for event in events] == [CONSENT_VERSION, "phone"]
    page = text(client_of(alice).get(address(denise.incident)))
    assert f"à 17Cyber, avec accord (texte {CONSENT_VERSION})." in page
    page = text(client_of(alice).get(address(on_the_phone.incident)))
    assert "à 17Cyber, avec accord (de vive voix)." in page


def test_eve_hands_nobody_over(denise, eve):
    with pytest.raises(NotFound):
        redirected(denise.incident, eve)
    consenting.decide(
        victim=victim_by_code(denise.code), about=About.HANDOVER, given=True, now=now()
    )
    assert post(eve, denise.incident, "etape", "redirect", **REDIRECT).status_code == 404


def test_a_regulated_body_is_shown_the_cert_fr():
    bundle = shipped()
    filled = fill(bundle, {"kind": "entreprise", "etablissement": ["regulee"]}, now=now())

    assert filled.traits == ("regulee",)
    (route,) = [route for route in bundle.intake.routing if route.id == "regulee"]
    shown = reach(bundle, route.show_contacts, kind="entreprise", traits=filled.traits)
    assert [one.id for one in shown] == ["certfr"]
    assert reach(bundle, route.show_contacts, kind="entreprise") == []


def test_the_doors_that_a_citizen_was_shown_are_noted_and_said(client, alice):
    answers = {**ANSWERS, "ou": "hors_region"}
    held = json.dumps({"language": "fr", "answers": answers})
    sent = client.post("/signaler/envoi/", {"envoi": codes.new_token(), "reponses": held})
    assert "17Cyber vous répond jour et nuit." in text(sent)
    assert "Un autre service peut vous aider." in text(sent)

    event = Event.objects.get(kind="report.filed")
    assert set(event.data["doors"]) >= {"hors-public", "hors-region"}
    assert "certfr" not in event.data["services"]  # which is not for citizens, and was not shown
    page = text(client_of(alice).get(address(Incident.objects.get())))
    assert "Services indiqués : 17Cyber, Cybermalveillance.gouv.fr" in page


@pytest.mark.parametrize("channel", ["phone", "mail", "api"])
def test_what_came_another_way_was_shown_no_door(channel):
    file_case(channel=channel, victim_kind="particulier", answers=ANSWERS)

    assert Event.objects.get(kind="report.filed").data["doors"] == []


def test_the_analyst_who_redirects_sees_whom_the_rules_name_and_why(denise, alice):
    town = Organisation.objects.create(
        name="Régie des eaux", kind="entreprise", traits=["importante"]
    )
    casework.edit(
        incident=denise.incident.uuid, version=fresh(denise.incident).version,
        by=Person.of(alice), organisation=town.uuid, now=now(),
    )  # fmt: skip

    page = text(client_of(alice).get(address(denise.incident)))

    assert "Pour un tel dossier, les règles désignent :" in page
    assert "CERT-FR (ANSSI)" in page
    assert "Entité régulée, ou entité publique en P1" in page


def test_citizens_are_counted_apart_and_found_by_the_address(denise, alice, eve):
    citizen = file_case(victim_kind="particulier")
    client = client_of(alice)

    apart = client.get("/console/?vue=particuliers").content.decode()
    assert citizen.reference in apart
    assert denise.reference not in apart
    person = Person.of(alice)
    shown = own.tabs(person, Filters.of(QueryDict(), person))
    counts = {str(tab["label"]): tab["count"] for tab in shown}
    assert (counts["Particuliers"], counts["Tous"]) == ("1", "2")
    towns = client.get("/console/?victime=commune").content.decode()
    assert denise.reference in towns
    assert citizen.reference not in towns
    everybody = client.get("/console/?victime=martien").content.decode()
    assert {denise.reference, citizen.reference} <= {
        case.reference for case in Incident.objects.all() if case.reference in everybody
    }
    assert client_of(eve).get("/console/?vue=particuliers").status_code == 403
