"""Releasing a case, from its page: ask for the text, read it, approve it, take it back."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST, require_safe

from api.models import Preview, Release
from api.sharing import previews, queries, releases, rules
from api.sharing.views import person_of
from csirt.accounts.access import only
from csirt.accounts.principals import Person
from csirt.accounts.roles import DESK
from csirt.kernel.clock import now
from csirt.kernel.errors import DeskError, NotFound
from csirt.kernel.text import clean_line
from csirt.kernel.tlp import Tlp
from csirt.web.errors import said
from incidents import queries as cases

MOST_SHOWN = 200_000  # characters of a text shown on the page; the whole is one link away


def _case(case: UUID) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{reverse('console-case', args=[case])}#partage")


@require_POST
@only(*DESK)
def ask(request: HttpRequest, case: UUID) -> HttpResponse:
    """Ask for a preview; its page follows the job."""
    person = person_of(request)
    cases.get(person, case)
    wanted = [found for text in request.POST.getlist("collections") if (found := _uuid(text))]
    try:
        row = previews.request_preview(incident=case, by=person, collections=wanted, now=now())
    except NotFound:
        raise
    except DeskError as error:
        messages.error(request, said(error))
        return _case(case)
    return HttpResponseRedirect(reverse("sharing-preview", args=[row.uuid]))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@require_safe
@only(*DESK)
def preview(request: HttpRequest, preview: UUID) -> HttpResponse:
    """Show what would leave, to whom, and what is held back; or that the job is at work."""
    person = person_of(request)
    row, case = queries.preview_of(person, preview)
    release = Release.objects.filter(preview=row).select_related("by").first()
    approvable = release is None or release.state == Release.State.UNDONE
    context = {
        "principal": person,
        "preview": row,
        "case": case,
        "collections": list(row.collections.order_by("title")),
        "elsewhere": queries.revoked_elsewhere(row),
        "release": release,
        "approvable": approvable,
        "held_back": queries.held_back(row),
        "text": row.bytes[:MOST_SHOWN],
        "cut": len(row.bytes) > MOST_SHOWN,
        "waits": row.status == Preview.Status.QUEUED,
        "ready": row.status == Preview.Status.READY,
        "may_release": rules.may_release(person.role, Tlp(case.tlp)),
        "tlp": Tlp(release.tlp if release and not approvable else case.tlp),
    }
    response = render(request, "sharing/preview.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_safe
@only(*DESK)
def text(request: HttpRequest, preview: UUID) -> HttpResponse:
    """Give the exact bytes, to be kept or compared."""
    row, case = queries.preview_of(person_of(request), preview)
    if row.status != Preview.Status.READY:
        raise NotFound
    response = HttpResponse(row.bytes, content_type="application/stix+json;version=2.1")
    response["Content-Disposition"] = f'attachment; filename="{case.reference}.json"'
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@only(*DESK)
def approve(request: HttpRequest, preview: UUID) -> HttpResponse:
    """Approve the text whose SHA-256 the form names."""
    person = person_of(request)
    row, case = queries.preview_of(person, preview)
    try:
        release = releases.approve(
            preview=row.uuid, sha256=request.POST.get("sha256", ""), by=person, now=now()
        )
    except NotFound:
        raise
    except DeskError as error:
        messages.error(request, said(error))
        return HttpResponseRedirect(reverse("sharing-preview", args=[preview]))
    if release.by_id != person.user_id or release.state != Release.State.QUEUED:
        sentence = gettext("%(who)s avait déjà approuvé ce texte : %(state)s.")
        messages.info(request, sentence % {"who": release.by, "state": release.get_state_display()})
    else:
        way = reverse("sharing-undo", args=[release.uuid])
        sentence = gettext("Approuvé : la publication commence dans dix secondes.")
        messages.success(request, sentence, extra_tags=way)
    return _case(case.uuid)


@require_POST
@only(*DESK)
def undo(request: HttpRequest, release: UUID) -> HttpResponse:
    """Take an approval back before anything is published."""
    person = person_of(request)
    found = Release.objects.filter(uuid=release).select_related("incident").first()
    if found is None:
        raise NotFound
    cases.get(person, found.incident.uuid)
    try:
        releases.undo(release=release, by=person, now=now())
    except NotFound:
        raise
    except DeskError as error:
        messages.error(request, said(error))
    else:
        messages.success(request, gettext("Annulé : rien n'est publié."))
    return _case(found.incident.uuid)


def _take_back(act: Callable[[HttpRequest, Person, UUID], str]) -> Callable[..., HttpResponse]:
    @require_POST
    @only(*DESK)
    def view(request: HttpRequest, case: UUID) -> HttpResponse:
        person = person_of(request)
        cases.get(person, case)
        messages.success(request, act(request, person, case))
        return _case(case)

    return view


def _unrelease(_request: HttpRequest, person: Person, case: UUID) -> str:
    gone = releases.unrelease(incident=case, by=person, now=now())
    return ngettext(
        "%(count)s objet n'est plus diffusé.", "%(count)s objets ne sont plus diffusés.", gone
    ) % {"count": gone}


def _revoke(request: HttpRequest, person: Person, case: UUID) -> str:
    stix_id = clean_line(request.POST.get("object", ""))[:100]
    releases.revoke(incident=case, stix_id=stix_id, by=person, now=now())
    return gettext("Révoqué : les partenaires le verront à leur prochaine lecture.")


unrelease = _take_back(_unrelease)
revoke = _take_back(_revoke)
