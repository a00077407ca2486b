"""What triage suggests for a case, each with its grounds; what was refused is kept for measuring.

Nothing is decided here. Suggestions are computed when they are shown, and again when they are
settled, from the same version of the case.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from csirt.accounts.principals import Person
from csirt.directory.models import Organisation, VictimKind
from csirt.journal import change, record
from csirt.reference.bundle import Bundle
from incidents import kinds
from incidents.models import Channel, Incident, Report
from incidents.services import casework, transitions
from incidents.services.loading import bundle_of, worked_case

ANSWERS, PHRASES, RULES, DOMAIN, TOWN_HALL = "answers", "phrases", "rules", "domain", "town-hall"
MOST = 3  # categories suggested
DOUBT = "levee-de-doute"  # what somebody answers who does not know
ASKED = {Channel.FORM, Channel.PHONE}  # reports whose category comes from answers


@dataclass(frozen=True)
class Suggestion:
    """One value for one field of a case. ``terms``: the words that matched, as the file has them."""

    about: str  # category, priority, organisation
    value: str
    grounds: tuple[str, ...]
    terms: tuple[str, ...] = ()
    label: str = ""  # of an organisation


def categories(case: Incident, report: Report | None, bundle: Bundle) -> list[Suggestion]:
    """Return the categories to choose from, the likeliest first.

    What was answered comes before words, unless the answer was "I don't know".
    """
    words = {
        one.category: one.phrases
        for one in bundle.phrases.pointed(f"{case.title}\n{report.text if report else ''}")
    }
    answered = case.category if report and report.channel in ASKED else ""
    order = list(words)
    if answered:
        rest = [name for name in order if name != answered]
        order = [*rest[:1], answered, *rest[1:]] if answered == DOUBT else [answered, *rest]
    elif case.category not in words:
        order.append(case.category)
    return [
        Suggestion(
            "category",
            name,
            (*([ANSWERS] if name == answered else []), *([PHRASES] if name in words else [])),
            words.get(name, ()),
        )
        for name in order[:MOST]
        if name in bundle.categories
    ]


def priority(case: Incident) -> Suggestion:
    """Return the priority that the rules give: it is the case's until somebody overrides it."""
    return Suggestion("priority", case.priority, (RULES, *case.assessment.get("rules", ())))


def organisation(case: Incident, report: Report | None) -> Suggestion | None:
    """Return who the victim may be, of the directory: by their domains, or their town's own hall."""
    if case.organisation_id is not None:
        return None
    for domain in report.own_domains if report else ():
        rows = Organisation.objects.filter(search__contains=domain).order_by("pk")[:20]
        for row in rows:
            if domain in row.own_domains:
                return Suggestion("organisation", str(row.uuid), (DOMAIN,), (domain,), row.name)
    if case.commune_id and case.victim_kind == VictimKind.COMMUNE:
        halls = Organisation.objects.filter(kind=VictimKind.COMMUNE, commune=case.commune_id)
        hall = halls.order_by("pk").first()
        if hall is not None:
            return Suggestion("organisation", str(hall.uuid), (TOWN_HALL,), (), hall.name)
    return None


def of(case: Incident) -> list[Suggestion]:
    """Return the first suggestion for each field of a case already seen."""
    report = case.reports.order_by("filed_at", "pk").first()
    found = [*categories(case, report, bundle_of(case))[:1], priority(case)]
    whose = organisation(case, report)
    return [*found, whose] if whose else found


@change
def settle(
    *,
    incident: UUID,
    version: int,
    by: Person,
    kind: str,
    category: str,
    priority: str,
    tlp: str,
    now: datetime,
    reason: str = "",
    organisation: str = "",
) -> Incident:
    """Take and qualify a new case, and keep which suggestions were followed.

    *organisation*: the suggested one's UUID, or nothing. Raises what ``transitions.accept`` and
    ``casework.edit`` do.
    """
    suggested = of(worked_case(by, incident, version))
    chosen = {"category": category, "priority": priority, "organisation": organisation}
    case = transitions.accept(
        incident=incident, version=version, by=by, kind=kind, category=category,
        priority=priority, tlp=tlp, reason=reason, now=now,
    )  # fmt: skip
    if organisation and organisation in {one.value for one in suggested}:
        case = casework.edit(
            incident=incident, version=case.version, by=by, organisation=UUID(organisation), now=now
        )
    for one in suggested:
        data = {
            "field": one.about,
            "value": one.value,
            "grounds": list(one.grounds),
            "accepted": chosen[one.about] == one.value,
        }
        record(kinds.TRIAGED, case, by=by, at=now, data=data)
    return case
