"""Acts on several cases: all or none, one refusal names each case, taken back whole (C6)."""

from datetime import timedelta
from uuid import uuid4

import pytest

from csirt.accounts.principals import Person, Victim
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.kernel.errors import Invalid, NotFound
from incidents.models import Campaign, Incident, Message, Report, Step
from incidents.services import bulk, casework, following
from tests.incidents.conftest import case_in, follow, last_seq, row, stored
from tests.people import client_of, file_case, person

CHANGES = {"version", "changed_at"}


def chosen(*cases):
    return {case.uuid: row(case).version for case in cases}


def columns(*cases):
    return [{k: v for k, v in stored(case).items() if k not in CHANGES} for case in cases]


def act(service, cases, user, at=None, **more):
    return getattr(bulk, service)(cases=chosen(*cases), by=Person.of(user), now=at or now(), **more)


def later_case():
    return file_case(category="spam", inputs={"evolution": "tentative"}, asked=None).incident


def test_new_cases_are_taken_and_others_assigned(alice):
    fresh, old = file_case().incident, case_in("active", alice)
    casework.assign(
        incident=old.uuid, version=row(old).version, by=Person.of(alice), to=None, now=now()
    )

    act("take", [fresh, old], alice)

    assert [(row(c).state, row(c).assignee) for c in (fresh, old)] == [
        ("triage", alice), ("active", alice),
    ]  # fmt: skip


