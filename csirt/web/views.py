"""Answers that belong to no app: health, errors, the demonstration's style guide."""

import sys

from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from csirt.journal import tailer
from csirt.journal.models import Head
from csirt.kernel.errors import Invalid, NotFound
from csirt.web import errors
from csirt.web import styleguide as samples
from csirt.web.context import desk
from csirt.web.kept import kept
from csirt.web.middleware import failed


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """The database answers too, and the consoles are fed from the journal that it holds."""
    try:
        epoch = Head.objects.values_list("epoch", flat=True).get(pk=1)
    except Exception as error:  # noqa: BLE001 - whatever it is, we are not ready
        return HttpResponse(f"no: {type(error).__name__}\n", content_type="text/plain", status=503)
    finally:
        connection.close()
    if not tailer.follows(epoch):
        return HttpResponse("no: another epoch\n", content_type="text/plain", status=503)
    return HttpResponse("ok\n", content_type="text/plain")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The one 404, for what is absent and for what is hidden."""
    return errors.page(request, NotFound())


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django could not read the request."""
    return errors.page(request, Invalid())


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django refused; hidden equals non-existing."""
    return errors.page(request, NotFound())


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of ours: an id to quote, and nothing else.

    What a middleware raised arrives here, without passing ``Edge``: when the database is away, the
    session is the first to notice.
    """
    error = sys.exc_info()[1]
    known = errors.as_desk_error(error)
    if known is not None:
        return errors.page(request, known)
    if error is not None:
        failed(request, error)
    html = render_to_string(
        "500.html", {**desk(request), "request_id": request.META.get("desk.id", "")}
    )
    return HttpResponse(html, status=500, headers={"Cache-Control": "no-store"})


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's page is too old: give back what was typed, in a form that can be sent again."""
    return render(request, "403_csrf.html", kept(request), status=403)


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every component in every state; in the demonstration only."""
    if not settings.DEMO and not settings.TEST:
        raise Http404
    return samples.page(request)
