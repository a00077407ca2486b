"""Sharing's pages: partners and collections. The case's own acts are in ``acts``."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from api.models import Collection, CollectionAccess, Partner, PartnerToken
from api.sharing import forms, partners, queries, terms
from api.stix.case import GATES
from csirt.accounts.access import only, proved_recently
from csirt.accounts.principals import Person
from csirt.accounts.roles import DESK, Role
from csirt.kernel.clock import now
from csirt.kernel.errors import DeskError, Invalid, NotFound
from csirt.web.errors import said

LOOKS = tuple(DESK | {Role.ADMIN})  # who may see partners and collections


def person_of(request: HttpRequest) -> Person:
    """Return who asks, on a page that only people of the desk or admins reach."""
    return Person.of(request.user)  # type: ignore[arg-type]


def refused(form: Form, error: DeskError) -> None:
    """Show a service's refusal on the form."""
    fields = error.fields if isinstance(error, Invalid) else {}
    for field, sentence in fields.items():
        form.add_error(field if field in form.fields else None, gettext(sentence))
    if not fields:
        form.add_error(None, said(error))


@require_http_methods(["GET", "HEAD", "POST"])
@only(*LOOKS)
def partner_list(request: HttpRequest) -> HttpResponse:
    """List the partners; a POST adds one."""
    person = person_of(request)
    form = forms.PartnerForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                made = partners.create_partner(**form.cleaned_data, by=person, now=now())
            except DeskError as error:
                refused(form, error)
                status = error.status
            else:
                return HttpResponseRedirect(reverse("sharing-partner", args=[made.uuid]))
    context = {
        "principal": person,
        "form": form,
        "partners": [(row, queries.is_silent(row, now())) for row in queries.partners()],
        "keeps": person.role in partners.KEEPERS,
    }
    return render(request, "sharing/partners.html", context, status=status)


@require_safe
@only(*LOOKS)
def partner(request: HttpRequest, partner: UUID) -> HttpResponse:
    """Show one partner: its tokens, what it reads."""
    return _partner_page(request, queries.partner(partner), forms.TokenForm())


def _partner_page(
    request: HttpRequest,
    row: Partner,
    form: forms.TokenForm,
    *,
    token: str = "",
    person_form: forms.PersonForm | None = None,
    status: int = 200,
) -> HttpResponse:
    person = person_of(request)
    at = now()
    context = {
        "principal": person,
        "partner": row,
        "form": form,
        "silent": queries.is_silent(row, at),
        "pulled": queries.pulled(row, at),
        "agreed": row.terms == terms.VERSION,
        "terms": terms.VERSION,
        "people": row.people.select_related("user").order_by("user__name", "pk"),
        "content": forms.ContentForm(
            initial={gate: row.wants(gate) for gate in GATES} | {"version": row.version}
        ),
        "contacts_form": forms.ContactsForm(initial={"contacts": row.contacts}),
        "person_form": person_form or forms.PersonForm(),
        "token": token,
        "tokens": row.tokens.order_by("-created_at", "-pk"),
        "access": CollectionAccess.objects.filter(partner=row)
        .select_related("collection")
        .order_by("collection__title"),
        "keeps": person.role in partners.KEEPERS,
        "now": at,
        "taxii": request.build_absolute_uri("/taxii2/"),
    }
    response = render(request, "sharing/partner.html", context, status=status)
    if token:
        response["Cache-Control"] = "no-store"
    return response


@require_POST
@only(*LOOKS)
@proved_recently
def issue(request: HttpRequest, partner: UUID) -> HttpResponse:
    """Give a token, shown on this answer and nowhere else."""
    row = queries.partner(partner)
    form = forms.TokenForm(request.POST)
    if not form.is_valid():
        return _partner_page(request, row, form, status=400)
    try:
        _token, text = partners.issue_token(
            partner=partner,
            scopes=form.cleaned_data["scopes"],
            label=form.cleaned_data["label"],
            expires_at=form.expires_at(),
            addresses=form.cleaned_data["addresses"].splitlines(),
            by=person_of(request),
            now=now(),
        )
    except DeskError as error:
        refused(form, error)
        return _partner_page(request, row, form, status=error.status)
    return _partner_page(request, row, forms.TokenForm(), token=text)


