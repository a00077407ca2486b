"""A partner's own page: what its people see of the desk, and nothing else."""

from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from api.models import CollectionAccess, Partner
from api.sharing import queries, terms
from api.sharing.views import person_of
from csirt.accounts.access import only
from csirt.accounts.principals import Person
from csirt.accounts.roles import Role
from csirt.kernel.clock import now

ROOT = "desk"


def _of(person: Person) -> QuerySet[Partner]:
    return queries.partners().filter(people__user=person.user_id, active=True)


@require_safe
@only(Role.PARTNER)
def own(request: HttpRequest) -> HttpResponse:
    """Show each organisation of the reader: terms, collections, tokens, pulls, settings."""
    person, at = person_of(request), now()
    server = request.build_absolute_uri("/taxii2/")
    shown = [
        {
            "row": row,
            "agreed": row.terms == terms.VERSION,
            "silent": queries.is_silent(row, at),
            "tokens": row.tokens.filter(revoked_at=None).order_by("-created_at"),
            "access": (access := _access(row)),
            "first": next(
                (str(a.collection.uuid) for a in access if a.collection.inbox_of_id is None),
                "IDENTIFIANT",
            ),
            "pulled": queries.pulled(row, at),
            "taken_back": queries.taken_back(row, at),
        }
        for row in _of(person)
    ]
    context = {
        "principal": person,
        "partners": shown,
        "terms": terms.VERSION,
        "server": server,
        "root": f"{server}{ROOT}/",
    }
    return render(request, "sharing/own.html", context)


def _access(row: Partner) -> list[CollectionAccess]:
    found = CollectionAccess.objects.filter(partner=row).select_related("collection")
    return list(found.order_by("collection__title", "pk"))


@require_POST
@only(Role.PARTNER)
def accept(request: HttpRequest, partner: UUID) -> HttpResponse:
    """Accept the terms of sharing for one's organisation."""
    terms.accept_terms(
        partner=partner,
        version=request.POST.get("terms", ""),
        by=person_of(request),
        now=now(),
    )
    messages.success(request, gettext("Merci : vos programmes peuvent lire."))
    return HttpResponseRedirect(reverse("sharing-own"))
