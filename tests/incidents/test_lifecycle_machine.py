"""Any number of people, doing anything in any order: the case and its journal stay consistent."""

from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from csirt.accounts.principals import Person, Victim
from csirt.accounts.roles import Role
from csirt.journal.models import Event
from csirt.journal.verify import verify
from csirt.kernel import codes
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict
from incidents import kinds, queries
from incidents.domain.lifecycle import TERMINAL, TRANSITIONS, State
from incidents.models import Report
from incidents.services.following import write_as_victim
from incidents.services.transitions import SERVICES, resume_due
from tests.incidents.conftest import arguments, row
from tests.people import file_case, person

EDGES = {kind.name: edge for edge, kind in kinds.BY_EDGE.items()}


class Life(RuleBasedStateMachine):
    """One case, two analysts; the model is a stack of where it came from."""

    people: list[Person]

    def __init__(self):
        super().__init__()
        filed = file_case()
        self.case, self.report = filed.incident, filed.report
        self.state, self.before = State.NEW, []
        self.into = None

    def expect(self, edge):
        """Return the state that *edge* must lead to, by the design and not by the code."""
        if edge in {"wait", "merge"}:
            self.before.append(self.state)
        if edge in {"resume", "split"}:
            return self.before.pop()
        if edge == "reopen":
            handled = self.state in {State.CLOSED, State.REVIEW}
            return State.ACTIVE if handled else State.TRIAGE
        return TRANSITIONS[edge].target

    @rule(edge=st.sampled_from(sorted(TRANSITIONS)), who=st.integers(0, 1), stale=st.booleans())
    def act(self, edge, who, stale):
        given = arguments(edge)
        allowed = self.state in TRANSITIONS[edge].sources and not stale
        version = row(self.case).version - stale
        service = SERVICES[edge]
        known = {"incident": self.case.uuid, "version": version, "by": self.people[who]}
        if not allowed:
            with pytest.raises(Conflict) as refused:
                service(**known, now=now(), **given)
            assert refused.value.state == self.state
            return
        service(**known, now=now(), **given)
        self.state = self.expect(edge)
        self.into = given.get("into", self.into)

    @rule()
    def the_victim_writes(self):
        write_as_victim(
            victim=Victim(self.case.pk), token=codes.new_token(), text="Alors ?", now=now()
        )
        if self.state == State.WAITING:
            self.state = self.before.pop()

    @precondition(lambda self: self.state == State.WAITING)
    @rule()
    def its_date_comes(self):
        resume_due(now=now() + timedelta(days=3))
        self.state = self.before.pop()

    @invariant()
    def the_row_is_where_the_model_is(self):
        assert row(self.case).state == self.state

    @invariant()
    def it_is_live_unless_it_has_ended(self):
        live = queries.live(self.people[0]).filter(pk=self.case.pk).exists()
        assert live is (self.state not in TERMINAL)

    @invariant()
    def its_report_hangs_somewhere(self):
        holder = Report.objects.select_related("incident").get(pk=self.report.pk).incident
        if self.state == State.DUPLICATE:
            assert holder.uuid == self.into
        else:
            assert holder == self.case

    @invariant()
    def its_events_tell_the_whole_way(self):
        state, told = State.NEW, Event.objects.filter(incident=self.case.pk).order_by("seq")
        for event in told:
            if event.kind in EDGES:
                edge = TRANSITIONS[EDGES[event.kind]]
                assert state in edge.sources
                state = State(event.data["state"])
                assert state in edge.targets
        assert state == self.state


@pytest.mark.django_db
def test_whatever_happens_the_case_is_where_the_design_says():
    Life.people = [Person.of(person(n, Role.ANALYST, enrolled=False)) for n in ("Alice", "Carla")]

    run_state_machine_as_test(
        Life, settings=settings(max_examples=12, stateful_step_count=25, deadline=None)
    )

    verdict = verify()
    assert verdict.bad is None
    assert verdict.events > 20
