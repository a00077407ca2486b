"""Whatever people do to the steps of a case in whatever order, these always hold."""

import uuid

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from csirt.accounts.models import User
from csirt.accounts.principals import Person, Victim
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.kernel.errors import DeskError
from playbooks import queries
from playbooks.domain.steps import Progress, Status
from playbooks.models import Run, StepState
from playbooks.services import running, stepping
from tests.people import file_case
from tests.playbooks.desk import qualify

pytestmark = pytest.mark.django_db(transaction=True)
STEPS = st.sampled_from(["ran-p1", "ran-p2", "ran-p6", "ran-s1", "ran-a1"])
STATES = st.sampled_from([*Status, "", "autre"])


class Steps(RuleBasedStateMachine):
    """Two analysts and a victim, on one case."""

    def __init__(self):
        super().__init__()
        self.people = [
            User.objects.create_user(f"{uuid.uuid4()}@exemple.fr", "x", name=n, role="analyst")
            for n in ("Alice", "Zoé")
        ]
        self.victim = file_case()
        self.case = qualify(self.victim.incident, self.people[0])

    def row(self, name):
        return StepState.objects.filter(run__incident=self.case.pk, step=name).first()

    def attached(self):
        return Run.objects.filter(incident=self.case.pk, state="attached").exists()

    @rule(who=st.integers(0, 1))
    def attach(self, who):
        running.attach(
            incident=self.case.uuid, playbook="rancongiciel", by=Person.of(self.people[who]),
            now=now(),
        )  # fmt: skip

    @precondition(lambda self: self.attached())
    @rule()
    def detach(self):
        kept = {r.step: r.state for r in StepState.objects.filter(run__incident=self.case.pk)}
        running.detach(
            incident=self.case.uuid, playbook="rancongiciel", by=Person.of(self.people[0]),
            now=now(),
        )  # fmt: skip
        assert kept == {
            r.step: r.state for r in StepState.objects.filter(run__incident=self.case.pk)
        }

    @precondition(lambda self: self.attached())
    @rule(
        name=STEPS, state=STATES, reason=st.sampled_from(["", " ", "Rien ici."]), old=st.booleans()
    )
    def set_state(self, name, state, reason, old):
        row = self.row(name)
        before = (row.state, row.version, row.reason)
        events = Event.objects.filter(kind="step.changed").count()
        try:
            stepping.set_state(
                step=row.uuid, version=row.version - old, by=Person.of(self.people[0]),
                state=state, reason=reason, now=now(),
            )  # fmt: skip
        except DeskError:
            row = self.row(name)
            assert (row.state, row.version, row.reason) == before
            assert Event.objects.filter(kind="step.changed").count() == events
            return
        row = self.row(name)
        changed = (row.state, row.reason) != (before[0], before[2])
        assert row.version == before[1] + changed
        assert Event.objects.filter(kind="step.changed").count() == events + changed

    @precondition(lambda self: self.attached())
    @rule(name=STEPS, done=st.booleans())
    def tick(self, name, done):
        row = self.row(name)
        victim = Victim(incident_id=self.case.pk)
        stepping.tick(
            victim=victim, shown={row.uuid}, done={row.uuid} if done else set(), now=now()
        )
        after = self.row(name)
        if row.state == "waived" or (row.state == "done" and not row.by_victim):
            assert after.state == row.state
        asked = queries.asked_of_victim(self.case).filter(pk=row.pk).exists()
        if not asked:
            assert after.state == row.state

    @invariant()
    def what_was_settled_says_who_when_and_why(self):
        for row in StepState.objects.filter(run__incident=self.case.pk):
            assert (row.status is Status.WAIVED) == bool(row.reason)
            if row.state != "todo":
                assert row.changed_at is not None
                assert row.by_victim != (row.changed_by_id is not None)

    @invariant()
    def one_run_and_one_row_a_step(self):
        assert Run.objects.filter(incident=self.case.pk).count() <= 1
        names = list(
            StepState.objects.filter(run__incident=self.case.pk).values_list("step", flat=True)
        )
        assert len(names) == len(set(names))

    @invariant()
    def progress_counts_what_is_settled(self):
        rows = list(StepState.objects.filter(run__incident=self.case.pk))
        progress = Progress.of(row.status for row in rows)
        assert 0 <= progress.done <= progress.total == len(rows)


def test_steps_hold_whatever_happens(transactional_db):
    run_state_machine_as_test(
        Steps,
        settings=settings(
            max_examples=12,
            stateful_step_count=14,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
