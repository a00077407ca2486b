"""One's news: what happened on cases that one may see, read or not; and when it comes by mail."""

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from csirt.accounts.models import MailChoice, User
from csirt.accounts.principals import Person
from csirt.accounts.services import set_alerts
from csirt.kernel.clock import now
from csirt.kernel.errors import NotFound
from incidents import queries
from incidents.console.access import for_desk, for_readers
from incidents.domain.lifecycle import State
from incidents.models import Priority
from incidents.notifications import header
from incidents.services import telling

SHOWN = 100
JUST_NOW = timedelta(minutes=1)  # a P1 so young is told to a page that was not open yet


@require_http_methods(["GET", "HEAD", "POST"])
@for_readers
def page(request: HttpRequest, person: Person) -> HttpResponse:
    """Show the latest, or mark one or all of them as read or unread."""
    if request.method == "POST":
        _mark(request, person)
        return redirect("console-news")
    rows = list(telling.mine(person)[:SHOWN])
    context = {
        "principal": person,
        "news": rows,
        "unread": header.of(request, person).unread,
        "mails": [{"value": value, "label": label} for value, label in MailChoice.choices],
        "sounds": [{"value": "oui", "label": gettext("Le faire entendre")}],
        "sound": ["oui"] if request.user.sound_enabled else [],  # type: ignore[union-attr]
        "more": len(rows) == SHOWN,
    }
    return render(request, "console/news.html", context)


def _mark(request: HttpRequest, person: Person) -> None:
    read, about = request.POST.get("lu") == "oui", request.POST.get("about", "")
    try:
        one = UUID(about) if about else None
    except ValueError as error:
        raise NotFound from error
    if one is not None and not telling.mine(person).filter(uuid=one).exists():
        raise NotFound
    telling.mark(by=person, read=read, now=now(), news=one)


@require_safe
@for_readers
def count(request: HttpRequest, person: Person) -> HttpResponse:
    """Answer how many are unread, where the journal stands, and the P1 of this minute."""
    found = header.of(request, person)
    if not person.works_cases:
        return JsonResponse({"unread": found.unread})
    fresh = queries.live(person).filter(
        priority=Priority.P1, state=State.NEW, assignee=None, opened_at__gt=now() - JUST_NOW
    )
    p1 = [{"id": str(case.uuid), "reference": case.reference} for case in fresh[:5]]
    return JsonResponse(
        {"unread": found.unread, "epoch": str(found.epoch), "seq": found.seq, "p1": p1},
        headers={"Cache-Control": "no-store"},
    )


@require_POST
@for_desk
def settings(request: HttpRequest, _person: Person) -> HttpResponse:
    """Keep whether a new P1 is heard, and when news come by mail."""
    user: User = request.user  # type: ignore[assignment]  # a person has logged in
    sound = request.POST.get("sound") == "oui"
    set_alerts(user=user, sound_enabled=sound, mail=request.POST.get("mail", ""), now=now())
    messages.success(request, gettext("C'est enregistré."))
    return redirect("console-news")
