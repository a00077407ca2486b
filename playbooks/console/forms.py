"""A playbook in form fields and back: no file to write by hand."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext

from csirt.directory import reference
from csirt.kernel.errors import Invalid
from csirt.kernel.text import clean, clean_line
from csirt.reference.conditions import ConditionError, parse
from csirt.reference.durations import Duration
from csirt.reference.playbooks import PLAYBOOK_PHASES, Playbook, Step
from incidents.intake.words import said
from playbooks.console.refusals import advice, explained
from playbooks.console.showing import phase_label, roles
from playbooks.domain.shaping import counted, phase_of

UNITS = {"min": "PT{}M", "h": "PT{}H", "days": "P{}D", "months": "P{}M"}
_PLACE = re.compile(r"phases\.(\w+)\[(\d+)\](?:\.(\w+))?: (.*)$")
LONGEST = 4000  # characters of a field


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong; ``name`` is its field, empty when it is of none."""

    name: str
    text: str


class Refused(Exception):
    """What was typed cannot be a step."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        super().__init__()
        self.problems = list(problems)


def head_values(playbook: Playbook) -> dict[str, Any]:
    """Return what the form of a playbook's head shows."""
    return {
        "title_fr": playbook.title_fr,
        "title_en": playbook.title_en,
        "version": playbook.version,
        "victim_kinds": list(playbook.victim_kinds),
        **{
            name: "\n".join(getattr(playbook, name))
            for name in ("first_minutes_fr", "first_minutes_en", "dont_fr", "dont_en")
        },
    }


def typed_head(playbook: Playbook, posted: QueryDict) -> Playbook:
    """Return *playbook* with its head as it was typed."""
    kinds = {one.id for one in reference.current().intake.victim_kinds}
    return replace(
        playbook,
        title_fr=_line(posted, "title_fr"),
        title_en=_line(posted, "title_en"),
        version=_line(posted, "version"),
        victim_kinds=tuple(one for one in posted.getlist("victim_kinds") if one in kinds),
        first_minutes_fr=_lines(posted, "first_minutes_fr"),
        first_minutes_en=_lines(posted, "first_minutes_en"),
        dont_fr=_lines(posted, "dont_fr"),
        dont_en=_lines(posted, "dont_en"),
    )


def step_values(playbook: Playbook, step: Step | None) -> dict[str, Any]:
    """Return what the form of a step shows; of a new one, what most steps have."""
    if step is None:
        return {
            "phase": "during", "role": "analyste", "due": "4", "unit": "h", "clock": "calendar",
            "source": [], "visible": "non", "required": "non",
        }  # fmt: skip
    number, unit = _due_in_unit(step.due)
    return {
        "phase": phase_of(playbook, step.id),
        "title_fr": step.title_fr,
        "title_en": step.title_en,
        "detail_fr": step.detail_fr,
        "detail_en": step.detail_en,
        "role": step.role,
        "due": number,
        "unit": unit,
        "clock": step.clock or "calendar",
        "visible": _yes(step.visible_to_victim),
        "required": _yes(step.required),
        "when": str(step.when) if step.when else "",
        "duty": step.duty or "",
        "source": list(step.source),
    }


def posted_values(posted: QueryDict) -> dict[str, Any]:
    """Return what was typed in the form of a step, to show it again."""
    values: dict[str, Any] = {name: posted.get(name, "") for name in posted}
    return values | {"source": posted.getlist("source")}


def _yes(said_so: bool) -> str:
    return "oui" if said_so else "non"


