"""Nothing goes round the state machine: no bulk update of a state, no refresh of an incident.

A failing ``refresh_from_db`` leaves the protected field unprotected for the life of the process, and
``queryset.update(state=...)`` never asks it.
"""

import ast

import pytest

from tools import machine

TOPS = ("csirt", "incidents", "playbooks", "api")
SOURCES = sorted(
    path
    for top in TOPS
    for path in (machine.ROOT / top).rglob("*.py")
    if "migrations" not in path.parts
)


def calls(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def named(call):
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def where(found):
    return [f"{path.relative_to(machine.ROOT)}:{line}" for path, line in found]


def test_there_is_something_to_look_at():
    assert len(SOURCES) > 100


@pytest.mark.parametrize("method", ["refresh_from_db", "arefresh_from_db"])
def test_nothing_refreshes_a_row(method):
    found = [(p, call.lineno) for p in SOURCES for call in calls(p) if named(call) == method]

    assert where(found) == []


def is_of_incidents(path, call):
    """Tell whether a call may be about incidents: other rooms have states of their own."""
    receiver = ast.unparse(call.func)
    if path.is_relative_to(machine.ROOT / "incidents"):
        # A notice, and what it carries, has a state too.
        return not any(word in receiver for word in (".carried.", "Notice.objects."))
    return any(word in receiver for word in ("Incident.", "visible_to", "live("))


def test_nothing_updates_a_state_in_bulk():
    found = [
        (path, call.lineno)
        for path in SOURCES
        for call in calls(path)
        if is_of_incidents(path, call)
        and (
            named(call) in {"bulk_update", "abulk_update"}
            or (
                named(call) in {"update", "aupdate", "update_or_create"}
                and any(keyword.arg in {"state", "came_from"} for keyword in call.keywords)
            )
        )
    ]

    assert where(found) == []


def test_only_the_model_gives_a_state_a_value():
    found = [
        (path, node.lineno)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Attribute)
        and target.attr == "state"
        and isinstance(target.value, ast.Name)
        and target.value.id in {"case", "incident", "other"}
    ]

    assert where(found) == []
