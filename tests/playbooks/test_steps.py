"""A step of a run: who brought it where, and what nobody may undo."""

import re
from datetime import timedelta

import pytest
import time_machine

from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, DeskError, Invalid, NotFound
from incidents.models import Clock, Evidence
from incidents.services import casework, transitions
from playbooks.console import board
from playbooks.models import StepState
from playbooks.services import running, stepping
from tests.people import client_of, file_case
from tests.playbooks.desk import attach, close, detach, fresh, of, put, qualify, resolve, step

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def case(denise, alice):
    found = qualify(denise.incident, alice)
    attach(found, alice)
    return found


def changes():
    return list(Event.objects.filter(kind="step.changed").order_by("seq"))


def test_it_goes_from_to_do_to_done_with_who_and_when(case, alice, bruno):
    put(step(case), alice, "doing")
    put(step(case), bruno, "done")

    row = step(case)
    assert (row.state, row.changed_by, row.by_victim) == ("done", bruno, False)
    assert row.changed_at is not None
    assert [(e.data["previous"], e.data["state"]) for e in changes()] == [
        ("todo", "doing"),
        ("doing", "done"),
    ]
    assert changes()[-1].actor == bruno.actor


def test_not_applicable_needs_a_reason_which_stays_in_the_row(case, alice):
    with pytest.raises(Invalid):
        put(step(case), alice, "waived", "  ")
    put(step(case), alice, "waived", "Pas de serveur ici.")

    assert step(case).reason == "Pas de serveur ici."
    assert "serveur" not in str(changes()[-1].data)
    put(step(case), alice, "todo")
    assert step(case).reason == ""


@pytest.mark.parametrize("state", ["", "closed", "DONE", "done "])
def test_a_state_that_is_not_in_the_list_is_refused(case, alice, state):
    with pytest.raises(Invalid):
        put(step(case), alice, state)


def test_of_two_people_at_once_one_wins_and_the_other_is_told(case, alice, bruno):
    seen = step(case).version
    put(step(case), alice, "doing", version=seen)
    with pytest.raises(Conflict):
        put(step(case), bruno, "waived", "Non.", version=seen)

    assert step(case).state == "doing"


def test_two_people_who_say_the_same_agree(case, alice, bruno):
    seen = step(case).version
    put(step(case), alice, "done", version=seen)
    put(step(case), bruno, "done", version=seen)

    assert step(case).changed_by == alice
    assert len(changes()) == 1


def test_a_step_bound_to_a_duty_says_which_one_it_meets(case, alice):
    put(step(case, "ran-p15"), alice, "done")

    bound = StepState.objects.exclude(duty="").filter(run__incident=case.pk)
    assert bound.exists()
    put(bound.first(), alice, "doing")
    put(bound.first(), alice, "done")
    assert changes()[-1].data["duty"] == bound.first().duty


def test_a_step_bound_to_a_duty_meets_its_clock_and_takes_it_back(case, alice):
    bound = StepState.objects.exclude(duty="").filter(run__incident=case.pk).first()

    def clock():
        return Clock.objects.get(incident=case.pk, duty=bound.duty, step="")

    before = fresh(case).version
    put(bound, alice, "done")
    assert clock().met_at is not None
    assert clock().met_step == bound.step
    assert fresh(case).version > before
    put(bound, alice, "todo")
    assert clock().met_at is None


def test_the_queue_says_how_far_the_steps_are(case, alice, bruno):
    def said():
        html = client_of(bruno).get("/console/?vue=tous").content.decode()
        return re.search(r'data-c="progress">([^<]*)<', html)[1]

    rows = StepState.objects.filter(run__incident=case.pk, concerned=True)
    during, after = (rows.filter(phase=phase).count() for phase in ("during", "after"))
    assert said() == f"Pendant 0/{during} · Après 0/{after}"
    before = fresh(case).version
    put(step(case), alice, "done")
    assert said() == f"Pendant 1/{during} · Après 0/{after}"
    assert fresh(case).version == before
    detach(case, alice)
    assert said() == ""


def test_nothing_is_done_on_a_playbook_that_was_detached(case, alice):
    row = step(case)
    detach(case, alice)

    with pytest.raises(Conflict):
        put(row, alice, "done")


def test_a_note_and_a_file_of_the_case_show_that_it_was_done(case, alice):
    mine, other = (
        Evidence.objects.create(
            incident=one, idempotency=str(one.pk), stored=str(one.pk), size=1, sha256="0" * 64,
            source="victim", received_at=now(),
        )
        for one in (case, file_case().incident)
    )  # fmt: skip

    def annotate(evidence):
        row = step(case)
        return stepping.annotate(
            step=row.uuid, version=row.version, by=of(alice), note="Vu au téléphone.",
            evidence=evidence, now=now(),
        )  # fmt: skip

    annotate(mine.uuid)
    assert (step(case).note, step(case).evidence) == ("Vu au téléphone.", mine)
    with pytest.raises(Invalid):
        annotate(other.uuid)


