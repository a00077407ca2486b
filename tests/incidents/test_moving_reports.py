"""One report of a case that holds several goes to a case of its own, or to another one."""

import pytest

from csirt.accounts.principals import Person
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, Invalid, NotFound
from incidents.models import Message, Note, Report
from incidents.services import casework, following
from incidents.services.moving import move_report
from tests.incidents.conftest import case_in, follow, last_seq, row, stored
from tests.people import file_case


def reports_of(case):
    return set(Report.objects.filter(incident=case.pk).values_list("pk", flat=True))


def move(holder, report, user, into=None, **more):
    arguments = {"version": row(holder).version, **more}
    return move_report(
        incident=holder.uuid, report=report.uuid, by=Person.of(user),
        into=into.uuid if into else None, now=now(), **arguments,
    )  # fmt: skip


@pytest.fixture
def joined(alice):
    """Three reports under the first one's case."""
    victims = [file_case() for _ in range(3)]
    for other in victims[1:]:
        follow("merge", other.incident, alice, into=victims[0].incident.uuid)
    return victims


def told(case, since):
    return [data for kind, data in since(of=case) if kind == "report.moved"]


def test_a_report_goes_to_its_own_case_with_all_that_is_its(joined, alice, since):
    main, moved, _ = joined
    victim = following.victim_by_code(moved.code)
    following.write_as_victim(victim=victim, token="a" * 32, text="Je suis là.", now=now())
    before = stored(moved.incident)
    since()

    place = move(main.incident, moved.report, alice)

    case = row(moved.incident)
    assert place == case
    assert (case.state, case.merged_into, case.opened_at) == ("new", None, before["opened_at"])
    assert reports_of(case) == {moved.report.pk}
    assert len(reports_of(main.incident)) == 2
    assert Message.objects.get().incident == case
    assert following.victim_by_code(moved.code).incident_id == case.pk
    data = {"reference": case.reference, "holder": main.reference, "to": case.reference}
    assert told(main.incident, lambda of: since(of=of)) == [data]


def test_it_goes_to_another_case_and_all_are_told(joined, alice, since):
    main, moved, _ = joined
    other = case_in("active", alice)
    since()

    move(main.incident, moved.report, alice, other)

    assert row(moved.incident).merged_into == other
    assert moved.report.pk in reports_of(other)
    assert row(other).assignee == alice
    kinds = [(kind, data.get("to")) for kind, data in since() if kind == "report.moved"]
    assert kinds == [("report.moved", other.reference)] * 3


def test_what_was_joined_to_it_before_stays(alice):
    deep, middle, top = file_case(), file_case(), file_case()
    follow("merge", deep.incident, alice, into=middle.incident.uuid)
    follow("merge", middle.incident, alice, into=top.incident.uuid)

    move(top.incident, middle.report, alice)

    assert reports_of(top.incident) == {deep.report.pk, top.report.pk}
    assert row(deep.incident).merged_into == top.incident
    follow("split", deep.incident, alice)
    assert reports_of(deep.incident) == {deep.report.pk}


def test_a_cases_own_report_stays_in_it_and_the_others_leave_together(joined, alice):
    main, second, third = joined
    casework.add_note(incident=main.incident.uuid, by=Person.of(alice), text="Vu.", now=now())

    move(main.incident, main.report, alice)

    assert reports_of(main.incident) == {main.report.pk}
    assert reports_of(second.incident) == {second.report.pk, third.report.pk}
    assert row(second.incident).state == "new"
    assert row(third.incident).merged_into == second.incident
    assert Note.objects.get().incident == main.incident


def test_a_cases_own_report_goes_elsewhere_with_its_case(joined, alice):
    main, second, third = joined
    other = file_case()

    move(main.incident, main.report, alice, other.incident)

    assert row(main.incident).merged_into == other.incident
    assert reports_of(other.incident) == {main.report.pk, other.report.pk}
    assert reports_of(second.incident) == {second.report.pk, third.report.pk}


def test_the_only_report_of_a_case_has_nowhere_of_its_own_to_go(alice, denise):
    with pytest.raises(Invalid):
        move(denise.incident, denise.report, alice)
    with pytest.raises(Invalid):
        move(denise.incident, denise.report, alice, denise.incident)


def test_a_report_of_another_case_is_absent(joined, alice):
    stranger, mark = file_case(), last_seq()
    with pytest.raises(NotFound):
        move(joined[0].incident, stranger.report, alice)
    with pytest.raises(NotFound):
        move(joined[1].incident, joined[1].report, alice)  # it hangs elsewhere now

    assert last_seq() == mark


def test_hidden_cases_are_absent_and_an_old_version_is_refused(joined, alice, bruno, outsiders):
    main, moved, _ = joined
    hidden = file_case()
    casework.restrict(
        incident=hidden.incident.uuid, version=1, by=Person.of(bruno), people=[], now=now()
    )
    mark = last_seq()
    with pytest.raises(NotFound):
        move(main.incident, moved.report, alice, hidden.incident)
    with pytest.raises(Conflict):
        move(main.incident, moved.report, alice, version=row(main.incident).version - 1)
    for user in outsiders:
        with pytest.raises(NotFound):
            move(main.incident, moved.report, user)

    assert last_seq() == mark
