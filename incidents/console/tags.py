"""The desk's tags: how many cases bear each; a lead gives one another name."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from csirt.accounts.principals import Person
from csirt.accounts.roles import Role
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, DeskError, Invalid
from csirt.web import errors
from incidents import queries
from incidents.console.access import for_desk
from incidents.models import Tagging
from incidents.services import tagging


@require_safe
@for_desk
def every(request: HttpRequest, person: Person) -> HttpResponse:
    """Show the tags of the cases that the person sees."""
    return _page(request, person)


@require_POST
@for_desk
def rename(request: HttpRequest, person: Person, tag: UUID) -> HttpResponse:
    """Give a tag another name, on every case that bears it."""
    typed = request.POST.get("renommer-name", "")
    try:
        seen = request.POST.get("seen", "")
        name = tagging.rename(tag=tag, by=person, seen=seen, name=typed, now=now())
    except (Invalid, Conflict) as error:
        return _page(request, person, wrong=str(tag), error=error, typed=typed)
    messages.success(request, gettext("Cette étiquette s'appelle maintenant %s.") % name)
    return redirect("console-tags")


def _page(
    request: HttpRequest,
    person: Person,
    *,
    wrong: str = "",
    error: DeskError | None = None,
    typed: str = "",
) -> HttpResponse:
    borne = Tagging.objects.filter(queries.hangs_under(person), tag=OuterRef("pk"))
    counted = borne.order_by().values("tag").values(count=Count("pk"))
    fields = getattr(error, "fields", {})
    name = f"renommer-name-{wrong}"
    context: dict[str, Any] = {
        "principal": person,
        "tags": queries.tags(person).annotate(count=Subquery(counted)),
        "is_lead": person.role == Role.LEAD,
        "wrong": wrong,
        "typed": typed,
        "error": gettext(fields["name"]) if "name" in fields else "",
        "refusal": errors.said(error) if error else "",
        "errors": [{"name": name, "text": gettext(text)} for text in fields.values()],
    }
    return render(request, "console/tags.html", context, status=error.status if error else 200)
