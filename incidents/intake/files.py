"""Files from the victim: one a request, sealed while it arrives, refused with a clear sentence.

Who is here, whether files are taken at all, and whether there is room is looked at before a byte of
the body is read. Words are always taken: by the message of the follow-up page.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import BoundedSemaphore, Lock

import pyrage
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from csirt.accounts.principals import Principal, Victim
from csirt.directory import reference
from csirt.kernel import codes
from csirt.kernel.clock import now as read_clock
from csirt.kernel.errors import DeskError, Invalid, NotAllowed, TooLarge, Unavailable
from csirt.web import errors
from incidents import queries
from incidents.domain.questions import upload_question
from incidents.evidence import store
from incidents.evidence.receiving import SealingHandler
from incidents.evidence.sealing import AT_ONCE
from incidents.intake import visits
from incidents.intake.door import of_another
from incidents.intake.fields import Problem
from incidents.intake.words import reach, said
from incidents.models import Incident
from incidents.services.evidence import receive

FIELD = "fichier"
AROUND = 64 * 1024  # bytes of a request beside its file
PATIENCE = 10.0  # seconds to wait for a place among those who send
OF_ONE = 4  # of those places for one case: who sends slowly keeps nobody else out
_places = BoundedSemaphore(AT_ONCE)
_held: Counter[int] = Counter()  # places by case
_counting = Lock()
_CUT = gettext_noop("Le fichier n'est pas arrivé entier. Envoyez-le encore.")
_NO_ROOM = gettext_noop(
    "Nous ne pouvons pas recevoir de fichier maintenant. Écrivez-nous un message."
)
_BUSY = gettext_noop("Beaucoup de fichiers arrivent en ce moment. Réessayez dans une minute.")
_WORDS_ONLY = gettext_noop("Ici, n'envoyez aucun fichier. Racontez avec des mots.")
_TOO_BIG = gettext_noop("Ce fichier est trop gros. Un fichier peut faire %(limit)s Mo.")


@csrf_exempt  # _take checks it: the body may be read only once the rest is known
@require_http_methods(["GET", "HEAD", "POST"])
def files(request: HttpRequest) -> HttpResponse:
    """Show the files of this visit's case and take one more."""
    now = read_clock()
    victim = visits.victim(request, now)
    if victim is None or visits.read_out(request):
        return _nobody(request)
    if request.method != "POST":
        return _page(request, victim)
    handler = SealingHandler(FIELD)
    try:
        _refuse_early(request, victim)
        if not connection.in_atomic_block:
            connection.close()  # back to the pool: a slow telephone must not keep it
        with _place(victim.incident_id):
            request.upload_handlers = [handler]
            return _take(request, victim, handler, now)
    except DeskError as error:
        return _refused(request, victim, error)
    except (UnreadablePostError, MultiPartParserError):
        return _refused(request, victim, Invalid(_CUT))
    except (OSError, pyrage.EncryptError):
        return _refused(request, victim, Unavailable(_NO_ROOM, code="no-room"))
    finally:
        handler.abort()


@csrf_protect
def _take(
    request: HttpRequest, victim: Victim, handler: SealingHandler, now: datetime
) -> HttpResponse:
    token = request.POST.get("envoi", "")  # reads the whole body, into the handler
    sealed = handler.hand_over()
    if sealed is None:
        raise Invalid("Choisissez un fichier.", code="no-file")
    if wrong := of_another(request, queries.visible_to(victim).get()):
        store.discard(sealed.name)
        raise Invalid(wrong, code="another-case")
    row = receive(victim=victim, token=token, name=handler.sent_name, sealed=sealed, now=now)
    visits.go_on(request, now)
    if _wants_json(request):
        return JsonResponse({"sha256": row.sha256, "size": row.size})
    return redirect(f"{reverse('intake:followup')}#fichiers")


def _refuse_early(request: HttpRequest, victim: Victim) -> None:
    """Refuse what can be refused before the body is read."""
    case = queries.visible_to(victim).get()
    if not queries.takes_files(case):
        raise NotAllowed(_WORDS_ONLY, code="words-only")
    length = request.META.get("CONTENT_LENGTH") or "0"
    size = int(length) if length.isdigit() else 0
    if size > settings.EVIDENCE_MAX + AROUND:
        raise TooLarge
    if not store.has_room(size):
        raise Unavailable(_NO_ROOM, code="no-room")


@contextmanager
def _place(case: int) -> Iterator[None]:
    """Take one of the places of this process for *case*.

    Raises ``Unavailable`` when none becomes free, or when the case has its own already.
    """
    with _counting:
        _held[case] += 1
        many = _held[case] > OF_ONE
    try:
        if many or not _places.acquire(timeout=PATIENCE):
            raise Unavailable(_BUSY, code="busy")
        try:
            yield
        finally:
            _places.release()
    finally:
        with _counting:
            _held[case] -= 1
            if not _held[case]:
                del _held[case]


def panel(request: HttpRequest, case: Incident, principal: Principal) -> str:
    """Draw the part of the follow-up page that takes files, or says that words are enough."""
    if not isinstance(principal, Victim):
        return ""
    return render_to_string("intake/files_panel.html", _context(case), request)


def _context(case: Incident) -> dict[str, object]:
    bundle = reference.current()
    question, _open = upload_question(bundle, {"kind": case.victim_kind}, category=case.category)
    known = queries.known_answers(case)
    return {
        "case": case,
        "open": queries.takes_files(case),
        "files": list(case.evidence.order_by("received_at", "pk")),
        "ask": said(question),
        "closed": said(question, "closed"),
        "before": [
            gettext("Cachez les mots de passe et les papiers d'identité."),
            gettext("Pas de dossier médical, ni de photo d'autres personnes."),
            said(question, "help"),
        ],
        "asks_age": known.get("age") == "nsp" and known.get("age_su") != "oui",
        "contacts": reach(bundle, question.closed_contacts),
        "limit": settings.EVIDENCE_MAX // 1024**2,
        "most": settings.EVIDENCE_MAX,
        "token": codes.new_token(),
        "field": FIELD,
    }


def _page(
    request: HttpRequest, victim: Victim, problem: str = "", *, status: int = 200
) -> HttpResponse:
    context = _context(queries.visible_to(victim).get()) | {
        "problem": problem,
        "errors": [Problem(FIELD, problem)] if problem else [],
    }
    return render(request, "intake/files.html", context, status=status)


def _refused(request: HttpRequest, victim: Victim, error: DeskError) -> HttpResponse:
    sentence = errors.said(error)
    if isinstance(error, TooLarge):
        sentence = gettext(_TOO_BIG) % {"limit": settings.EVIDENCE_MAX // 1024**2}
    if _wants_json(request):
        return JsonResponse({"error": sentence, "code": error.code}, status=error.status)
    return _page(request, victim, sentence, status=error.status)


def _nobody(request: HttpRequest) -> HttpResponse:
    """The visit is over: the follow-up page asks for the code."""
    if _wants_json(request):
        sentence = gettext("Votre visite est terminée. Tapez encore votre code.")
        return JsonResponse({"error": sentence, "code": "code"}, status=403)
    return redirect("intake:followup")


def _wants_json(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")
