"""Undo: for ten seconds, whoever acted may take the act back, if nobody changed the case since."""

from datetime import timedelta

import pytest

from csirt.accounts.principals import Person
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, Invalid, NotFound
from incidents import kinds
from incidents.models import Step
from incidents.services import casework, undoing
from incidents.services.transitions import SERVICES
from tests.incidents.conftest import PATHS, arguments, case_in, follow, last_seq, row, stored
from tests.incidents.test_transitions import allowed

TAKEN_BACK = sorted(undoing.ACTS & SERVICES.keys())
CHANGES = {"version", "changed_at"}


def act(edge, case, user, at=None):
    return undoing.undoably(
        lambda: follow(edge, case, user),
        act=edge,
        incident=case.uuid,
        by=Person.of(user),
        now=at or now(),
    )


def undo(case, user, at=None):
    return undoing.undo(incident=case.uuid, by=Person.of(user), now=at or now())


def columns(case):
    return {name: value for name, value in stored(case).items() if name not in CHANGES}


@pytest.mark.parametrize("edge", TAKEN_BACK)
def test_each_act_is_taken_back_whole_under_a_new_version(edge, alice):
    place = next(name for name in PATHS if allowed(edge, name))
    case = case_in(place, alice)
    before, mark = columns(case), last_seq()
    done = act(edge, case, alice)

    undone = undo(done, alice)

    assert columns(case) == before
    assert undone.version == done.version + 1 == case.version + 2
    told = Event.objects.filter(seq__gt=mark, kind=kinds.UNDONE.name).get()
    assert told.data == {"act": edge, "state": case.state, "undone": done.version}
    assert told.actor == f"user:{alice.uuid}"


def test_ten_seconds_and_no_more(alice):
    case = case_in("new", alice)
    at = now()
    act("take", case, alice, at)

    with pytest.raises(Invalid) as refused:
        undo(case, alice, at + timedelta(seconds=10.1))

    assert refused.value.code == "too-late"
    assert row(case).state == "triage"
    assert undo(case, alice, at + timedelta(seconds=9.9)).state == "new"


def test_what_somebody_changed_since_is_not_undone(alice, bruno):
    case = case_in("new", alice)
    act("take", case, alice)
    casework.add_note(incident=case.uuid, by=Person.of(bruno), text="Vu.", now=now())

    with pytest.raises(Conflict):
        undo(case, alice)

    assert row(case).state == "triage"


def test_only_who_acted_may_take_it_back_and_only_once(alice, bruno):
    case = case_in("new", alice)
    act("take", case, alice)

    with pytest.raises(Invalid):
        undo(case, bruno)
    undo(case, alice)
    with pytest.raises(Invalid):
        undo(case, alice)


def test_who_sees_no_case_is_told_that_there_is_none(alice, outsiders):
    case = case_in("new", alice)
    act("take", case, alice)

    for user in outsiders:
        with pytest.raises(NotFound):
            undo(case, user)


def test_an_act_that_fails_leaves_nothing_to_undo(alice):
    case = case_in("new", alice)

    with pytest.raises(Conflict):
        act("resolve", case, alice)

    assert not Step.objects.exists()


def test_the_next_act_is_the_one_that_is_undone(alice):
    case = case_in("new", alice)
    act("take", case, alice)
    act("qualify", case, alice)

    assert undo(case, alice).state == "triage"
    with pytest.raises(Invalid):
        undo(case, alice)


def test_a_tlp_that_comes_down_again_is_told(alice):
    case = case_in("triage", alice)
    mark = last_seq()
    qualified = arguments("qualify", tlp="red")
    undoing.undoably(
        lambda: follow("qualify", case, alice, **qualified),
        act="qualify",
        incident=case.uuid,
        by=Person.of(alice),
        now=now(),
    )

    assert undo(case, alice).tlp == "amber"
    told = Event.objects.filter(seq__gt=mark, kind__startswith="incident.tlp")
    assert [one.kind for one in told.order_by("seq")] == [
        kinds.TLP_RAISED.name,
        kinds.TLP_LOWERED.name,
    ]


def test_steps_that_were_settled_meanwhile_stay_counted(alice):
    """What a victim ticks in those seconds raises no version, and is not taken back with the act."""
    case = act("take", case_in("new", alice), alice)
    casework.note_progress(row(case), "3/12 0/6")

    undo(case, alice)

    assert row(case).progress == "3/12 0/6"
