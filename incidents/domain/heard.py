"""Distress words in what the assessment of a case keeps: what counts, what a person must look at.

``flags`` count in triage. ``suspected`` are flags that words only suggest: they count for nothing
until somebody has confirmed them. ``confirmed`` are those that somebody has.
"""

from collections.abc import Collection, Mapping
from typing import Any

from csirt.reference.bundle import Bundle


def hear(kept: Mapping[str, Any], sure: Collection[str], unsure: Collection[str]) -> dict[str, Any]:
    """Return what a case keeps after these flags were heard once more: nothing is forgotten."""
    flags = {*kept.get("flags", []), *sure}
    suspected = {*kept.get("suspected", []), *unsure} - flags
    return {**kept, "flags": sorted(flags), "suspected": sorted(suspected)}


def to_check(bundle: Bundle, kept: Mapping[str, Any]) -> list[str]:
    """Return the flags that words alone gave and nobody has looked at; those that count first."""
    flags, confirmed = kept.get("flags", []), kept.get("confirmed", [])
    by_words = [
        name
        for name in flags
        if name in bundle.flags and bundle.flags[name].set_by == "engine" and name not in confirmed
    ]
    suspected = [name for name in kept.get("suspected", []) if name not in flags]
    return by_words + [name for name in suspected if name in bundle.flags]


def looked_at(kept: Mapping[str, Any], flag: str, *, confirmed: bool) -> dict[str, Any]:
    """Return what a case keeps once somebody said whether *flag* is so."""
    known = {"flags": set(kept.get("flags", [])), "confirmed": set(kept.get("confirmed", []))}
    for names in known.values():
        (names.add if confirmed else names.discard)(flag)
    suspected = set(kept.get("suspected", [])) - {flag}
    return {
        **kept,
        "suspected": sorted(suspected),
        **{name: sorted(values) for name, values in known.items()},
    }
