"""The edge of the site: request id, who is really asking, and errors as pages."""

import secrets
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
from django.template.loader import render_to_string

from csirt.kernel.errors import Invalid, TooLarge
from csirt.web import errors
from csirt.web.context import desk

log = structlog.get_logger()

Next = Callable[[HttpRequest], HttpResponse]

# A load balancer asks these by address, and their answers depend on no host and reveal nothing.
PROBES = frozenset({"/healthz", "/readyz"})

# No fault of ours: Django answers them 404, 403 or 400.
_ANSWERED = (Http404, PermissionDenied, SuspiciousOperation, BadRequest, MultiPartParserError)


def address(request: HttpRequest) -> str:
    """Return the client's address: the peer's, unless the peer is the configured proxy."""
    peer = str(request.META.get("REMOTE_ADDR", ""))
    if peer in settings.TRUSTED_PROXIES:
        forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",")
        return forwarded[-1].strip() or peer
    return peer


class Edge:
    """First in the list, so that whatever happens below becomes a calm answer."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.META["desk.id"] = secrets.token_hex(8)
        request.META["desk.address"] = address(request)
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
            log.error("request.failed", id=request.META.get("desk.id"), error=type(error).__name__)
            return None
        if known.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            log.warning("request.unavailable", error=type(error).__name__)
        return errors.page(request, known)
