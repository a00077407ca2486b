"""The page of an organisation, its form, and those of its contacts."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from csirt.accounts.access import only
from csirt.accounts.principals import Person
from csirt.accounts.roles import DESK, SEES_CASES, Role
from csirt.directory import forms, queries, services
from csirt.directory.models import Commune, Contact, Organisation
from csirt.directory.traits import TRAITS
from csirt.directory.views.asking import asking
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, Invalid

Form = forms.Returned


@require_safe
@only(*SEES_CASES)
def show(request: HttpRequest, organisation: UUID) -> HttpResponse:
    """Show an organisation, whom to reach there, and who looks after its computers."""
    person = asking(request)
    row = queries.organisation(person, organisation)
    agreements = list(queries.agreements(row))
    in_force = {agreed.operator_id for agreed in agreements if agreed.ended_at is None}
    leads = person.role == Role.LEAD
    others = queries.visible_operators(person).exclude(pk__in=in_force) if leads else ()
    context = {
        "principal": person,
        "organisation": row,
        "place_label": forms.place_label(row.commune) if row.commune else "",
        "traits": [TRAITS[trait] for trait in row.traits if trait in TRAITS],
        "contacts": queries.contacts(row),
        "agreements": agreements,
        "operators": [{"value": other.uuid, "label": other.name} for other in others],
        "edits": person.works_cases,
        "leads": leads,
    }
    return render(request, "directory/organisation.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@only(*DESK)
def create(request: HttpRequest) -> HttpResponse:
    """Make an organisation known."""
    person, form = asking(request), Form(_empty(request))
    if request.method == "POST":
        form = Form(forms.typed_organisation(request.POST))
        try:
            fields = forms.organisation_fields(form)
            row = services.create_organisation(fields=fields, by=person, now=now())
        except Invalid as error:
            form.refused(error, {}, 0)
            return _organisation_page(request, person, None, form, status=error.status)
        messages.success(request, gettext("La fiche est créée."))
        return redirect("directory-organisation", organisation=row.uuid)
    return _organisation_page(request, person, None, form, status=200)


@require_http_methods(["GET", "HEAD", "POST"])
@only(*DESK)
def edit(request: HttpRequest, organisation: UUID) -> HttpResponse:
    """Correct an organisation; what was typed stays when it cannot be taken."""
    person = asking(request)
    row = queries.organisation(person, organisation)
    form = Form(forms.of_organisation(row), row.version)
    if request.method == "POST":
        form = Form(forms.typed_organisation(request.POST), row.version)
        try:
            form.version = forms.version(request)
            fields = forms.organisation_fields(form)
            services.edit_organisation(
                organisation=organisation, version=form.version, fields=fields, by=person, now=now()
            )
        except (Invalid, Conflict) as error:
            row = queries.organisation(person, organisation)
            form.refused(error, forms.of_organisation(row), row.version)
            return _organisation_page(request, person, row, form, status=error.status)
        messages.success(request, gettext("La fiche est à jour."))
        return redirect("directory-organisation", organisation=organisation)
    return _organisation_page(request, person, row, form, status=200)


def _empty(request: HttpRequest) -> dict[str, Any]:
    """Return an empty form, in the commune that the person comes from."""
    commune = Commune.objects.select_related("department").filter(
        pk=request.GET.get("commune", "").replace("\0", "")[:5]
    )
    place = commune.first()
    return {"commune": forms.place_label(place) if place else "", "traits": []}


def _organisation_page(
    request: HttpRequest, person: Person, row: Organisation | None, form: Form, *, status: int
) -> HttpResponse:
    context = {
        "principal": person,
        "organisation": row,
        "form_": form,
        "errors": form.errors,
        **forms.organisation_choices(),
    }
    return render(request, "directory/organisation_form.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@only(*DESK)
def add_contact(request: HttpRequest, organisation: UUID) -> HttpResponse:
    """Add somebody to reach."""
    person = asking(request)
    of = queries.organisation(person, organisation)
    form = Form(forms.typed_contact(request.POST))
    if request.method == "POST":
        try:
            fields = forms.contact_fields(form.values)
            services.add_contact(organisation=organisation, fields=fields, by=person, now=now())
        except Invalid as error:
            form.refused(error, {}, 0)
            return _contact_page(request, person, of, None, form, status=error.status)
        messages.success(request, gettext("Le contact est ajouté."))
        return redirect("directory-organisation", organisation=organisation)
    return _contact_page(request, person, of, None, form, status=200)


@require_http_methods(["GET", "HEAD", "POST"])
@only(*DESK)
def edit_contact(request: HttpRequest, organisation: UUID, contact: UUID) -> HttpResponse:
    """Correct somebody to reach, and say whether a channel can still be trusted."""
    person = asking(request)
    row = queries.contact(person, organisation, contact)
    form = Form(forms.of_contact(row), row.version)
    if request.method == "POST":
        form = Form(forms.typed_contact(request.POST), row.version)
        try:
            form.version = forms.version(request)
            services.edit_contact(
                organisation=organisation,
                contact=contact,
                version=form.version,
                fields=forms.contact_fields(form.values),
                by=person,
                now=now(),
            )
        except (Invalid, Conflict) as error:
            row = queries.contact(person, organisation, contact)
            form.refused(error, forms.of_contact(row), row.version)
            return _contact_page(request, person, row.organisation, row, form, status=error.status)
        messages.success(request, gettext("Le contact est à jour."))
        return redirect("directory-organisation", organisation=organisation)
    return _contact_page(request, person, row.organisation, row, form, status=200)


def _contact_page(
    request: HttpRequest,
    person: Person,
    of: Organisation,
    row: Contact | None,
    form: Form,
    *,
    status: int,
) -> HttpResponse:
    context = {
        "principal": person,
        "organisation": of,
        "contact": row,
        "form_": form,
        "errors": form.errors,
        "trusts": [{"value": value, "label": label} for value, label in Contact.Trust.choices],
    }
    return render(request, "directory/contact_form.html", context, status=status)


@require_http_methods(["POST"])
@only(*DESK)
def agree(request: HttpRequest, organisation: UUID) -> HttpResponse:
    """Note the organisation's agreement with the operator that was chosen."""
    person = asking(request)
    queries.organisation(person, organisation)
    try:
        chosen = _operator(request)
        services.agree(organisation=organisation, operator=chosen, by=person, now=now())
    except Invalid as error:
        messages.error(request, gettext(error.sentence))
    else:
        messages.success(
            request,
            gettext("L'accord est noté : ses dossiers et ses réponses au kit sont visibles."),
        )
    return redirect("directory-organisation", organisation=organisation)


@require_http_methods(["POST"])
@only(*DESK)
def end(request: HttpRequest, organisation: UUID) -> HttpResponse:
    """Note that an agreement has ended."""
    person = asking(request)
    queries.organisation(person, organisation)
    try:
        services.end(organisation=organisation, operator=_operator(request), by=person, now=now())
    except (Invalid, Conflict) as error:
        messages.error(request, gettext(error.sentence))
    else:
        messages.success(
            request,
            gettext("L'accord est terminé : ses dossiers et ses réponses au kit sont cachés."),
        )
    return redirect("directory-organisation", organisation=organisation)


def _operator(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("operator", ""))
    except ValueError as error:
        raise Invalid("Choisissez un service dans la liste.") from error
