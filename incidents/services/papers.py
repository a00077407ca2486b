"""Texts that a duty asks for: filled from the case, completed by hand, kept.

Placeholders come from a fixed list and are replaced once: what a victim wrote is never read as one.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from csirt.accounts.principals import Person
from csirt.directory import reference
from csirt.directory.models import ReferenceVersion
from csirt.journal import change, record
from csirt.kernel.errors import NotFound
from csirt.kernel.text import defang_within
from csirt.reference.bundle import Bundle
from csirt.reference.messages import fill
from csirt.reference.papers import Paper
from incidents import kinds, queries
from incidents.domain.observables import ObservableType
from incidents.models import Clock, Incident, LegalText, ObservableRole, Report
from incidents.services.loading import required_text, worked_case
from incidents.services.taken import taken

LONGEST = 30_000  # characters of one text
MOST = 20  # observables named in a text
PARIS = ZoneInfo("Europe/Paris")
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
    "octobre", "novembre", "décembre",
)  # fmt: skip


@change
def keep(
    *, incident: UUID, version: int, by: Person, paper: str, text: str, now: datetime
) -> LegalText:
    """Keep a text as somebody completed it; the last one counts.

    Raises ``NotFound``, ``NotAllowed``, ``Conflict`` like every act, ``Invalid`` when it is empty or
    too long.
    """
    case = worked_case(by, incident, version)
    if paper not in papers_of():
        raise NotFound
    text = required_text(text, "text", longest=LONGEST)
    written = {"text": text, "written_by_id": by.user_id, "written_at": now}
    row, _new = LegalText.objects.update_or_create(incident=case, paper=paper, defaults=written)
    case.store(now)
    record(kinds.TEXT_KEPT, case, by=by, at=now, data={"paper": paper})
    return row


def papers_of() -> Mapping[str, Paper]:
    """Return the texts in force, by id: a corrected one is used at once, for cases of before too."""
    return reference.current().papers


def filled(case: Incident, paper: Paper, *, now: datetime) -> str:
    """Return a text with what a case already seen knows; the rest says what is to be completed."""
    bundle = reference.current()
    known = _values(case, paper, bundle, now)
    blanks = {one.id: f"[à compléter : {one.fr}]" for one in bundle.paper_file.placeholders}
    return fill(paper.fr, blanks | {name: value for name, value in known.items() if value})


def _values(case: Incident, paper: Paper, bundle: Bundle, now: datetime) -> dict[str, str]:
    report = Report.objects.filter(first_incident=case).order_by("filed_at", "pk").first()
    clock = Clock.objects.filter(incident=case, duty=paper.duty, step=paper.step or "").first()
    category = bundle.categories.get(case.category)
    known = clock.own_start_at if clock else None
    known = known or (case.knowledge_at if case.knowledge_exact else None)  # no guess as a fact
    place = case.commune
    return {
        "reference": case.reference,
        "structure": case.organisation.name if case.organisation else case.organisation_name,
        "lieu": f"{place.name} ({place.department_id})" if place else "",
        "contact_nom": report.contact_name if report else "",
        "contact_telephone": report.contact_phone if report else "",
        "contact_courriel": report.contact_email if report else "",
        "connu_le": spoken(known) if known else "",
        "echeance": spoken(clock.ends_at) if clock and clock.ends_at else "",
        "categorie": category.label_fr if category else "",
        "recit": defang_within(report.text) if report else "",
        "mesures": "\n".join(f"- {one}" for one in [*done(case), *(s.text for s in taken(case))]),
        "observables": "\n".join(_observables(case)),
        "aujourdhui": spoken(now, hour=False),
        "retard": clock.late_reason if clock else "",
    }


def done(case: Incident) -> list[str]:
    """Return the first gestures that the victim ticked, in the words that were shown, in French."""
    found: dict[str, None] = {}
    for data in queries.last_ticks(case):
        try:
            book = reference.version(data["reference"]).playbooks[data["playbook"]]
            found |= dict.fromkeys(book.first_minutes_fr[int(n) - 1] for n in data["gestures"])
        except (ReferenceVersion.DoesNotExist, LookupError):  # those files are gone
            continue
    return list(found)


def _observables(case: Incident) -> list[str]:
    rows = case.observables.exclude(
        role__in=[ObservableRole.VICTIM, ObservableRole.FALSE_POSITIVE]
    ).order_by("type", "value")[:MOST]
    return [f"- {ObservableType(row.type).label} : {row.shown}" for row in rows]


def spoken(at: datetime, *, hour: bool = True) -> str:
    """Return a moment as a French letter writes it, in the time of Paris."""
    local = at.astimezone(PARIS)
    day = "1er" if local.day == 1 else str(local.day)
    date = f"{day} {MONTHS[local.month - 1]} {local.year}"
    return f"{date} à {local.hour} h {local:%M} (heure de Paris)" if hour else date
