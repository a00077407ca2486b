"""What the page of a review shows of its case: lines of the timeline, follow-ups, the printed sheet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from csirt.accounts.principals import Person
from csirt.directory import reference
from csirt.kernel.tlp import Tlp
from incidents import kinds, queries
from incidents.console import timeline
from incidents.domain import later_questions
from incidents.domain.lifecycle import State
from incidents.models import FollowUp, Incident, Review
from incidents.services import follow_ups
from incidents.services.loading import bundle_of

MOST = 500  # lines of a timeline, the latest
MILESTONES = frozenset({kinds.FILED.name, *(kind.name for kind in kinds.BY_EDGE.values())})


@dataclass(frozen=True)
class Milestone(timeline.Line):
    """A line, and whether it is on the sheet unless somebody chose."""

    milestone: bool = False


def lines(case: Incident, person: Person) -> list[Milestone]:
    """Return what happened in a case already seen, oldest first, without readings nor what was undone."""
    rows = queries.lasting(case).exclude(kind__in=timeline.QUIET).order_by("-seq")[:MOST]
    events = list(rows)
    names = timeline.names(events, person)
    found = []
    for event in events:
        one = timeline.line(event, names)
        found.append(Milestone(one.at, one.text, key=one.key, milestone=event.kind in MILESTONES))
    found += [
        Milestone(row.at, row.text, key=f"m{row.uuid}", dated=row, milestone=True)
        for row in queries.dated(person, case)
    ]
    return sorted(found, key=lambda line: line.at)


def chosen(found: list[Milestone], review: Review | None) -> list[str]:
    """Return the keys of the lines that stand on the sheet: those that were kept, else the milestones."""
    return review.kept if review else [line.key for line in found if line.milestone]


def causes(language: str, cause: str) -> list[dict[str, str]]:
    """Return the list of causes, with one that a review names and that is gone from it."""
    known = reference.current().causes
    found = [
        {"value": one.id, "label": one.en if language == "en" else one.fr} for one in known.values()
    ]
    if cause and cause not in known:
        found.append({"value": cause, "label": cause})
    return found


def values(review: Review | None) -> dict[str, str]:
    """Return what the boxes hold."""
    if review is None:
        return {}
    hours = "" if review.hours is None else f"{review.hours:f}".removesuffix(".0").replace(".", ",")
    return {
        "cause": review.cause,
        "cause_words": review.cause_words,
        "worked": review.worked,
        "failed": review.failed,
        "hours": hours,
        "euros": "" if review.euros is None else str(review.euros),
    }


@dataclass(frozen=True)
class Asked:
    """One round: when it goes or went out, what came back in words; ``past``: it never will."""

    days: int
    at: datetime
    sent: FollowUp | None
    said: list[tuple[str, str, bool]]
    past: bool = False


def rounds(case: Incident, language: str, at: datetime) -> list[Asked]:
    """Return the rounds of a case already seen: all that were sent, then those to come while it is closed."""
    rows = list(FollowUp.objects.filter(incident=case).order_by("closed_at", "days"))
    found = [Asked(row.days, row.sent_at, row, _said(row, case, language)) for row in rows]
    if case.state != State.CLOSED or case.closed_at is None:
        return found
    sent = {row.days for row in rows if row.closed_at == case.closed_at}
    for one, begins, until in later_questions.windows(reference.current().reviews):
        if one.days not in sent:
            over = case.closed_at + until <= at
            found.append(Asked(one.days, case.closed_at + begins, None, [], past=over))
    return found


def _said(row: FollowUp, case: Incident, language: str) -> list[tuple[str, str, bool]]:
    found = []
    for question in follow_ups.questions(row, case):
        choice = later_questions.given(question, row.answers.get(question.id, ""))
        if choice is not None:
            english = language == "en"
            asked, answered = (question.en, choice.en) if english else (question.fr, choice.fr)
            found.append((asked, answered, choice.bad))
    return found


def sheet(case: Incident, person: Person, language: str, at: datetime) -> dict[str, Any]:
    """Return what the printed sheet of a case already seen says."""
    review = Review.objects.filter(incident=case).select_related("written_by").first()
    found = lines(case, person)
    kept = set(chosen(found, review))
    category = bundle_of(case).categories.get(case.category)
    labels: Mapping[str, str] = {
        one["value"]: one["label"] for one in causes(language, review.cause if review else "")
    }
    return {
        "case": case,
        "review": review,
        "values": values(review),
        "tlp": Tlp(case.tlp).label,
        "state": gettext(State(case.state).label),
        "category": (category.label_en if language == "en" else category.label_fr)
        if category
        else "",
        "cause": labels.get(review.cause, "") if review else "",
        "lines": [line for line in found if line.key in kept],
        "actions": list(case.review_actions.all()),
        "rounds": [one for one in rounds(case, language, at) if one.sent is not None],
    }