def test_a_role_may_be_given_to_another(case, alice):
    row = step(case)
    stepping.assign(step=row.uuid, version=row.version, by=of(alice), role="prestataire", now=now())

    assert step(case).role == "prestataire"
    with pytest.raises(Invalid):
        stepping.assign(step=row.uuid, version=2, by=of(alice), role="maire", now=now())


def test_the_practice_target_counts_from_when_the_victim_was_shown_the_step(case, alice, bundle):
    book = bundle.playbooks["rancongiciel"].step("ran-p1")

    def show(visible):
        row = step(case)
        stepping.show(step=row.uuid, version=row.version, by=of(alice), visible=visible, now=now())

    at = now() + timedelta(hours=3)
    with time_machine.travel(at, tick=False):
        show(visible=False)
        show(visible=True)
        row = board.one(_whole(case), fresh(case), at)
        assert row.due == at + book.due.timedelta


def _whole(case):
    return StepState.objects.select_related("run__edition").get(pk=step(case).pk)


def test_steps_after_count_from_resolving_and_a_duty_from_the_moment_of_knowledge(case, alice):
    after = StepState.objects.filter(run__incident=case.pk, phase="after").first()
    bound = StepState.objects.exclude(duty="").filter(run__incident=case.pk).first()

    def due(row):
        row = StepState.objects.select_related("run__edition", "run__incident").get(pk=row.pk)
        return board.one(row, fresh(case), now()).due

    assert due(after) is None
    known = now() - timedelta(days=1)
    casework.edit(
        incident=case.uuid, version=fresh(case).version, by=of(alice), knowledge_at=known, now=now()
    )
    assert due(bound) == known + timedelta(hours=72)
    resolve(case, alice)
    assert due(after) > fresh(case).resolved_at


def settle_after(case, alice):
    for row in StepState.objects.filter(run__incident=case.pk, phase="after", required=True):
        put(row, alice, "waived", "Fait par le syndicat.")


def test_a_case_is_not_closed_while_a_required_step_after_is_left(case, alice):
    resolve(case, alice)
    with pytest.raises(Invalid, match="Étapes obligatoires"):
        close(case, alice)
    assert fresh(case).state == "review"

    settle_after(case, alice)
    assert close(case, alice).state == "closed"


def test_a_step_after_that_does_not_concern_the_case_holds_nothing_up(alice):
    victim = file_case(victim_kind="particulier")
    found = qualify(victim.incident, alice, category="fovi-faux-rib")
    attach(found, alice, "faux-rib-fovi")
    resolve(found, alice)
    for row in StepState.objects.filter(run__incident=found.pk, phase="after", concerned=True):
        put(row, alice, "done")

    assert close(found, alice).state == "closed"


def test_a_detached_playbook_and_other_cases_hold_nothing_up(case, alice):
    detach(case, alice)
    resolve(case, alice)
    assert close(case, alice).state == "closed"

    other = file_case().incident
    qualify(other, alice)
    resolve(other, alice)
    assert close(other, alice).state == "closed"


def test_another_edge_than_closing_asks_nobody(case, alice):
    transitions.contain(incident=case.uuid, version=fresh(case).version, by=of(alice), now=now())
    assert fresh(case).state == "recovery"


@pytest.mark.parametrize("who", ["eve", "chloe", "ada", "emile"])
def test_nobody_else_touches_a_step(who, request, case):
    user, row = request.getfixturevalue(who), step(case)
    acts = (
        lambda: put(row, user, "done"),
        lambda: stepping.assign(step=row.uuid, version=1, by=of(user), role="dpo", now=now()),
        lambda: stepping.show(step=row.uuid, version=1, by=of(user), visible=False, now=now()),
        lambda: stepping.annotate(
            step=row.uuid, version=1, by=of(user), note="x", evidence=None, now=now()
        ),
        lambda: running.attach(incident=case.uuid, playbook="ddos", by=of(user), now=now()),
    )
    for act in acts:
        with pytest.raises(NotFound):
            act()
    assert not changes()


def test_a_refusal_leaves_everything_as_it_was(case, alice):
    before = StepState.objects.values("step", "state", "version").order_by("pk")
    kept = list(before)
    for act in (
        lambda: put(step(case), alice, "waived"),
        lambda: put(step(case), alice, "nothing"),
        lambda: put(step(case), alice, "done", version=99),
    ):
        with pytest.raises(DeskError):
            act()
    assert list(before.all()) == kept
