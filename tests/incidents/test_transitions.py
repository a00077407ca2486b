"""Each transition from each state: the allowed ones happen and are told, the others change nothing.

Generated from the table, through the services that pages and programs call.
"""

from uuid import uuid4

import pytest

from csirt.accounts.principals import Person
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from incidents import kinds
from incidents.domain.lifecycle import TRANSITIONS, State
from incidents.models import Incident
from incidents.services.casework import restrict
from incidents.services.transitions import SERVICES, accept
from tests.incidents.conftest import PATHS, arguments, case_in, follow, last_seq, row, stored
from tests.people import agree

# Where an edge without a fixed target leads, by the path that was taken.
BACK = {
    ("resume", "waiting"): "active",
    ("resume", "waiting, from recovery"): "recovery",
    **{("split", name): name.rpartition(" ")[2] for name in PATHS if "duplicate" in name},
    ("reopen", "closed"): "active",
    ("reopen", "review"): "active",
    ("reopen", "rejected"): "triage",
    ("reopen", "redirected"): "triage",
}
PAIRS = [(edge, place) for edge in TRANSITIONS for place in PATHS]


def state_of(place):
    return State(place.partition(",")[0])


def allowed(edge, place):
    return state_of(place) in TRANSITIONS[edge].sources


def events_of(case, after):
    return list(Event.objects.filter(incident=case.pk, seq__gt=after).order_by("seq"))


@pytest.mark.parametrize("edge, place", [pair for pair in PAIRS if allowed(*pair)])
def test_an_allowed_transition_happens_once_and_is_told_once(edge, place, alice):
    case, before = case_in(place, alice), last_seq()

    after = follow(edge, case, alice)

    (event,) = events_of(case, before)
    expected = BACK.get((edge, place)) or TRANSITIONS[edge].target
    assert row(case).state == after.state == expected
    assert row(case).version == after.version == case.version + 1
    assert event.kind == kinds.BY_EDGE[edge].name
    assert event.actor == f"user:{alice.uuid}"
    assert event.data["state"] == expected
    assert event.version == after.version


@pytest.mark.parametrize("place", PATHS)
def test_any_other_transition_is_a_conflict_and_leaves_nothing(place, alice, subtests):
    case = case_in(place, alice)
    for edge in (edge for edge in TRANSITIONS if not allowed(edge, place)):
        with subtests.test(edge):
            given = arguments(edge)
            before, mark = stored(case), last_seq()

            with pytest.raises(Conflict) as refused:
                follow(edge, case, alice, **given)

            assert refused.value.state == case.state
            assert stored(case) == before
            assert last_seq() == mark


@pytest.mark.parametrize("edge", TRANSITIONS)
def test_of_two_people_at_once_one_wins_and_the_other_is_told_the_new_state(edge, alice, bruno):
    place = next(name for name in PATHS if allowed(edge, name))
    case, given = case_in(place, alice), arguments(edge)
    seen = case.version
    follow(edge, case, bruno, **given)
    before, mark = stored(case), last_seq()

    with pytest.raises(Conflict) as refused:
        SERVICES[edge](incident=case.uuid, version=seen, by=Person.of(alice), now=now(), **given)

    assert refused.value.state == before["state"]
    assert stored(case) == before
    assert last_seq() == mark


@pytest.mark.parametrize("edge", TRANSITIONS)
def test_who_sees_no_case_is_told_that_there_is_none(edge, alice, outsiders):
    place = next(name for name in PATHS if allowed(edge, name))
    case, given = case_in(place, alice), arguments(edge)
    before, mark = stored(case), last_seq()

    for user in outsiders:
        with pytest.raises(NotFound):
            follow(edge, case, user, **given)

    assert stored(case) == before
    assert last_seq() == mark


@pytest.mark.parametrize("edge", TRANSITIONS)
def test_an_operator_may_look_and_not_act(edge, alice, emile):
    place = next(name for name in PATHS if allowed(edge, name))
    case, given = case_in(place, alice), arguments(edge)
    agree(emile.operators.get(), case)
    before = stored(case)

    with pytest.raises(NotAllowed):
        follow(edge, case, emile, **given)

    assert stored(case) == before


@pytest.mark.parametrize("edge", TRANSITIONS)
def test_a_hidden_case_and_an_absent_one_get_the_same_answer(edge, alice, bruno):
    place = next(name for name in PATHS if allowed(edge, name))
    case, given = case_in(place, bruno), arguments(edge)
    for kept in filter(None, (case.merged_into, case)):  # one that holds its reports goes first
        version = kept.version
        restrict(incident=kept.uuid, version=version, by=Person.of(bruno), people=[], now=now())
    refusals = []

    for uuid in (case.uuid, uuid4()):
        with pytest.raises(NotFound) as refused:
            SERVICES[edge](incident=uuid, version=1, by=Person.of(alice), now=now(), **given)
        refusals.append((refused.value.sentence, refused.value.params, refused.value.code))

    assert refusals[0] == refusals[1]


def test_accepting_in_the_inbox_is_take_and_qualify_in_one_change(alice):
    case, before = case_in("new", alice), last_seq()

    accept(
        incident=case.uuid,
        version=case.version,
        by=Person.of(alice),
        now=now(),
        **arguments("qualify"),
    )

    assert [event.kind for event in events_of(case, before)] == [
        "incident.taken",
        "incident.qualified",
    ]
    assert row(case).assignee == alice
    assert row(case).state == State.ACTIVE


def test_accepting_with_a_wrong_value_takes_nothing(alice):
    case, mark = case_in("new", alice), last_seq()
    before = stored(case)

    with pytest.raises(Invalid):
        accept(
            incident=case.uuid,
            version=case.version,
            by=Person.of(alice),
            now=now(),
            **arguments("qualify") | {"category": "autre-chose"},
        )

    assert stored(case) == before
    assert last_seq() == mark


def test_a_case_that_waited_in_recovery_is_back_there_after_a_merge_that_was_undone(alice):
    case = case_in("waiting, from recovery", alice)
    until = case.waiting_until

    follow("merge", case, alice)
    back = follow("split", case, alice)
    assert (back.state, back.waiting_until) == ("waiting", until)

    assert follow("resume", case, alice).state == "recovery"


def test_the_state_cannot_be_set_by_hand():
    case = Incident()

    with pytest.raises(AttributeError):
        case.state = State.CLOSED
