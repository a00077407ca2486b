"""Shared IT services: the desk reads, a lead writes."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from csirt.accounts.access import only
from csirt.accounts.principals import Person
from csirt.accounts.roles import DESK, Role
from csirt.directory import forms, queries, services
from csirt.directory.models import Operator
from csirt.directory.views.asking import asking
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, Invalid

Form = forms.Returned


@require_http_methods(["GET", "HEAD", "POST"])
@only(*DESK)
def operators(request: HttpRequest) -> HttpResponse:
    """List the services; a lead's POST adds one."""
    person, form, status = asking(request), Form(forms.typed_operator(request.POST)), 200
    if request.method == "POST":
        try:
            row = services.create_operator(**form.values, by=person, now=now())
        except Invalid as error:
            form.refused(error, {}, 0)
            status = error.status
        else:
            messages.success(request, gettext("Le service est ajouté."))
            return redirect("directory-operator", operator=row.uuid)
    context = {
        "principal": person,
        "operators": queries.visible_operators(person),
        "form_": form,
        "errors": form.errors,
        "leads": person.role == Role.LEAD,
    }
    return render(request, "directory/operators.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@only(*DESK)
def operator(request: HttpRequest, operator: UUID) -> HttpResponse:
    """Show a service, its people and whom it serves; a lead's POST corrects it."""
    person = asking(request)
    row = queries.operator(person, operator)
    form = Form(forms.of_operator(row), row.version)
    if request.method == "POST":
        form = Form(forms.typed_operator(request.POST), row.version)
        try:
            form.version = forms.version(request)
            services.edit_operator(
                operator=operator, version=form.version, **form.values, by=person, now=now()
            )
        except (Invalid, Conflict) as error:
            row = queries.operator(person, operator)
            form.refused(error, forms.of_operator(row), row.version)
            return _page(request, person, row, form, error.status)
        messages.success(request, gettext("La fiche est à jour."))
        return redirect("directory-operator", operator=operator)
    return _page(request, person, row, form, 200)


@require_POST
@only(*DESK)
def add_member(request: HttpRequest, operator: UUID) -> HttpResponse:
    """Let somebody see what the service may see."""
    person = asking(request)
    queries.operator(person, operator)
    try:
        services.add_member(operator=operator, user=_user(request), by=person, now=now())
    except Invalid as error:
        messages.error(request, gettext(error.sentence))
    else:
        messages.success(request, gettext("La personne est ajoutée."))
    return redirect("directory-operator", operator=operator)


@require_POST
@only(*DESK)
def remove_member(request: HttpRequest, operator: UUID) -> HttpResponse:
    """Take the service's view away from somebody."""
    person = asking(request)
    queries.operator(person, operator)
    try:
        services.remove_member(operator=operator, user=_user(request), by=person, now=now())
    except Invalid as error:
        messages.error(request, gettext(error.sentence))
    else:
        messages.success(request, gettext("La personne est retirée."))
    return redirect("directory-operator", operator=operator)


def _user(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("user", ""))
    except ValueError as error:
        raise Invalid("Choisissez quelqu'un de la liste.") from error


def _page(
    request: HttpRequest, person: Person, row: Operator, form: Form, status: int
) -> HttpResponse:
    leads = person.role == Role.LEAD
    context = {
        "principal": person,
        "operator": row,
        "served": queries.served_by(row),
        "joining": [
            {"value": user.uuid, "label": f"{user} ({user.email})"}
            for user in (queries.who_may_join(row) if leads else ())
        ],
        "form_": form,
        "errors": form.errors,
        "leads": leads,
    }
    return render(request, "directory/operator.html", context, status=status)
