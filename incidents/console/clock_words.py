"""A clock in words: what it is, where it stands, how long there is left, and what the law says."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from csirt.directory.models import VictimKind
from csirt.reference.bundle import Bundle
from csirt.reference.duties import DutyRule
from incidents.console.queue import age
from incidents.domain import deadlines
from incidents.domain.deadlines import Span, Standing, Target
from incidents.domain.duties import DUTY_SENTENCES
from incidents.models import Clock, Incident, Verdict

BANK = "banque-rappel-immediat"
TOWNS = {VictimKind.COMMUNE, VictimKind.EPCI}
TARGETS = {
    Target.FIRST_HUMAN: _("Première réponse d'un humain"),
    Target.QUALIFICATION: _("Qualification"),
    Target.UPDATE: _("Nouvelles à la victime"),
}
STANDINGS = {
    Standing.RUNNING: (_("En cours"), "info"),
    Standing.NEAR: (_("Bientôt"), "warning"),
    Standing.LATE: (_("En retard, à faire"), "danger"),
    Standing.UNTIMED: (_("À faire"), "neutral"),
    Standing.AHEAD: (_("Pas encore commencée"), "neutral"),
    Standing.PARTIAL: (_("Fait en partie"), "warning"),
    Standing.MET: (_("Fait"), "success"),
    Standing.WAIVED: (_("Écartée"), "neutral"),
}
_NEVER = Span(None, None)


@dataclass(frozen=True)
class Said:
    """One clock as pages show it. Empty words have nothing to say."""

    name: str  # in addresses
    title: str
    standing: str = ""
    label: Any = ""
    tone: str = ""
    ends: datetime | None = None
    left: str = ""
    law: str = ""
    reason: str = ""
    first: str = ""  # whom to call before anybody else
    rule: DutyRule | None = None
    row: Clock | None = None
    frozen: bool = False  # the case has ended: nothing runs


def said(bundle: Bundle, case: Incident, row: Clock, now: datetime) -> Said:
    """Return a clock of a case already seen."""
    rule, title = _titled(bundle, row.duty, row.step)
    verdict = Verdict(row.verdict)
    here = standing(row, now)
    label, tone = STANDINGS[here]
    if verdict != Verdict.APPLIES:
        label, tone = verdict.label, "neutral"
    pending = verdict == Verdict.APPLIES and here in _PENDING
    return Said(
        name=name_of(row.duty, row.step),
        title=title,
        standing=here if verdict == Verdict.APPLIES else verdict,
        label=label,
        tone=tone,
        ends=row.ends_at if pending else None,
        left=left(row.ends_at, now) if pending and row.running and row.ends_at else "",
        law=rule.law or "" if rule else "",
        reason=_reason(rule, row) if rule else "",
        first=first_call(row.duty, case.victim_kind) if row.applies else "",
        rule=rule,
        row=row,
        frozen=pending and row.ends_at is not None and not row.running,
    )


_PENDING = {Standing.RUNNING, Standing.NEAR, Standing.LATE}


def others(bundle: Bundle, rows: Iterable[Clock]) -> list[Said]:
    """Return the duties without a row: those that do not apply."""
    known = {row.duty for row in rows}
    return [
        Said(rule.id, title_of(bundle, rule.id), law=rule.law or "",
             reason=DUTY_SENTENCES["no"], rule=rule)
        for rule in bundle.duties.values()
        if rule.id not in known
    ]  # fmt: skip


def standing(row: Clock, now: datetime) -> Standing:
    """Say where a row stands now."""
    start = row.started_at
    return deadlines.standing(
        Span(start, row.ends_at, row.met_at), now=now, partial=row.partial_at,
        waived=row.waived_at,
    )  # fmt: skip


def title_of(bundle: Bundle, duty: str, step: str = "") -> str:
    """Return how a clock is called, in the language of the screen where there is one."""
    return _titled(bundle, duty, step)[1]


def name_of(duty: str, step: str) -> str:
    """Return how a clock is called in addresses: ``nis2-art23.notification``."""
    return f"{duty}.{step}" if step else duty


def left(end: datetime, now: datetime) -> str:
    """Say how long there is left, or since when it is over, in one unit."""
    if end > now:
        return gettext("reste %s") % age(now, end)
    return gettext("dépassé de %s") % age(end, now)


def _titled(bundle: Bundle, duty: str, step: str) -> tuple[DutyRule | None, str]:
    if duty in list(Target):
        return None, str(TARGETS[Target(duty)])
    rule = bundle.duties.get(duty)
    if rule is None:
        return None, duty
    english = (get_language() or "fr").startswith("en")
    title = rule.title_en if english else rule.title_fr
    steps: Mapping[str, str] = {one.id: one.title_fr for one in rule.steps}
    return rule, f"{title} – {steps[step]}" if step in steps else title


def _reason(rule: DutyRule, row: Clock) -> str:
    if row.own_start_at:
        return row.own_start_reason
    return rule.reason_fr if row.applies else DUTY_SENTENCES[row.verdict]


def first_call(duty: str, victim_kind: str) -> str:
    """Return whom to call before anybody else, for a duty that applies; empty when nobody."""
    if duty == BANK and victim_kind in TOWNS:
        return gettext(
            "Une collectivité appelle d'abord son comptable public (SGC) : c'est lui qui paie."
        )
    return ""
