"""What is done about a clock: its own start, the proof, a part, why it is late, set aside, taken back."""

from datetime import timedelta
from uuid import uuid4

import pytest

from csirt.accounts.principals import Victim
from csirt.journal import change
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from incidents.models import Clock, Evidence, Incident
from incidents.services import clock_acts
from tests.incidents.clocks import CNIL, COMPLAINT, act, clock, law
from tests.incidents.conftest import case_in, follow, last_seq, row
from tests.people import agree, file_case

VERBS = ("start", "meet", "waive", "explain", "reopen")
HOUR = timedelta(hours=1)


def evidence(case):
    return Evidence.objects.create(
        incident=case, idempotency=uuid4().hex, name="recepisse.pdf", stored=uuid4().hex, size=10,
        sha256="a" * 64, source="victim", received_at=now(),
    )  # fmt: skip


@pytest.mark.parametrize("verb", VERBS)
def test_eve_and_the_others_without_cases_find_none(verb, denise, outsiders):
    mark = last_seq()
    for user in outsiders:
        with pytest.raises(NotFound):
            act(verb, denise.incident, user)

    assert last_seq() == mark


@pytest.mark.parametrize("verb", VERBS)
def test_an_operator_may_only_look(verb, denise, emile):
    agree(emile.operators.get(), denise.incident)

    with pytest.raises(NotAllowed):
        act(verb, denise.incident, emile)


@pytest.mark.parametrize("verb", VERBS)
def test_a_stale_version_is_a_conflict_and_leaves_nothing(verb, denise, alice):
    case = denise.incident
    act("meet", case, alice, partial=True)
    before, mark = list(Clock.objects.values()), last_seq()

    with pytest.raises(Conflict):
        act(verb, case, alice, version=case.version)
    assert list(Clock.objects.values()) == before
    assert last_seq() == mark


@pytest.mark.parametrize("verb", VERBS)
def test_a_duty_that_nobody_knows_is_not_found(verb, denise, alice):
    with pytest.raises(NotFound):
        act(verb, denise.incident, alice, duty="inventee")


def test_a_clock_may_have_its_own_start_with_a_reason(denise, alice, since):
    case, at = denise.incident, now() - 3 * HOUR
    complaint = clock(case, COMPLAINT).ends_at
    since()
    act("start", case, alice, at=at)

    assert clock(case).started_at == at
    assert clock(case).ends_at == at + timedelta(hours=72)
    assert clock(case, COMPLAINT).ends_at == complaint
    assert row(case).next_due == clock(case).ends_at
    [(kind, data)] = since()
    assert (kind, data["duty"], data["previous"]) == ("clock.started", CNIL, "")
    act("start", case, alice, at=None)
    assert clock(case).started_at == case.knowledge_at
    assert clock(case).own_start_reason == ""


@pytest.mark.parametrize(
    "wrong", [{"reason": " "}, {"at": now() + timedelta(days=400)}, {"reason": "x" * 2001}]
)
def test_a_start_to_come_or_without_its_reason_is_refused(denise, alice, wrong):
    with pytest.raises(Invalid):
        act("start", denise.incident, alice, **wrong)

    assert clock(denise.incident).own_start_at is None


def test_a_duty_to_be_established_applies_once_it_is_given_a_start(db, alice):
    case = file_case(category="perte-donnees").incident
    assert CNIL not in law(case)
    act("start", case, alice, at=case.opened_at, reason="Le prestataire a perdu les fiches.")

    assert law(case)[CNIL].running
    follow("take", case, alice)
    assert law(case)[CNIL].running
    act("start", case, alice, at=None)
    assert CNIL not in law(case)


def test_it_is_met_with_what_when_who_and_a_file(denise, alice, since):
    case, at = denise.incident, now() - HOUR
    proof = evidence(case)
    since()
    act("meet", case, alice, at=at, evidence=proof.uuid)
    done = clock(case)

    assert (done.met_at, done.met_how, done.done_by) == (at, "Récépissé n° 1234.", alice)
    assert (done.evidence, done.running) == (proof, False)
    [(kind, data)] = since()
    assert kind == "clock.met"
    assert data == {
        "duty": CNIL, "step": "", "at": at.isoformat(timespec="minutes"), "partial": False,
        "late": False, "evidence": str(proof.uuid), "by_step": "",
    }  # fmt: skip
    assert row(case).next_due == clock(case, COMPLAINT).ends_at


@pytest.mark.parametrize("verb", ["meet", "waive"])
def test_what_is_settled_is_not_settled_again(denise, alice, verb):
    act("waive", denise.incident, alice)

    with pytest.raises(Conflict):
        act(verb, denise.incident, alice)


def test_a_proof_is_needed_and_its_file_is_of_the_case(denise, alice):
    other = evidence(file_case().incident)

    for wrong in ({"how": " "}, {"evidence": other.uuid}, {"at": now() + 25 * HOUR}):
        with pytest.raises(Invalid):
            act("meet", denise.incident, alice, **wrong)
    assert clock(denise.incident).running