ARGUMENTS = {
    "take": {},
    "assign": {"to": None},
    "reject": {"reason": "Un exercice."},
    "snooze": {"until": now() + timedelta(days=2)},
    "group": {"name": "Vague"},
    "prioritise": {"priority": "P2", "reason": "Une vague."},
    "read": {},
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_each_act_is_on_all_and_taken_back_on_all(name, alice):
    victims = [
        file_case(category="spam", inputs={"evolution": "tentative"}, asked=None) for _ in range(3)
    ]
    cases = [victim.incident for victim in victims]
    for number, victim in enumerate(victims if name == "read" else []):
        who = following.victim_by_code(victim.code)
        following.write_as_victim(victim=who, token=f"{number:032x}", text="Allô ?", now=now())
    if name == "assign":
        act("take", cases, alice)
    before = columns(*cases)
    versions = [row(case).version for case in cases]

    act(name, cases, alice, **ARGUMENTS[name])
    assert [row(case).version for case in cases] == [version + 1 for version in versions]
    undone = bulk.undo(by=Person.of(alice), now=now())

    assert len(undone) == 3
    assert columns(*cases) == before
    assert not Message.objects.exclude(read_at=None).exists()
    assert not Step.objects.exists()


def test_several_are_joined_under_one_of_them_and_come_back(alice):
    cases = [file_case().incident for _ in range(3)]
    before = columns(*cases)

    act("merge", cases, alice, into=cases[1].uuid)
    assert [row(case).state for case in cases] == ["duplicate", "new", "duplicate"]
    assert Report.objects.filter(incident=cases[1]).count() == 3
    bulk.undo(by=Person.of(alice), now=now())

    assert columns(*cases) == before
    assert [Report.objects.filter(incident=case).count() for case in cases] == [1, 1, 1]


def test_one_that_refuses_stops_all_and_every_one_is_named(alice):
    fresh = file_case().incident
    stop = [case_in("active", alice), case_in("closed", alice)]
    before, mark = columns(fresh, *stop), last_seq()

    with pytest.raises(bulk.Stopped) as stopped:
        act("reject", [fresh, *stop], alice, reason="Non.")

    assert [case.reference for case, _ in stopped.value.reasons] == [
        case.reference for case in stop
    ]
    assert stopped.value.status == 409
    assert columns(fresh, *stop) == before
    assert last_seq() == mark
    assert not Step.objects.exists()


def test_a_version_that_is_not_the_one_seen_stops_all(alice, bruno):
    one, two = file_case().incident, file_case().incident
    seen = chosen(one, two)
    casework.assign(incident=two.uuid, version=1, by=Person.of(bruno), to=bruno.uuid, now=now())

    with pytest.raises(bulk.Stopped) as stopped:
        bulk.take(cases=seen, by=Person.of(alice), now=now())

    assert [case.reference for case, _ in stopped.value.reasons] == [two.reference]
    assert row(one).state == "new"


@pytest.mark.parametrize("other", ["hidden", "absent"])
def test_a_list_with_one_foreign_id_is_absent_whole(other, alice, bruno):
    mine, hidden = file_case().incident, file_case().incident
    hidden = casework.restrict(
        incident=hidden.uuid, version=1, by=Person.of(bruno), people=[], now=now()
    )
    cases = {mine.uuid: 1, (hidden.uuid if other == "hidden" else uuid4()): hidden.version}
    before, mark = columns(mine, hidden), last_seq()
    calls = [
        lambda by: bulk.take(cases=cases, by=by, now=now()),
        lambda by: bulk.assign(cases=cases, by=by, to=alice.uuid, now=now()),
        lambda by: bulk.reject(cases=cases, by=by, reason="Non.", now=now()),
        lambda by: bulk.snooze(cases=cases, by=by, until=now() + timedelta(days=1), now=now()),
        lambda by: bulk.read(cases=cases, by=by, now=now()),
        lambda by: bulk.group(cases=cases, by=by, name="Vague", now=now()),
        lambda by: bulk.merge(cases=cases, by=by, into=mine.uuid, now=now()),
        lambda by: bulk.merge(cases={mine.uuid: 1}, by=by, into=hidden.uuid, now=now()),
    ]
    for call in calls:
        with pytest.raises(NotFound):
            call(Person.of(alice))

    assert columns(mine, hidden) == before
    assert last_seq() == mark
    assert not Campaign.objects.exists()


def test_outsiders_may_do_nothing(outsiders):
    case = file_case().incident
    for user in outsiders:
        with pytest.raises(NotFound):
            act("take", [case], user)

    assert row(case).state == "new"


def test_none_and_too_many_are_refused(alice):
    with pytest.raises(Invalid):
        bulk.take(cases={}, by=Person.of(alice), now=now())
    with pytest.raises(Invalid) as refused:
        bulk.take(cases={uuid4(): 1 for _ in range(51)}, by=Person.of(alice), now=now())

    assert refused.value.params == {"most": 50}


def test_ten_seconds_and_no_more(alice):
    cases, at = [file_case().incident for _ in range(2)], now()
    act("take", cases, alice, at)

    with pytest.raises(Invalid):
        bulk.undo(by=Person.of(alice), now=at + timedelta(seconds=10, microseconds=1))
    assert len(bulk.undo(by=Person.of(alice), now=at + timedelta(seconds=10))) == 2


def test_nothing_comes_back_once_somebody_changed_one_of_them(alice, bruno):
    one, two = later_case(), later_case()
    act("take", [one, two], alice)
    follow("reject", two, bruno)

    with pytest.raises(bulk.Stopped) as stopped:
        bulk.undo(by=Person.of(alice), now=now())

    assert [case.reference for case, _ in stopped.value.reasons] == [two.reference]
    assert row(one).assignee == alice


def test_only_who_acted_takes_back_and_a_new_act_is_the_last(alice, bruno):
    one, two = file_case().incident, file_case().incident
    act("take", [one], alice)
    with pytest.raises(Invalid):
        bulk.undo(by=Person.of(bruno), now=now())
    act("take", [two], alice)
    bulk.undo(by=Person.of(alice), now=now())

    assert (row(one).state, row(two).state) == ("triage", "new")


def test_a_colleagues_case_is_not_taken_from_them(alice):
    carole = person("Carole", "analyst")
    theirs, free = case_in("active", carole), file_case().incident
    with pytest.raises(bulk.Stopped) as stopped:
        act("take", [theirs, free], alice)

    assert stopped.value.status == 403
    assert Incident.objects.filter(assignee=alice).count() == 0


def test_a_priority_needs_one_of_the_list_a_reason_and_cases_that_go_on(alice):
    cases = [later_case(), later_case()]
    for wrong in ({"priority": "P9"}, {"reason": " "}):
        with pytest.raises(Invalid):
            act("prioritise", cases, alice, **{"priority": "P1", "reason": "Vague.", **wrong})
    closed = case_in("closed", alice)
    with pytest.raises(bulk.Stopped) as stopped:
        act("prioritise", [*cases, closed], alice, priority="P1", reason="Vague.")
    assert [case.reference for case, _ in stopped.value.reasons] == [closed.reference]
    assert {row(case).priority for case in cases} == {"P4"}

    act("prioritise", cases, alice, priority="P1", reason="Vague.")
    assert {(row(c).priority, row(c).priority_reason, row(c).attention) for c in cases} == {
        ("P1", "Vague.", row(file_case().incident).attention)
    }
    last = Event.objects.order_by("-seq").filter(kind="incident.prioritised").first()
    assert last.data == {"priority": "P1", "previous": "P4"}


@pytest.mark.parametrize("priority", ["P1", "P2"])  # as suggested, and another
def test_a_priority_taken_back_leaves_what_the_rules_suggest(alice, priority):
    case = follow("qualify", follow("take", later_case(), alice), alice, priority="P3")
    case.assessment["suggested"] = {"priority": "P1", "score": 80, "rules": []}
    case.store(now())
    address = f"/console/dossiers/{case.uuid}/"
    said = "Les règles suggèrent P1"

    act("prioritise", [case], alice, priority=priority, reason="Vague.")
    assert (said in client_of(alice).get(address).text) is (priority == "P2")
    bulk.undo(by=Person.of(alice), now=now())

    assert row(case).assessment == case.assessment
    page = client_of(alice).get(address).text
    assert said in page
    assert "Alice a annulé sa dernière action (priorité)" in page


def test_a_case_put_off_that_becomes_a_p1_waits_no_more(alice):
    until, (given, heard) = now() + timedelta(days=2), (later_case(), later_case())
    act("snooze", [given, heard], alice, until=until)

    act("prioritise", [given], alice, priority="P1", reason="Vague.")
    following.write_as_victim(
        victim=Victim(incident_id=heard.pk), token="e" * 32, text="Je veux me suicider.", now=now()
    )

    assert [(row(c).priority, row(c).snoozed_until) for c in (given, heard)] == [("P1", None)] * 2
    bulk.undo(by=Person.of(alice), now=now())
    assert (row(given).priority, row(given).snoozed_until) == ("P4", until)


def test_each_reason_of_a_priority_stays_as_a_note_unless_taken_back(alice):
    case = follow("qualify", follow("take", later_case(), alice), alice, reason="La mairie.")
    act("prioritise", [case], alice, priority="P3", reason="Le maire est joint.")
    act("prioritise", [case], alice, priority="P2", reason="Vague.")

    reasons = ["La mairie.", "Le maire est joint.", "Vague."]
    written = row(case).notes.order_by("pk")
    assert [note.text for note in written] == reasons
    told = Event.objects.filter(incident=case.pk, kind="note.written").order_by("seq")
    assert [event.data["note"] for event in told] == [str(note.uuid) for note in written]
    bulk.undo(by=Person.of(alice), now=now())
    assert [note.text for note in written.all()] == reasons[:2]