@require_POST
@only(*LOOKS)
@proved_recently
def rotate_token(request: HttpRequest, token: UUID) -> HttpResponse:
    """Give a token in the place of another, which lives on for a week."""
    row = PartnerToken.objects.select_related("partner").filter(uuid=token).first()
    if row is None:
        raise NotFound
    page = queries.partner(row.partner.uuid)
    _token, text = partners.rotate_token(token=token, by=person_of(request), now=now())
    return _partner_page(request, page, forms.TokenForm(), token=text)


@require_POST
@only(*LOOKS)
def note_contacts(request: HttpRequest, partner: UUID) -> HttpResponse:
    """Keep whom to call."""
    queries.partner(partner)
    partners.note_contacts(
        partner=partner,
        version=_version(request),
        contacts=request.POST.get("contacts", "")[:2000],
        by=person_of(request),
        now=now(),
    )
    messages.success(request, gettext("Noté."))
    return HttpResponseRedirect(reverse("sharing-partner", args=[partner]))


@require_POST
@only(*LOOKS)
def choose_options(request: HttpRequest, partner: UUID) -> HttpResponse:
    """Say what the partner reads of what collections hold besides the rest."""
    queries.partner(partner)
    form = forms.ContentForm(request.POST)
    if not form.is_valid():
        raise Invalid("Cette page est trop ancienne. Rechargez-la.")
    partners.choose_options(partner=partner, **form.cleaned_data, by=person_of(request), now=now())
    messages.success(request, gettext("Gardé : sa prochaine lecture en tient compte."))
    return HttpResponseRedirect(reverse("sharing-partner", args=[partner]))


@require_POST
@only(*LOOKS)
def accept_terms(request: HttpRequest, partner: UUID) -> HttpResponse:
    """Note that the partner gave its word, on paper or otherwise."""
    queries.partner(partner)
    if person_of(request).role not in partners.KEEPERS:
        raise NotFound
    terms.accept_terms(
        partner=partner,
        version=request.POST.get("terms", ""),
        by=person_of(request),
        now=now(),
    )
    messages.success(request, gettext("Noté : ses programmes peuvent lire."))
    return HttpResponseRedirect(reverse("sharing-partner", args=[partner]))


@require_POST
@only(*LOOKS)
@proved_recently
def add_person(request: HttpRequest, partner: UUID) -> HttpResponse:
    """Let somebody of theirs see the partner's own page."""
    row, form, status = queries.partner(partner), forms.PersonForm(request.POST), 400
    if form.is_valid():
        try:
            partners.add_person(
                partner=partner,
                email=form.cleaned_data["email"],
                by=person_of(request),
                now=now(),
            )
        except DeskError as error:
            refused(form, error)
            status = error.status
        else:
            return HttpResponseRedirect(reverse("sharing-partner", args=[partner]))
    return _partner_page(request, row, forms.TokenForm(), person_form=form, status=status)


@require_POST
@only(*LOOKS)
def remove_person(request: HttpRequest, partner: UUID, user: UUID) -> HttpResponse:
    """Close the partner's own page to somebody."""
    queries.partner(partner)
    partners.remove_person(partner=partner, user=user, by=person_of(request), now=now())
    return HttpResponseRedirect(reverse("sharing-partner", args=[partner]))


def _version(request: HttpRequest) -> int:
    version = request.POST.get("version", "")
    if not version.isascii() or not version.isdigit() or len(version) > 18:
        raise Invalid("Cette page est trop ancienne. Rechargez-la.")
    return int(version)


@require_POST
@only(*LOOKS)
def revoke_token(request: HttpRequest, token: UUID) -> HttpResponse:
    """End a token."""
    row = PartnerToken.objects.select_related("partner").filter(uuid=token).first()
    if row is None:
        raise NotFound
    partners.revoke_token(token=token, by=person_of(request), now=now())
    messages.success(request, gettext("Le jeton est révoqué : il n'ouvre plus rien."))
    return HttpResponseRedirect(reverse("sharing-partner", args=[row.partner.uuid]))


