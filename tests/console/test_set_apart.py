"""What came in a flood waits beside the queue: seen, counted, put back by one act, never urgent."""

import pytest

from csirt.accounts.principals import Anonymous, Person, Victim
from csirt.journal.models import Event
from csirt.kernel import codes
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, NotAllowed, NotFound
from incidents.live.snapshot import snapshot
from incidents.models import Incident
from incidents.services import apart, casework, transitions
from incidents.services.filing import file_report
from incidents.services.following import write_as_victim
from tests.console.case import fresh, post, text
from tests.console.test_queue_page import page, references
from tests.people import client_of, file_case, submission

pytestmark = pytest.mark.django_db
SLOW = {"category": "spam", "inputs": {"evolution": "tentative"}, "asked": None}


def flooded(**fields):
    return file_report(
        token=codes.new_token(),
        submission=submission(**{**SLOW, **fields}),
        now=now(),
        by=Anonymous(),
        flood=True,
    ).incident


@pytest.fixture
def case(db):
    return flooded()


def test_it_is_in_a_view_of_its_own_and_in_no_other_live_one(alice, case, denise):
    for view in ("a-traiter", "nouveaux", "tous"):
        assert references(page(alice, f"?vue={view}")) == [denise.reference]
    html = page(alice, "?vue=a-part")
    assert references(html) == [case.reference]
    assert 'À part <span class="count">1</span>' in html


def test_what_is_urgent_stays_in_the_queue_and_its_page_says_so(alice):
    urgent = flooded(category="rancongiciel", inputs={}, asked=())
    assert urgent.priority == "P1"

    assert references(page(alice)) == [urgent.reference]
    assert "Ce signalement est arrivé pendant un afflux." in text(
        client_of(alice).get(f"/console/dossiers/{urgent.uuid}/")
    )


def test_one_act_puts_it_back_and_the_opposite_one_sets_it_apart(alice, case):
    answer = post(alice, case, "faire", "remettre")
    assert "Alice a remis le dossier dans la file." in text(answer)
    assert "Mettre à part" in text(answer)
    assert references(page(alice)) == [case.reference]

    answer = post(alice, case, "faire", "a-part")
    assert "Alice a mis le dossier à part." in text(answer)
    assert "Remettre dans la file" in text(answer)
    assert references(page(alice)) == []
    kinds = Event.objects.filter(incident=case.pk).order_by("seq").values_list("kind", flat=True)
    assert [kind for kind in kinds if "apart" in kind or "back" in kind or "flood" in kind] == [
        "report.in_flood",
        "incident.put_back",
        "incident.set_apart",
    ]


def test_taken_or_given_to_somebody_it_is_in_the_queue(alice, case):
    by, other = Person.of(alice), flooded()
    transitions.take(incident=case.uuid, version=1, by=by, now=now())
    casework.assign(incident=other.uuid, version=1, by=by, to=alice.uuid, now=now())

    assert {*references(page(alice))} == {case.reference, other.reference}
    assert {*references(page(alice, "?vue=miens"))} == {case.reference, other.reference}


def test_raised_to_p1_it_is_in_the_queue(alice, case):
    row = Incident.objects.get(pk=case.pk)
    row.priority = "P1"
    row.store(now())

    assert references(page(alice)) == [case.reference]


def test_once_its_victim_writes_it_is_in_the_queue(alice, case):
    write_as_victim(
        victim=Victim(case.pk), token=codes.new_token(), text="C'est bien moi.", now=now()
    )

    assert references(page(alice)) == [case.reference]
    assert references(page(alice, "?vue=a-part")) == []


@pytest.mark.parametrize("act", [apart.put_back, apart.set_apart])
def test_what_does_not_fit_is_a_conflict(alice, denise, act):
    with pytest.raises(Conflict):
        act(incident=denise.incident.uuid, version=1, by=Person.of(alice), now=now())

    assert fresh(denise.incident).version == 1


@pytest.mark.parametrize("act", [apart.put_back, apart.set_apart])
def test_somebody_changed_it_first(alice, case, act):
    with pytest.raises(Conflict):
        act(incident=case.uuid, version=2, by=Person.of(alice), now=now())


@pytest.mark.parametrize("act", [apart.put_back, apart.set_apart])
@pytest.mark.parametrize("who", ["eve", "chloe", "ada", "emile"])
def test_nobody_else_may(who, request, case, act):
    with pytest.raises((NotFound, NotAllowed)):
        act(incident=case.uuid, version=1, by=Person.of(request.getfixturevalue(who)), now=now())


@pytest.mark.parametrize("who", ["eve", "chloe", "ada"])
def test_nor_by_the_page(who, request, case):
    answer = client_of(request.getfixturevalue(who)).post(
        f"/console/dossiers/{case.uuid}/faire/remettre", {"version": "1"}
    )

    assert answer.status_code == 404
    assert fresh(case).apart


def test_consoles_are_given_the_others_first(alice, case, denise):
    late = file_case(**SLOW)
    found = snapshot(Person.of(alice))["rows"]

    assert [(row["reference"], row["apart"]) for row in found] == [
        (denise.reference, False),
        (late.reference, False),
        (case.reference, True),
    ]
