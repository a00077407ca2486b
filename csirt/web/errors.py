"""One mapping from errors to answers, for pages; REST, TAXII and sockets map the same statuses."""

from http import HTTPStatus

from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext

from csirt.directory.desk import values
from csirt.kernel.errors import DeskError, Unavailable
from csirt.web.context import desk
from csirt.web.kept import kept

RETRY_AFTER = "5"  # seconds
MACHINES = "/api/"  # addresses that only programs read
_TEMPLATES = {400, 403, 404, 409, 413, 429, 503}


def as_desk_error(error: BaseException | None) -> DeskError | None:
    """Return the desk's error for *error*: itself, or ``Unavailable`` when the database is away."""
    if isinstance(error, DeskError):
        return error
    if isinstance(error, OperationalError | InterfaceError):
        return Unavailable()
    if isinstance(error, DatabaseError) and "pool" in type(error.__cause__).__module__:
        return Unavailable()
    if type(error).__module__.startswith("psycopg_pool"):
        return Unavailable()
    return None


def said(error: DeskError) -> str:
    """Return the error's sentence in the language of the screen."""
    sentence = gettext(error.sentence)
    return sentence % error.params if error.params else sentence


def _problem(request: HttpRequest, error: DeskError) -> HttpResponse:
    """Return problem details (RFC 9457), as ``api.v1`` gives them."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "code": error.code,
        "detail": said(error),
        "request_id": request.META.get("desk.id", ""),
    }
    response = JsonResponse(body, status=error.status, content_type="application/problem+json")
    response["Cache-Control"] = "no-store"
    if error.status == HTTPStatus.SERVICE_UNAVAILABLE:
        response["Retry-After"] = RETRY_AFTER
    return response


def page(request: HttpRequest, error: DeskError) -> HttpResponse:
    """Return the error's page. It needs no database and no context processor.

    A machine that was stopped before its view gets what the view would have said.
    """
    if request.path.startswith(MACHINES):
        return _problem(request, error)
    if error.status == HTTPStatus.SERVICE_UNAVAILABLE:
        values.hold()
    status = error.status if error.status in _TEMPLATES else 400
    context: dict[str, object] = {
        **desk(request),
        "sentence": said(error),
        "code": error.code,
        "request_id": request.META.get("desk.id"),
    }
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        context |= {"reading": request.method in {"GET", "HEAD"}, **kept(request)}
    if status in {400, 404, 503}:
        html = render_to_string(f"{status}.html", context)
    else:
        html = render_to_string(f"{status}.html", context, request)
    response = HttpResponse(html, status=error.status)
    response["Cache-Control"] = "no-store"
    if status == 503:
        response["Retry-After"] = RETRY_AFTER
    return response