def _switch(act: Callable[..., Partner], said_: object) -> Callable[..., HttpResponse]:
    @require_POST
    @only(*LOOKS)
    def view(request: HttpRequest, partner: UUID) -> HttpResponse:
        queries.partner(partner)
        act(partner=partner, version=_version(request), by=person_of(request), now=now())
        messages.success(request, str(said_))
        return HttpResponseRedirect(reverse("sharing-partner", args=[partner]))

    return view


disable = _switch(
    partners.disable_partner, _("Le partenaire est désactivé : ses jetons n'ouvrent plus rien.")
)
enable = _switch(
    partners.enable_partner, _("Le partenaire est réactivé. Donnez-lui un nouveau jeton.")
)


@require_http_methods(["GET", "HEAD", "POST"])
@only(*LOOKS)
def collection_list(request: HttpRequest) -> HttpResponse:
    """List the collections; a POST adds one."""
    person = person_of(request)
    form = forms.CollectionForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                made = partners.create_collection(**form.cleaned_data, by=person, now=now())
            except DeskError as error:
                refused(form, error)
                status = error.status
            else:
                return HttpResponseRedirect(reverse("sharing-collection", args=[made.uuid]))
    context = {
        "principal": person,
        "form": form,
        "collections": queries.collections(),
        "leads": person.role == Role.LEAD,
    }
    return render(request, "sharing/collections.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@only(*LOOKS)
def collection(request: HttpRequest, collection: UUID) -> HttpResponse:
    """Show one collection and its readers; a POST adds a reader."""
    person, row = person_of(request), queries.collection(collection)
    readers = list(
        CollectionAccess.objects.filter(collection=row)
        .select_related("partner")
        .order_by("partner__name")
    )
    others = list(
        Partner.objects.filter(active=True)
        .exclude(pk__in=[access.partner_id for access in readers])
        .order_by("name")
    )
    form = forms.ReaderForm(request.POST or None, partners=others)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                partners.grant_access(
                    collection=collection,
                    partner=UUID(form.cleaned_data["partner"]),
                    by=person,
                    now=now(),
                )
            except DeskError as error:
                refused(form, error)
                status = error.status
            else:
                return HttpResponseRedirect(reverse("sharing-collection", args=[collection]))
    context = {
        "principal": person,
        "collection": row,
        "objects": _objects_in(row),
        "readers": readers,
        "others": others,
        "form": form,
        "content": forms.ContentForm(
            initial={"playbooks": row.playbooks, "details": row.details, "version": row.version}
        ),
        "leads": person.role == Role.LEAD,
        "taxii": request.build_absolute_uri("/taxii2/"),
    }
    return render(request, "sharing/collection.html", context, status=status)


@require_POST
@only(*LOOKS)
def edit_collection(request: HttpRequest, collection: UUID) -> HttpResponse:
    """Say what a collection holds besides what all of them do."""
    row = queries.collection(collection)
    form = forms.ContentForm(request.POST)
    try:
        if not form.is_valid():
            raise Invalid
        partners.edit_collection(
            collection=row.uuid, **form.cleaned_data, by=person_of(request), now=now()
        )
    except NotFound:
        raise
    except DeskError as error:
        messages.error(request, said(error))
    else:
        messages.success(request, gettext("Gardé : la prochaine diffusion en tient compte."))
    return HttpResponseRedirect(reverse("sharing-collection", args=[collection]))


def _objects_in(collection: Collection) -> int:
    return collection.shares.filter(is_latest=True).count()


@require_POST
@only(*LOOKS)
def end_access(request: HttpRequest, collection: UUID, partner: UUID) -> HttpResponse:
    """Close a collection to a partner."""
    queries.collection(collection)
    partners.end_access(collection=collection, partner=partner, by=person_of(request), now=now())
    messages.success(request, gettext("Ce partenaire ne lit plus cette collection."))
    return HttpResponseRedirect(reverse("sharing-collection", args=[collection]))
