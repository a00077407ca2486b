"""The first gestures that somebody was shown, and ticked: kept with the draft, then journalled."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from csirt.accounts.principals import Anonymous, Machine, Person
from csirt.journal import record
from csirt.reference.bundle import Bundle
from incidents import kinds
from incidents.models import Draft, Incident, ShownGestures


@dataclass(frozen=True)
class Shown:
    """The gestures of one playbook, in one version; ``ticked``: number, from 1, and when."""

    playbook: str
    version: str
    reference: str
    at: datetime
    ticked: dict[str, str] = field(default_factory=dict)


def shown_now(bundle: Bundle, category: str, ticked: Iterable[str], now: datetime) -> Shown:
    """Return the gestures of *category* as shown at this moment, those of *ticked* done."""
    playbook = bundle.playbook_for(category)
    known = _known(ticked, len(playbook.first_minutes_fr))
    done = {number: _moment(now) for number in known}
    return Shown(playbook.id, playbook.version, bundle.sha256, now, done)


def show(*, draft: Draft, bundle: Bundle, category: str, now: datetime) -> ShownGestures:
    """Remember that the holder of *draft* sees the gestures of *category*; the first time counts."""
    playbook = bundle.playbook_for(category)
    what = {"playbook": playbook.id, "version": playbook.version}
    known = draft.gestures.filter(**what).first()
    if known is not None:
        return known
    rest = {"reference": bundle.sha256, "shown_at": now}
    return ShownGestures.objects.get_or_create(draft=draft, **what, defaults=rest)[0]


def tick(
    *, draft: Draft, bundle: Bundle, category: str, ticked: Collection[str], now: datetime
) -> None:
    """Keep which gestures are ticked; one that stays ticked keeps its moment."""
    playbook = bundle.playbook_for(category)
    row = show(draft=draft, bundle=bundle, category=category, now=now)
    known = _known(ticked, len(playbook.first_minutes_fr))
    done = {number: row.ticked.get(number, _moment(now)) for number in known}
    if done != row.ticked:
        row.ticked = done
        row.save(update_fields=["ticked"])


def of_draft(draft: Draft) -> list[Shown]:
    """Return what the holder of *draft* was shown, in that order."""
    rows = draft.gestures.order_by("shown_at", "pk")
    return [Shown(r.playbook, r.version, r.reference, r.shown_at, r.ticked) for r in rows]


def journal(
    incident: Incident, shown: Iterable[Shown], by: Anonymous | Person | Machine, now: datetime
) -> None:
    """Record what was shown and ticked before filing; called inside the change that files."""
    for one in shown:
        what = {"playbook": one.playbook, "version": one.version, "reference": one.reference}
        data = {**what, "shown": _moment(one.at)}
        record(kinds.GESTURES_SHOWN, incident, by=by, at=now, data=data)
        if one.ticked:
            numbers = sorted(one.ticked, key=int)
            done = {"gestures": numbers, "moments": [one.ticked[n] for n in numbers]}
            record(kinds.GESTURES_TICKED, incident, by=by, at=now, data={**what, **done})


def _known(numbers: Iterable[str], most: int) -> list[str]:
    wanted = set(numbers)
    return [str(n) for n in range(1, most + 1) if str(n) in wanted]


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
