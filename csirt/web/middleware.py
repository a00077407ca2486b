"""The edge of the site: request id, who is really asking, and errors as pages."""

import secrets
import time
from collections.abc import Callable
from http import HTTPStatus

import structlog
from django.conf import settings
from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.template.loader import render_to_string

from csirt.kernel.errors import Invalid, TooLarge
from csirt.web import errors, exercised, numbers
from csirt.web.context import desk

log = structlog.get_logger()

Next = Callable[[HttpRequest], HttpResponse]

# A load balancer asks these by address, and their answers depend on no host and reveal nothing.
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
ASKED_HOST = "desk.host"  # of such an address, as it was asked for; empty when it was passed on
# What people of the desk work in, and answers with a new code.
UNCOMPRESSED = (
    "/console/",
    "/comptes/",
    "/api/",
    "/signaler/envoi/",
    "/suivi/acces/",
    "/suivi/nouveau-code/",
)
SLOW = 2.0  # seconds; then a line says which page it was

# No fault of ours: Django answers them 404, 403 or 400.
_ANSWERED = (Http404, PermissionDenied, SuspiciousOperation, BadRequest, MultiPartParserError)


def address(request: HttpRequest) -> str:
    """Return the client's address: the peer's, unless the peer is the configured proxy."""
    peer = str(request.META.get("REMOTE_ADDR", ""))
    if peer in settings.TRUSTED_PROXIES:
        forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",")
        return forwarded[-1].strip() or peer
    return peer


def _forwarded(request: HttpRequest) -> bool:
    """Tell whether somebody passed the request on."""
    passed = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_FORWARDED", "HTTP_VIA")
    return any(name in request.META for name in passed)


def _route(request: HttpRequest) -> str:
    """Return the route, without what stands in its place: an address may hold a secret."""
    return request.resolver_match.route if request.resolver_match else ""


def failed(request: HttpRequest, error: BaseException) -> None:
    """Log a fault of ours, once: its kind, its place and the request's id, and no value."""
    if request.META.get("desk.failed") is not error:
        request.META["desk.failed"] = error
        log.error(
            "request.failed",
            id=request.META.get("desk.id"),
            method=request.method,
            route=_route(request),
            exc_info=error,
        )


class Compressed(GZipMiddleware):
    """A third of the bytes for who reads the public site on a weak line.

    The length of what is compressed tells of what is secret, to who may have their own text beside it
    again and again and watches the line (BREACH). So not where people work, nor with a code; on a
    victim's page each try would be a message that stays, and CSRF tokens differ each time.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        page = response.get("Content-Type", "").startswith("text/html")
        if not page or request.path_info.startswith(UNCOMPRESSED):
            return response
        return super().process_response(request, response)


class Edge:
    """Around all that may fail, so that whatever happens below becomes a calm answer."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.META["desk.id"] = secrets.token_hex(8)
        began = time.monotonic()
        with structlog.contextvars.bound_contextvars(request=request.META["desk.id"]):
            response = self._answer(request)
            took = time.monotonic() - began
            numbers.answered(request.method or "", response.status_code, took)
            if took > SLOW:
                log.warning("request.slow", route=_route(request), seconds=round(took, 1))
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        request.META["desk.address"] = address(request)
        if request.path_info in PROBES:
            request.META[ASKED_HOST] = (
                "" if _forwarded(request) else request.META.get("HTTP_HOST", "")
            )
        if request.META.get("REMOTE_ADDR") not in settings.TRUSTED_PROXIES:
            request.META.pop("HTTP_X_FORWARDED_PROTO", None)
        if request.path_info in PROBES:
            request.META["HTTP_HOST"] = settings.ALLOWED_HOSTS[0]
        try:
            response = self.get_response(request)
        except Exception as error:
            answer = self.process_exception(request, error)
            if answer is None:
                raise
            response = answer
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and not response.content:
            # An address to post to, opened by hand: a browser would show a page of its own.
            response.content = render_to_string("405.html", desk(request))
            response["Content-Length"] = str(len(response.content))
        if settings.EXERCISE:
            exercised.mark(response)
        response["X-Request-Id"] = request.META["desk.id"]
        if "Cache-Control" not in response and not request.path.startswith(settings.STATIC_URL):
            response["Cache-Control"] = "no-store"
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), microphone=(), geolocation=()"
        )
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer what a person can act on; anything else is a 500 that says only its id."""
        known = errors.as_desk_error(error)
        if isinstance(error, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent):
            known = TooLarge()
        elif isinstance(error, UnreadablePostError):
            known = Invalid()
        if known is None and isinstance(error, _ANSWERED):
            return None
        if known is None:
            failed(request, error)
            return None
        if known.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            log.warning("request.unavailable", error=type(error).__name__)
        return errors.page(request, known)
