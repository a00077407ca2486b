"""What every page of the console says at its top: what waits, news for the reader, who is on duty.

All with one query, which also tells where the journal stands.
"""

from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import (
    CharField,
    Count,
    DateTimeField,
    Exists,
    IntegerField,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import format_html

from csirt.accounts.principals import Person, Principal
from csirt.accounts.roles import Role
from csirt.journal.models import Head
from csirt.kernel.clock import now
from csirt.prepared import Given, prepared
from csirt.web import panels
from incidents.models import Incident, News
from incidents.notifications.waiting import aside, events, parked
from incidents.queries import hangs_under
from incidents.services import duties, telling

KEPT = "desk.header"  # in the request


@dataclass(frozen=True)
class Header:
    """``waits``: a decision is asked for; ``on_duty``: whose name comes first, and of how many."""

    epoch: UUID
    seq: int
    waits: bool
    unread: int
    on_duty: str
    phone: str
    others: int


def register() -> None:
    """Fill the slot; called when the app is ready."""
    panels.register("console.header", "equipe", "L'équipe", draw)
    panels.register("console.scripts", "alertes", "Alertes", scripts)


def scripts(_request: HttpRequest, _case: object, principal: Principal | str) -> str:
    """Give the alarm of a new P1 to who works cases."""
    if not isinstance(principal, Person) or not principal.works_cases:
        return ""
    return format_html('<script type="module" src="{}"></script>', static("console/alert.js"))


def draw(request: HttpRequest, _case: object, principal: Principal | str) -> str:
    """Draw the counter of news and who is on duty, for who sees cases or keeps the roster."""
    if not isinstance(principal, Person) or not (principal.sees_cases or _keeps(principal)):
        return ""
    context = {"header": of(request, principal), "principal": principal}
    return render_to_string("console/header.html", context, request)


def _keeps(person: Person) -> bool:
    return person.role == Role.ADMIN


def of(request: HttpRequest, person: Person) -> Header:
    """Return the header's facts, asked for once a request: several parts of a page want some."""
    known: Header | None = request.META.get(KEPT)
    if known is None:
        known = request.META[KEPT] = _read(person)
    return known


def read(request: HttpRequest, person: Person, case: Incident) -> None:
    """Mark one's news about *case* as read, since its page is shown; costs nothing when there is none."""
    found = of(request, person)
    if found.unread:
        changed = telling.mark(by=person, read=True, now=now(), case=case)
        request.META[KEPT] = replace(found, unread=found.unread - changed)


def _read(person: Person) -> Header:
    return Header(*_asked(person)(now=now())[0])


@prepared
def _asked(person: Person) -> QuerySet[Head, Any]:
    on_duty = duties.on_duty(Given("now", DateTimeField())).order_by("begins_at", "pk")
    decisions = [parked(person), aside(), events()] if person.works_cases else []
    waits = reduce(or_, (Q(Exists(rows)) for rows in decisions), Q(pk__lt=0))
    unread = News.objects.filter(hangs_under(person), user=person.user_id, read_at=None).order_by()
    return (
        Head.objects.filter(pk=1)
        .annotate(
            waits=Exists(Head.objects.filter(waits, pk=1)),
            unread=_counted(unread.annotate(one=Value(1)).values("one")),
            duty=_first(on_duty.values("user__name")),
            phone=_first(on_duty.values("phone")),
            others=_counted(on_duty.annotate(one=Value(1)).order_by().values("one")),
        )
        .values_list("epoch", "seq", "waits", "unread", "duty", "phone", "others")
    )


def _first(rows: "Subquery | object") -> Coalesce:
    return Coalesce(Subquery(rows[:1]), Value(""), output_field=CharField())  # type: ignore[index]


def _counted(rows: "object") -> Coalesce:
    counted = rows.annotate(n=Count("pk")).values("n")  # type: ignore[attr-defined]
    return Coalesce(Subquery(counted), Value(0), output_field=IntegerField())
