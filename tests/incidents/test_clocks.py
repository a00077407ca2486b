"""The clocks of a case: which run, from when to when, and that they follow every change of it."""

from datetime import timedelta

import pytest

from csirt.accounts.principals import Person
from csirt.journal import change
from csirt.kernel.clock import now
from csirt.management.filling import CHANNELS
from csirt.reference.bundle import shipped
from csirt.reference.hours import OpeningHours
from incidents.models import Clock, Incident, Report
from incidents.services import casework, clocks, erasing, following, undoing
from tests.domain.conftest import given_reports
from tests.incidents.clocks import BANK, CNIL, COMPLAINT, act, clock, law
from tests.incidents.conftest import case_in, follow, row
from tests.people import file_case

HOUR = timedelta(hours=1)


@pytest.mark.parametrize("nis2", [False, True])
@pytest.mark.parametrize("given", given_reports(), ids=lambda report: report["id"])
def test_each_given_report_has_exactly_its_duties(db, settings, given, nis2):
    settings.NIS2_FR_IN_FORCE = nis2
    expected, facts = given["expected"], dict(given.get("facts", {}))
    traits = tuple(facts.pop("traits", ()))
    case = file_case(
        victim_kind=given["victim_kind"],
        category=expected["category"],
        inputs=expected["inputs"],
        flags=tuple(expected["flags"]),
        traits=traits,
        answers={**given.get("answers", {}), **facts},
        text=given["text_fr"],
        channel=CHANNELS[given["channel"]],
    ).incident

    wanted = expected["duties"]
    if nis2:
        wanted = expected.get("duties_nis2_in_force", wanted)
    assert {one.duty for one in law(case).values()} == set(wanted)
    before = list(Clock.objects.order_by("pk").values())
    clocks.refresh(row(case), now())
    assert list(Clock.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("inputs", [{}, {"argent": "recent"}])
def test_a_duty_that_hangs_on_what_nobody_asked_is_to_be_established(db, inputs):
    case = file_case(category="fovi-faux-rib", inputs=inputs).incident

    assert clock(case).verdict == "unknown"
    assert clock(case, "rgpd-registre").verdict == "unknown"


def test_filing_starts_them_from_when_the_victim_knew(db):
    knew = now() - 5 * HOUR
    case = file_case(knowledge_at=knew, knowledge_exact=True).incident

    assert clock(case, CNIL).started_at == clock(case, COMPLAINT).started_at == knew
    assert clock(case, CNIL).ends_at == knew + timedelta(hours=72)
    assert row(case).next_due == knew + timedelta(hours=72)
    assert clock(case, "rgpd-registre").ends_at is None
    assert not clock(case, "rgpd-registre").running


def test_an_inexact_answer_counts_from_the_earliest_moment_that_it_may_mean(db):
    case = file_case(answers={"quand": "cette_semaine"}).incident

    assert clock(case).started_at <= case.opened_at - timedelta(days=2)
    assert clock(case).ends_at == clock(case).started_at + timedelta(hours=72)


def test_who_does_not_know_when_is_counted_from_the_report(db):
    case = file_case(answers={"quand": "nsp"}).incident

    assert clock(case).started_at == case.opened_at


def test_the_moment_of_knowledge_is_changed_once_for_all_and_audited(denise, alice, since):
    case, knew = denise.incident, (now() - 50 * HOUR).replace(second=0, microsecond=0)
    own = act("start", case, alice, at=now() - HOUR).own_start_at
    since()
    casework.edit(
        incident=case.uuid, version=row(case).version, by=Person.of(alice), now=now(),
        knowledge_at=knew,
    )  # fmt: skip

    assert clock(case, COMPLAINT).started_at == knew
    assert clock(case, CNIL).started_at == own
    [(_, data)] = [one for one in since() if one[0] == "incident.edited"]
    assert data["changes"]["knowledge_at"][1] == knew.isoformat(timespec="minutes")


def test_a_category_that_changes_changes_the_duties_and_keeps_what_was_done(denise, alice):
    case = denise.incident
    act("meet", case, alice)
    follow("take", case, alice)
    follow("qualify", case, alice, category="levee-de-doute", reason="Rien de chiffré.")

    assert CNIL not in law(case)
    assert (clock(case).verdict, clock(case, COMPLAINT).verdict) == ("unknown", "unknown")
    assert clock(case, "rgpd-registre").verdict == "unknown"  # nobody has said what was touched
    assert clock(case, CNIL).met_how == "Récépissé n° 1234."
    assert row(case).next_due is None


@pytest.mark.parametrize("state", ["closed", "redirected", "rejected", "duplicate, from new"])
def test_nothing_runs_in_a_case_that_has_ended(db, bruno, state):
    case = case_in(state, bruno)

    assert not Clock.objects.filter(incident=case, running=True).exists()
    assert case.next_due is None


def test_a_reopened_case_runs_again(db, bruno):
    case = case_in("rejected", bruno)
    follow("reopen", case, bruno)

    assert clock(case).running
    assert row(case).next_due == clock(case, COMPLAINT).ends_at


def test_undoing_an_act_brings_the_clocks_back(denise, alice):
    case = denise.incident
    by = Person.of(alice)
    undoing.undoably(
        lambda: follow("reject", case, alice), act="reject", incident=case.uuid, by=by, now=now()
    )
    assert not clock(case).running
    undoing.undo(incident=case.uuid, by=by, now=now())

    assert clock(case).running
    assert row(case).next_due is not None


def test_money_sent_gives_a_clock_of_an_hour(db):
    case = file_case(category="fovi-faux-rib", inputs={"argent": "recent"}).incident

    assert clock(case, BANK).ends_at - clock(case, BANK).started_at == HOUR
    assert row(case).next_due == clock(case, BANK).ends_at


@pytest.mark.parametrize("priority", ["P1", "P2", "P3", "P4"])
def test_the_desk_has_its_own_targets_in_opening_hours(db, alice, priority):
    case = file_case().incident
    Incident.objects.filter(pk=case.pk).update(priority=priority)
    clocks.refresh(row(case), now())
    bundle = shipped()
    target, hours = bundle.triage.service_targets.of(priority), OpeningHours(bundle.service_hours)

    first = clock(case, "first_human")
    assert first.ends_at == hours.add(case.opened_at, target.first_human)
    assert clock(case, "qualification").ends_at == hours.add(case.opened_at, target.qualification)
    assert not first.law
    assert row(case).next_due == clock(case, CNIL).ends_at


def test_an_answer_meets_the_first_target_and_news_are_due_again(denise, alice):
    case, by = denise.incident, Person.of(alice)
    following.write_to_victim(
        incident=case.uuid, by=by, token="a" * 32, text="Nous vous appelons.", now=now()
    )
    assert clock(case, "first_human").met_at
    assert clock(case, "qualification").met_at is None
    follow("take", case, alice)
    follow("qualify", case, alice)
    assert clock(case, "qualification").met_at
    before = clock(case, "update").ends_at
    Clock.objects.filter(incident=case, duty="update").update(warn_at=None)
    following.write_to_victim(
        incident=case.uuid, by=by, token="b" * 32, text="Où en êtes-vous ?",
        now=now() + timedelta(days=3),
    )  # fmt: skip

    assert clock(case, "update").ends_at > before
    assert clock(case, "update").warn_at < clock(case, "update").ends_at
    follow("wait", case, alice)
    assert not Clock.objects.filter(incident=case, duty="update").exists()


def test_who_was_on_the_phone_was_answered(db):
    case = file_case(channel="phone").incident

    assert clock(case, "first_human").met_at == case.opened_at


def test_a_case_without_clocks_is_found_and_given_them(denise):
    case = denise.incident
    Clock.objects.all().delete()
    Incident.objects.update(next_due=None)

    assert clocks.catch_up(now=now()) == 1
    assert clocks.catch_up(now=now()) == 0
    assert set(law(case)) == {CNIL, COMPLAINT, "rgpd-registre"}
    assert row(case).next_due == clock(case).ends_at


def test_clocks_that_cannot_be_computed_refuse_no_report(db):
    odd = Report(incident=Incident(victim_kind="commune", priority="P9"), filed_at=now())

    assert clocks.opening(odd) == []


def test_erasing_a_case_erases_its_clocks(db, bruno):
    case = case_in("rejected", bruno)
    act("explain", case, bruno)
    change(lambda: erasing.erase(Incident.locked(case.uuid), by=Person.of(bruno), now=now()))()

    assert not Clock.objects.exists()
    assert row(case).next_due is None
