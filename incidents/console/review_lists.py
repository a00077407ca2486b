"""After cases: reviews to write, actions late, questions without an answer; and causes, counted."""

from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Exists, F, OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from csirt.accounts.principals import Person
from incidents import queries
from incidents.console.review_sheet import causes
from incidents.domain.lifecycle import State
from incidents.domain.moments import PARIS
from incidents.models import FollowUp, Incident, Review, ReviewAction

PAGE = 50
VIEWS = {
    "a-ecrire": _("À écrire"),
    "actions": _("Actions à faire"),
    "suivis": _("Suivis sans réponse"),
    "causes": _("Causes"),
}


def address() -> str:
    """Return where the lists are."""
    return reverse("console-reviews")


def to_write(person: Person) -> QuerySet[Incident]:
    """Return the cases that are resolved and have no review, those resolved first on top."""
    written = Review.objects.filter(incident=OuterRef("pk"))
    cases = queries.visible_to(person).filter(state=State.REVIEW).exclude(Exists(written))
    return cases.order_by("resolved_at", "pk")


def to_do(person: Person) -> QuerySet[ReviewAction]:
    """Return the actions that are not done, the most urgent first."""
    rows = ReviewAction.objects.filter(queries.hangs_under(person), done_at=None)
    return rows.select_related("incident").order_by("due_on", "pk")


def unanswered(person: Person) -> QuerySet[FollowUp]:
    """Return the last questions that the victim of a closed case has left, the oldest first."""
    later = FollowUp.objects.filter(
        incident=OuterRef("incident"), closed_at=OuterRef("closed_at"), days__gt=OuterRef("days")
    )
    rows = FollowUp.objects.filter(
        queries.hangs_under(person),
        answered_at=None,
        incident__state=State.CLOSED,
        closed_at=F("incident__closed_at"),
    )
    return rows.exclude(Exists(later)).select_related("incident").order_by("sent_at", "pk")


def counted(person: Person, language: str) -> list[dict[str, Any]]:
    """Return how often each cause was found, the most frequent first."""
    rows = Review.objects.filter(queries.hangs_under(person)).exclude(cause="")
    found = rows.values("cause").annotate(cases=Count("pk"))
    labels = {one["value"]: one["label"] for one in causes(language, "")}
    return [
        {**row, "label": labels.get(row["cause"], row["cause"])}
        for row in found.order_by("-cases", "cause")
    ]


def page(person: Person, view: str, number: str, at: datetime, language: str) -> dict[str, Any]:
    """Return what one of the lists shows."""
    view = view if view in VIEWS else next(iter(VIEWS))
    lists: dict[str, Any] = {
        "a-ecrire": to_write(person),
        "actions": to_do(person),
        "suivis": unanswered(person),
    }
    rows = lists[view] if view in lists else counted(person, language)
    found = Paginator(rows, PAGE).get_page(number)
    return {
        "view": view,
        "page": found,
        "rows": list(found),
        "today": at.astimezone(PARIS).date(),
        "tabs": [
            {
                "label": label,
                "href": f"?vue={name}",
                "current": name == view,
                "count": lists[name].count() if name in lists else None,
            }
            for name, label in VIEWS.items()
        ],
    }