def typed_step(step_id: str, posted: QueryDict) -> tuple[str, Step]:
    """Return the phase and the step that were typed; raises ``Refused``."""
    bundle = reference.current()
    problems = []
    phase = posted.get("phase", "")
    if phase not in PLAYBOOK_PHASES:
        problems.append(Problem("phase", gettext("Choisissez une valeur de la liste.")))
    texts = {name: _text(posted, name) for name in ("detail_fr", "detail_en")}
    texts |= {name: _line(posted, name) for name in ("title_fr", "title_en")}
    problems += [
        Problem(name, gettext("Écrivez quelques mots.")) for name, text in texts.items() if not text
    ]
    due = None
    try:
        due = _typed_due(posted) if phase != "before" else None
    except ValueError:
        problems.append(Problem("due", gettext("Donnez un nombre entier, 1 ou plus.")))
    when = None
    if text := _line(posted, "when"):
        try:
            when = parse(text)
        except ConditionError as error:
            words = gettext("Cette condition n'est pas comprise : %s") % error
            problems.append(Problem("when", words))
    sources = tuple(s for s in posted.getlist("source") if s in bundle.source_file.sources)
    if not sources:
        problems.append(Problem("source", gettext("Choisissez une source au moins.")))
    if problems:
        raise Refused(problems)
    step = Step(
        id=step_id,
        order=1,
        **texts,
        role=posted.get("role", ""),
        due=due,
        due_from=None,
        clock=posted.get("clock", "") or "calendar",
        visible_to_victim=posted.get("visible") == "oui",
        required=posted.get("required") == "oui" and phase != "before",
        basis="own",
        source=sources,
        when=when,
        duty=posted.get("duty") or None,
    )
    return phase, counted(step, phase, bundle)


def _typed_due(posted: QueryDict) -> Duration | None:
    text, unit = _line(posted, "due"), posted.get("unit", "")
    if not text.isascii() or not text.isdigit() or int(text) < 1 or unit not in UNITS:
        raise ValueError(text)
    return Duration.parse(UNITS[unit].format(int(text)))


def _due_in_unit(due: Duration | None) -> tuple[str, str]:
    if due is None:
        return "", "h"
    for unit, number in (("months", due.months), ("days", due.days)):
        if number and due == Duration.parse(UNITS[unit].format(number)):
            return str(number), unit
    minutes = due.seconds // 60
    return (str(minutes // 60), "h") if minutes % 60 == 0 else (str(minutes), "min")


def about(problems: Iterable[str], phase: str, place: int) -> list[Problem]:
    """Return what the loader said: on its field when it is of the step at *place*, else in full."""
    found = []
    for problem in problems:
        match = _PLACE.search(problem)
        if match and (match[1], int(match[2])) == (phase, place) and match[3]:
            field = {"visible_to_victim": "visible", "due_from": "due"}.get(match[3], match[3])
            words = f"{advice(match[4], f'.{match[3]}')} ({match[4]})"
            found.append(Problem(field, words))
        else:
            found.append(Problem("", str(explained([problem])[0])))
    return found


def choices(chosen: Collection[str]) -> dict[str, Any]:
    """Return the lists that the form of a step chooses from; the *chosen* sources come first."""
    bundle = reference.current()
    return {
        "phases": [{"value": phase, "label": phase_label(phase)} for phase in PLAYBOOK_PHASES],
        "roles": roles(),
        "units": [
            {"value": "min", "label": gettext("minutes")},
            {"value": "h", "label": gettext("heures")},
            {"value": "days", "label": gettext("jours")},
            {"value": "months", "label": gettext("mois")},
        ],
        "yes_no": [
            {"value": "oui", "label": gettext("oui")},
            {"value": "non", "label": gettext("non")},
        ],
        "clocks": [{"value": one.id, "label": said(one)} for one in bundle.vocabulary.clock],
        "duties": [
            {"value": one.id, "label": said(one, "title")} for one in bundle.duties.values()
        ],
        "sources": [
            {"value": name, "label": one.title}
            for name, one in sorted(
                bundle.source_file.sources.items(),
                key=lambda pair: (pair[0] not in chosen, pair[1].title.lower()),
            )
        ],
    }


def kinds() -> list[dict[str, str]]:
    """Return the kinds of victims, to choose from."""
    found = reference.current().intake.victim_kinds
    return [{"value": one.id, "label": said(one, "label")} for one in found]


def _line(posted: Mapping[str, str], name: str) -> str:
    return clean_line(posted.get(name, ""))[:LONGEST]


def _text(posted: Mapping[str, str], name: str) -> str:
    return clean(posted.get(name, "")).strip()[:LONGEST]


def _lines(posted: Mapping[str, str], name: str) -> tuple[str, ...]:
    found = (clean_line(line) for line in clean(posted.get(name, "")).split("\n"))
    return tuple(dict.fromkeys(line[:LONGEST] for line in found if line))


def version_of(posted: Mapping[str, str]) -> int:
    """Return the version that the person saw; raises ``Invalid``."""
    text = posted.get("row_version", "")
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Invalid("Cette page est trop ancienne. Rechargez-la.")
    return int(text)
