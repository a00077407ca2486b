"""What partners sent waits for an analyst: into a case, or refused; nothing of ours changes."""

import json
from uuid import uuid4

import pytest
from django.urls import reverse

from api.models import Push, SharedObject
from api.sharing import partners, quarantine, receiving, tasks, withdrawal
from api.sharing.receiving import Received
from csirt.accounts.principals import Machine
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from csirt.kernel.tlp import Tlp
from incidents.models import Incident
from incidents.services import casework
from tests.people import client_of
from tests.sharing.desk import collection, of, partner, qualified, release
from tests.taxii import shelf

pytestmark = pytest.mark.django_db


@pytest.fixture
def voisin(bruno):
    row = partner(bruno)
    partners.issue_token(
        partner=row.uuid, by=of(bruno), now=now(), scopes=["taxii:read", "taxii:write"]
    )
    return row


def send(row, *objects, tlp=Tlp.GREEN, check=True):
    """Post as the partner's program does; return the pushes that wait."""
    token = row.tokens.first()
    post = receiving.receive(
        collection=row.inbox.uuid,
        objects=[
            Received(
                obj["id"],
                obj["type"],
                obj.get("modified", ""),
                json.dumps(obj, ensure_ascii=False),
                obj.pop("_tlp", tlp),
            )
            for obj in objects
        ],
        failures=[],
        by=Machine(row.pk, row.identifier, token.pk),
        now=now(),
    )
    if check:
        tasks.check_received.call(str(post.uuid))
    return list(Push.objects.filter(post=post).order_by("pk"))


def sighting(of_, count=3):
    return {
        "type": "sighting",
        "spec_version": "2.1",
        "id": f"sighting--{uuid4()}",
        "created": "2026-01-31T10:00:00.000Z",
        "modified": "2026-01-31T10:00:00.000Z",
        "sighting_of_ref": of_,
        "count": count,
    }


def accept(case, by, *pushes):
    return quarantine.accept(
        pushes=[push.uuid for push in pushes], incident=case.uuid, by=of(by), now=now()
    )


def test_into_a_case_go_values_as_seen_and_a_note(alice, voisin):
    case = qualified(alice, values=())
    before = set(case.observables.values_list("value", flat=True))
    pushes = send(
        voisin,
        shelf.indicator(7) | {"description": "<b>vu</b> chez nous"},
        {"type": "domain-name", "spec_version": "2.1", "id": f"domain-name--{uuid4()}", "value": "mechant.example"},
    )  # fmt: skip

    assert accept(case, alice, *pushes) == 2

    kept = case.observables.exclude(value__in=before)
    assert set(kept.values_list("type", "value", "role", "found_by")) == {
        ("ipv4", "198.51.0.7", "seen", "partner:csirt-voisin"),
        ("domain", "mechant.example", "seen", "partner:csirt-voisin"),
    }
    note = case.notes.get()
    assert note.author == alice
    assert "<b>vu</b> chez nous" in note.text
    assert {row.status for row in Push.objects.all()} == {"accepted"}
    assert Event.objects.filter(kind="share.push_accepted", incident=case.pk).count() == 2


def test_what_was_put_into_a_case_goes_when_the_case_is_erased(alice, voisin):
    case = qualified(alice, values=())
    kept, gone = send(voisin, shelf.indicator(7), shelf.indicator(8))
    accept(case, alice, gone)

    withdrawal.forget(Incident.objects.get(pk=case.pk), now())

    assert list(Push.objects.all()) == [Push.objects.get(pk=kept.pk)]


def test_a_value_that_the_case_judged_stays_as_it_was_judged(alice, voisin):
    case = qualified(alice, values=[("ipv4", "198.51.0.7")])

    accept(case, alice, *send(voisin, shelf.indicator(7)))

    assert case.observables.get(value="198.51.0.7").role == "indicator"


def test_a_tlp_is_never_lowered(alice, voisin):
    case = qualified(alice, tlp="green")
    [push] = send(voisin, shelf.indicator(7), tlp=Tlp.AMBER)

    with pytest.raises(NotAllowed):
        accept(case, alice, push)

    push.refresh_from_db()
    assert push.status == "quarantined"
    assert Incident.objects.get(pk=case.pk).tlp == "green"
    assert not case.notes.exists()


def test_refused_is_in_no_case(alice, voisin):
    case = qualified(alice)
    [push] = send(voisin, shelf.indicator(7))

    quarantine.refuse(pushes=[push.uuid], reason="Déjà connu.", by=of(alice), now=now())

    push.refresh_from_db()
    assert (push.status, push.reason, push.decided_by) == ("refused", "Déjà connu.", alice)
    with pytest.raises(Conflict):
        accept(case, alice, push)


def test_what_is_not_checked_yet_cannot_be_decided_about(alice, voisin):
    [push] = send(voisin, shelf.indicator(7), check=False)

    with pytest.raises(Conflict):
        accept(qualified(alice), alice, push)
    assert not quarantine.waiting().exists()
    with pytest.raises(NotFound):
        quarantine.received(push.uuid)