def test_the_cnil_takes_a_part_first_and_the_rest_later(denise, alice):
    case = denise.incident
    act("meet", case, alice, partial=True, how="Notification initiale.")
    part = clock(case)
    assert (part.met_at, part.running) == (None, False)
    assert row(case).next_due == clock(case, COMPLAINT).ends_at
    act("meet", case, alice, how="Notification complémentaire.")

    done = clock(case)
    assert done.partial_at == part.partial_at
    assert done.met_how == "Notification complémentaire."


def test_no_other_duty_is_done_in_part(denise, alice):
    act("meet", denise.incident, alice, duty=COMPLAINT, partial=True)

    assert clock(denise.incident, COMPLAINT).met_at


def test_a_late_notification_to_the_cnil_needs_its_reasons(db, alice, since):
    case = file_case(knowledge_at=now() - timedelta(days=4), knowledge_exact=True).incident
    with pytest.raises(Invalid) as refused:
        act("meet", case, alice)
    assert "late_reason" in refused.value.fields
    act("explain", case, alice)
    assert clock(case).running
    since()
    act("meet", case, alice)

    assert clock(case).late_reason == "Le prestataire ne répondait pas."
    assert dict(since())["clock.met"]["late"]


def test_the_rest_of_what_was_notified_in_time_is_not_late(db, alice, since):
    case = file_case(knowledge_at=now() - timedelta(days=4), knowledge_exact=True).incident
    act("meet", case, alice, partial=True, at=now() - timedelta(days=2))
    since()
    act("meet", case, alice)

    assert not dict(since())["clock.met"]["late"]


def test_a_clock_set_aside_says_why_and_may_be_taken_up_again(denise, alice, since):
    case = denise.incident
    with pytest.raises(Invalid):
        act("waive", case, alice, reason="")
    act("waive", case, alice)
    assert (clock(case).waived_why, clock(case).done_by) == (
        "Aucun risque pour les personnes.",
        alice,
    )
    assert not clock(case).running
    since()
    act("reopen", case, alice)

    assert clock(case).running
    assert clock(case).waived_at is None
    assert since()[0][0] == "clock.resumed"
    with pytest.raises(Conflict):
        act("reopen", case, alice)


def test_a_target_of_the_desk_may_be_met_by_hand_and_stays_so(denise, alice):
    case = denise.incident
    act("meet", case, alice, duty="first_human", how="Appelée au numéro connu.")
    follow("take", case, alice)
    follow("qualify", case, alice)

    assert clock(case, "first_human").met_how == "Appelée au numéro connu."
    with pytest.raises(NotFound):
        act("start", case, alice, duty="first_human")


def by_step(verb, case, duty, step="rancongiciel/ran-p15", by=None, **more):
    @change
    def stepped():
        locked = Incident.locked(case.uuid)
        by_ = by or Victim(incident_id=case.pk)
        found = getattr(clock_acts, verb)(
            case=locked, duty=duty, by=by_, step=step, now=now(), **more
        )
        locked.store(now())
        return found

    return stepped()


def test_a_step_bound_to_a_duty_meets_it_once(denise, since):
    case = denise.incident
    since()
    assert by_step("met_by_step", case, COMPLAINT, how="Porter plainte") is not None
    assert by_step("met_by_step", case, COMPLAINT, how="Porter plainte") is None
    assert by_step("met_by_step", case, "pharos", how="Signaler") is None
    assert clock(case, COMPLAINT).met_step == "rancongiciel/ran-p15"
    assert [kind for kind, _ in since()] == ["clock.met"]
    by_step("not_met_by_step", case, COMPLAINT, step="rancongiciel/ran-p99")
    assert clock(case, COMPLAINT).met_at
    by_step("not_met_by_step", case, COMPLAINT)

    assert clock(case, COMPLAINT).running
    assert clock(case, COMPLAINT).met_step == ""


def test_nis_2_runs_by_its_setting_and_its_report_from_the_notification(db, alice, settings):
    settings.NIS2_FR_IN_FORCE = True
    knew = now() - HOUR
    case = file_case(
        victim_kind="epci", category="virus", inputs={"evolution": "en_cours"},
        traits=("importante",), knowledge_at=knew, knowledge_exact=True,
    ).incident  # fmt: skip
    nis2 = "nis2-art23"

    assert clock(case, nis2, "alerte-precoce").ends_at == knew + timedelta(hours=24)
    assert clock(case, nis2, "notification").ends_at == knew + timedelta(hours=72)
    assert clock(case, nis2, "rapport-final").ends_at is None
    sent = now()
    act("meet", case, alice, duty=nis2, step="notification", at=sent)
    final = clock(case, nis2, "rapport-final")
    assert final.started_at == sent
    assert timedelta(days=27) < final.ends_at - sent < timedelta(days=32)
    assert final.running
    assert clock(case, nis2, "intermediaire").ends_at is None


def test_a_case_that_has_ended_keeps_what_is_done_about_its_clocks(db, bruno):
    case = case_in("closed", bruno)
    act("meet", case, bruno)

    assert clock(case).met_at
    assert row(case).next_due is None
