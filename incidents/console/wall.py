"""The wall screen: how the desk stands, in numbers alone, for a room that anybody may walk through.

It asks again by itself every ten seconds instead of using the console's socket: that one carries rows
with references and titles, to people who work cases and have given their second factor; here a few
counts are enough, and whoever reads statistics may have no second factor. All walls share one
computation every five seconds.

No reference, no text, no commune of any size, no restricted case: what is counted cannot be named.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Count, F, Min, Q, Value
from django.db.models.functions import Coalesce, NullIf
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from csirt.accounts.principals import Person
from csirt.accounts.roles import DESK, Role
from csirt.directory.models import Department
from csirt.kernel.clock import now
from csirt.kernel.errors import NotFound
from incidents.console.access import for_people
from incidents.console.queue import age
from incidents.domain.lifecycle import TERMINAL, State
from incidents.domain.moments import PARIS
from incidents.models import IS_LIVE, Incident, Priority

READS = DESK | {Role.READER}
_KEY = "console.wall"
_FOR = 5  # seconds that the numbers serve every wall
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Bar:
    """One number with its name; ``share`` of the greatest beside it, of 100."""

    label: str
    count: int
    share: int
    tone: str = ""

    @property
    def rest(self) -> int:
        return 100 - self.share


@require_safe
@for_people
def wall(request: HttpRequest, person: Person) -> HttpResponse:
    """Show the numbers to the desk and to who reads statistics; 404 for everybody else."""
    if person.role not in READS:
        raise NotFound
    at = now()
    found: dict[str, Any] | None = cache.get(_KEY)
    if found is None:
        found = numbers(at)
        cache.set(_KEY, found, _FOR)
    names = dict(Department.objects.values_list("code", "name"))
    live = found["states"]
    context = {
        "at": at,
        "live": sum(live.values()),
        "untaken": found["untaken"],
        "urgent": found["urgent"],
        "oldest": age(found["oldest"], at) if found["oldest"] else "",
        "today": sum(found["today"]),
        "before": found["before"],
        "ended": found["ended"],
        "states": _bars(
            (gettext(state.label), live.get(state.value, 0), f"state-{state.value}")
            for state in State
            if state not in TERMINAL
        ),
        "priorities": _bars(
            (one, found["priorities"].get(one, 0), f"priority-{one.lower()}")
            for one in Priority.values
        ),
        "departments": _bars(
            (names.get(code, gettext("Département inconnu")), count, "")
            for code, count in found["departments"].items()
        ),
        "hours": _bars((str(hour), count, "") for hour, count in enumerate(found["today"])),
    }
    return render(request, "console/wall.html", context)


def numbers(at: datetime) -> dict[str, Any]:
    """Return what the wall shows at *at*: plain numbers and one moment, nothing that names a case."""
    cases = Incident.objects.filter(restricted=False)
    live = cases.filter(IS_LIVE)
    untaken = Q(state=State.NEW, assignee=None)
    midnight = datetime.combine(at.astimezone(PARIS).date(), datetime.min.time(), tzinfo=PARIS)
    today = [0] * (at.astimezone(PARIS).hour + 1)
    for opened in cases.filter(opened_at__gte=midnight, opened_at__lte=at).values_list(
        "opened_at", flat=True
    ):
        today[opened.astimezone(PARIS).hour] += 1
    where = Coalesce(
        F("commune__department_id"),
        NullIf(F("department_only"), Value("")),
        F("organisation__commune__department_id"),
        Value(""),
    )
    return {
        "states": _counted(live, "state"),
        "priorities": _counted(live, "priority"),
        "departments": _counted(live.annotate(where=where), "where"),
        **live.aggregate(  # at once: only the live ones are read
            untaken=Count("pk", filter=untaken),
            oldest=Min("opened_at", filter=untaken),
            urgent=Count("pk", filter=Q(priority=Priority.P1, assignee=None)),
        ),
        "today": today,
        "before": cases.filter(opened_at__gte=midnight - _DAY, opened_at__lte=at - _DAY).count(),
        "ended": cases.filter(closed_at__gte=midnight).count(),
    }


def _counted(cases: Any, column: str) -> dict[str, int]:
    rows = cases.order_by().values_list(column).annotate(count=Count("pk"))
    return dict(sorted(rows, key=lambda row: -row[1]))


def _bars(rows: Iterable[tuple[str, int, str]]) -> list[Bar]:
    found = list(rows)
    most = max((count for _label, count, _tone in found), default=0) or 1
    return [Bar(label, count, round(100 * count / most), tone) for label, count, tone in found]
