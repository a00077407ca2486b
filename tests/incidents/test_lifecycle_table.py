"""The table of states and transitions: the design's, and everything that is made from it."""

from itertools import chain

import pytest

from csirt.web.templatetags import web
from incidents import kinds
from incidents.domain.lifecycle import (
    TERMINAL,
    TRANSITIONS,
    State,
    leaving,
    mermaid,
    reopened,
)
from incidents.models import Incident
from incidents.services.transitions import SERVICES
from tools import machine

# The design's own words, typed again here: a slip in the table is a failure, not a new design.
DESIGN = {
    "take": (["new"], ["triage"]),
    "qualify": (["triage"], ["active"]),
    "wait": (["active", "recovery"], ["waiting"]),
    "resume": (["waiting"], ["active", "recovery"]),
    "contain": (["active"], ["recovery"]),
    "resolve": (["active", "recovery"], ["review"]),
    "close": (["review"], ["closed"]),
    "reopen": (["closed", "review", "rejected", "redirected"], ["active", "triage"]),
    "redirect": (["new", "triage", "active"], ["redirected"]),
    "reject": (["new", "triage"], ["rejected"]),
    "merge": (["new", "triage", "active", "waiting", "recovery"], ["duplicate"]),
    "split": (["duplicate"], ["new", "triage", "active", "waiting", "recovery"]),
}


def test_the_table_is_the_design_s():
    table = {name: (list(edge.sources), list(edge.targets)) for name, edge in TRANSITIONS.items()}

    assert table == DESIGN


def test_each_edge_has_a_method_a_service_and_an_event():
    assert list(SERVICES) == list(TRANSITIONS) == list(kinds.BY_EDGE)
    assert all(callable(getattr(Incident, name)) for name in TRANSITIONS)


def test_each_state_has_a_label_and_a_meaning_of_its_own():
    assert len({state.label for state in State}) == len(State) == 10
    assert len({state.meaning for state in State}) == len(State)


def test_each_state_can_be_reached_and_none_is_without_a_way_on():
    reached = set(chain.from_iterable(edge.targets for edge in TRANSITIONS.values()))

    assert reached == set(State)
    assert all(leaving(state) for state in State)


def test_terminal_states_are_left_only_by_reopening_or_splitting():
    for state in TERMINAL:
        assert {edge.name for edge in leaving(state)} <= {"reopen", "split"}


def test_reopening_a_handled_case_makes_it_active_and_a_refused_one_is_looked_at_again():
    assert {s.value: reopened(s).value for s in TRANSITIONS["reopen"].sources} == {
        "closed": "active",
        "review": "active",
        "rejected": "triage",
        "redirected": "triage",
    }


@pytest.mark.parametrize(
    "phase, states",
    [
        ("during", {"new", "triage", "active", "waiting", "recovery"}),
        ("after", {"review", "closed"}),
        ("", {"redirected", "duplicate", "rejected"}),
    ],
)
def test_phases_are_the_design_s(phase, states):
    assert {state.value for state in State if state.phase == phase} == states


def test_the_documentation_s_diagram_is_made_from_the_table():
    page = (machine.ROOT / "docs" / "lifecycle.md").read_text(encoding="utf-8")

    assert f"```mermaid\n{mermaid()}```\n" in page
    for state in State:
        assert f"| `{state.value}` | {state.label} | {state.meaning} |" in page


def test_each_state_has_a_colour():
    css = (machine.ROOT / "csirt" / "web" / "static" / "web" / "desk.css").read_text("utf-8")

    assert [s.value for s in State if f".state-{web.token(s.value)}" not in css] == []
