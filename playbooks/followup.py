"""What the victim is asked to do, ticked without an account on the follow-up page."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from csirt.accounts.principals import Principal, Victim
from csirt.web import panels
from incidents.intake import states
from incidents.intake.door import Visit, visiting
from incidents.intake.words import said
from incidents.models import Incident
from playbooks import queries
from playbooks.domain.steps import Status
from playbooks.models import StepState
from playbooks.services import stepping

DONE, SHOWN = "etape", "vue"  # the boxes, and which of them stood on the page
THANKS = "etapes"
HEADS = {
    "during": _("À faire maintenant"),
    "after": _("À faire ensuite"),
    "before": _("Pour que cela n'arrive plus"),
}


@dataclass(frozen=True)
class Asked:
    """One step in plain words. ``ours``: the desk noted that it is done, which the victim leaves."""

    uuid: UUID
    title: str
    detail: str
    done: bool
    ours: bool
    at: datetime | None


def register() -> None:
    """Fill the slot of the follow-up page; called when the app is ready."""
    panels.register("public.followup", "etapes", "Ce que vous pouvez faire", panel, order=10)
    states.DONE[THANKS] = _("C'est noté. L'équipe voit ce qui est fait.")


def panel(request: HttpRequest, case: Incident, principal: Principal) -> str:
    """Draw the steps asked of the victim of this visit, by phase; nothing when there are none."""
    if not isinstance(principal, Victim):
        return ""
    rows = list(queries.asked_of_victim(case))
    if not rows:
        return ""
    parts = [
        (phase, head, [_asked(row) for row in rows if row.phase == phase])
        for phase, head in HEADS.items()
    ]
    context = {
        "case": case,
        "parts": [part for part in parts if part[2]],
        "names": {"done": DONE, "shown": SHOWN},
        "done": sum(row.state == Status.DONE for row in rows),
        "total": len(rows),
    }
    return render_to_string("playbooks/followup.html", context, request)


def _asked(row: StepState) -> Asked:
    assert row.run.edition is not None
    step = queries.book_of(row.run.edition).step(row.step)
    done = row.state == Status.DONE
    return Asked(
        uuid=row.uuid,
        title=said(step, "title"),
        detail=said(step, "detail"),
        done=done,
        ours=done and not row.by_victim,
        at=row.changed_at if done else None,
    )


@require_POST
@visiting
def tick(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Take which steps are done by now."""
    stepping.tick(
        victim=visit.victim,
        shown=_ids(request.POST.getlist(SHOWN)),
        done=_ids(request.POST.getlist(DONE)),
        now=visit.now,
    )
    return redirect(f"{reverse('intake:followup')}?fait={THANKS}#etapes")


def _ids(texts: list[str]) -> set[UUID]:
    """Return those of *texts* that are identifiers."""
    found = set()
    for text in texts[:500]:
        try:
            found.add(UUID(text))
        except ValueError:
            continue
    return found