def test_a_sighting_of_our_indicator_is_told_on_its_case(alice, bruno, voisin):
    case, found = qualified(alice), collection(bruno)
    release(case, alice, found)
    ours = SharedObject.objects.filter(incident=case, key__startswith="indicator:").first()

    odd = {"object_refs": 5}
    known, other, _odd = send(
        voisin,
        sighting(ours.stix_id),
        sighting(f"indicator--{uuid4()}"),
        sighting(f"indicator--{uuid4()}") | odd,
    )

    event = Event.objects.get(kind="share.sighted")
    assert (event.incident, event.data["count"], event.data["partner"]) == (
        case.pk, 3, "csirt-voisin",
    )  # fmt: skip
    assert (known.incident, other.incident) == (case, None)
    page = client_of(alice).get(reverse("console-case", args=[case.uuid])).content.decode()
    assert "Vu par des partenaires" in page
    assert "dit avoir vu un indicateur de ce dossier (3 fois)" in page


def test_the_answer_does_not_say_whether_an_indicator_is_ours(alice, bruno, voisin):
    """A sighting of what another partner may read and of nothing at all: one status."""
    case, found = qualified(alice), collection(bruno)
    release(case, alice, found)
    ours = SharedObject.objects.filter(incident=case, key__startswith="indicator:").first()

    known, other = send(voisin, sighting(ours.stix_id), sighting(f"indicator--{uuid4()}"))

    post = known.post
    assert (post.status, post.failures, len(post.successes)) == ("complete", [], 2)
    assert set(post.successes[0]) == set(post.successes[1])
    assert known.status == other.status == "quarantined"


def test_the_pages_from_the_list_to_the_case(alice, voisin):
    case = qualified(alice)
    name = "<script>alert(1)</script>"
    first, second, third = send(
        voisin, *(shelf.indicator(number) | {"name": name} for number in (7, 8, 9))
    )
    client = client_of(alice)

    page = client.get(reverse("sharing-received")).content.decode()
    assert name not in page
    assert "&lt;script&gt;" in page
    one = client.get(reverse("sharing-received-one", args=[first.uuid])).content.decode()
    assert "198[.]51[.]0[.]7" in one

    decide = reverse("sharing-decide")
    answer = client.post(
        decide, {"objects": [first.uuid, second.uuid], "act": "accept", "case": case.reference}
    )
    assert answer["Location"] == reverse("console-case", args=[case.uuid])
    client.post(decide, {"objects": [third.uuid], "act": "refuse", "reason": "Bruit."})

    assert [row.status for row in Push.objects.order_by("pk")] == ["accepted"] * 2 + ["refused"]
    assert "Rien n'attend" in client.get(reverse("sharing-received")).content.decode()


@pytest.mark.parametrize(
    "fields", [{}, {"case": "CYB-9999-1"}, {"objects": []}, {"objects": ["x"]}]
)
def test_a_wrong_form_decides_nothing(alice, voisin, fields):
    [push] = send(voisin, shelf.indicator(7))
    form = {"objects": [str(push.uuid)], "act": "accept", "case": ""} | fields

    answer = client_of(alice).post(reverse("sharing-decide"), form)

    assert answer.status_code in {302, 404}
    push.refresh_from_db()
    assert push.status == "quarantined"


def test_a_hidden_case_takes_nothing_and_is_not_named(alice, bruno, voisin):
    case = qualified(bruno)
    release(case, bruno, collection(bruno))
    seen = case.observables.get(value="198.51.100.23")
    ours = SharedObject.objects.get(incident=case, key=f"indicator:{seen.uuid}")
    [push] = send(voisin, sighting(ours.stix_id))
    case = Incident.objects.get(pk=case.pk)
    casework.restrict(incident=case.uuid, version=case.version, by=of(bruno), people=[], now=now())

    for address in (
        reverse("sharing-received"),
        reverse("sharing-received-one", args=[push.uuid]),
    ):
        assert case.reference not in client_of(alice).get(address).content.decode()
        assert "198[.]51[.]100[.]23" not in client_of(alice).get(address).content.decode()
        assert case.reference in client_of(bruno).get(address).content.decode()
        assert "198[.]51[.]100[.]23" in client_of(bruno).get(address).content.decode()
    with pytest.raises(Invalid):
        quarantine.case_called(case.reference, of(alice))
    with pytest.raises(NotFound):
        accept(case, alice, push)


def test_an_opinion_about_two_cases_names_values_of_its_own_alone(alice, bruno, voisin):
    found = collection(bruno)
    cases = [
        qualified(alice, values=(("ipv4", value),)) for value in ("198.51.100.1", "198.51.100.2")
    ]
    for case in cases:
        release(case, alice, found)
    refs = [
        SharedObject.objects.get(incident=case, key__startswith="indicator:").stix_id
        for case in cases
    ]
    said = sighting(refs[0]) | {"type": "opinion", "id": f"opinion--{uuid4()}"}
    said |= {"opinion": "agree", "object_refs": refs}
    del said["sighting_of_ref"], said["count"]

    [push] = send(voisin, said)

    assert push.incident == cases[0]
    assert quarantine.values_of_ours([push]) == {push.pk: ["198.51.100.1"]}


@pytest.mark.parametrize("who", ["eve", "chloe", "emile", "ada"])
def test_for_others_no_page_exists(request, alice, voisin, who):
    [push] = send(voisin, shelf.indicator(7))
    client = client_of(request.getfixturevalue(who))

    assert client.get(reverse("sharing-received")).status_code == 404
    assert client.get(reverse("sharing-received-one", args=[push.uuid])).status_code == 404
    assert client.post(reverse("sharing-decide"), {"objects": [push.uuid]}).status_code == 404
    push.refresh_from_db()
    assert push.status == "quarantined"
