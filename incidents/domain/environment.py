"""The variables that a condition of the reference data may look at, gathered in one place."""

from collections.abc import Collection, Mapping

from csirt.reference.bundle import Bundle


def environment(
    bundle: Bundle,
    *,
    kind: str | None,
    category: str | None,
    inputs: Mapping[str, str],
    answers: Mapping[str, object] | None = None,
    facts: Mapping[str, object] | None = None,
    traits: Collection[str] = (),
    priority: str | None = None,
    nis2_in_force: bool = False,
    out_of_hours: bool | None = None,
) -> dict[str, object]:
    """Variables for conditions: answers, then *facts* known otherwise, then triage inputs.

    ``out_of_hours`` None leaves the variable unset. Several communes count as "plusieurs".
    """
    known = bundle.categories.get(category or "")
    env: dict[str, object] = {**(answers or {}), **(facts or {}), **inputs}
    for name, variable in bundle.names.variables.items():
        if not variable.several and isinstance(env.get(name), list | tuple):
            env[name] = "plusieurs"
    return env | {
        "kind": kind,
        "category": category,
        "system_attack": known.system_attack if known else None,
        "traits": tuple(traits),
        "priority": priority,
        "nis2_fr": "in_force" if nis2_in_force else "not_in_force",
        "out_of_hours": None if out_of_hours is None else str(out_of_hours).lower(),
    }
