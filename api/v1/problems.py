"""Errors of the REST API, as problem details (RFC 9457)."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from csirt.kernel.errors import Conflict, DeskError, Invalid, NotFound
from csirt.web.errors import RETRY_AFTER, as_desk_error, said
from incidents.models import Incident
from incidents.services.bulk import Stopped

MEDIA_TYPE = "application/problem+json"


def handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn what a view raised into a problem; None lets it become a 500.

    ``errors`` maps a field to its sentences; ``state`` is what a case has become in a conflict;
    ``cases`` are those that stopped an act on several.
    """
    if isinstance(error, Http404 | PermissionDenied):
        error = NotFound()
    request = context["request"]
    extra = {"request_id": request.META.get("desk.id", "")}
    if isinstance(error, exceptions.APIException):
        return _of_framework(error, extra)
    known = as_desk_error(error)
    return None if known is None else _of_desk(known, extra)


def _of_desk(error: DeskError, extra: dict[str, Any]) -> Response:
    if isinstance(error, Invalid) and error.fields:
        extra["errors"] = {name: [sentence] for name, sentence in error.fields.items()}
    if isinstance(error, Conflict) and error.state:
        extra["state"] = error.state
    if isinstance(error, Stopped):
        extra["cases"] = [_refused(case, why) for case, why in error.reasons]
    headers = {"Retry-After": RETRY_AFTER} if error.status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    return problem(error.status, error.code, said(error), headers=headers, **extra)


def _refused(case: Incident, why: DeskError) -> dict[str, str]:
    found = {
        "incident": str(case.uuid),
        "reference": case.reference,
        "code": why.code,
        "detail": said(why),
    }
    return found | ({"state": why.state} if isinstance(why, Conflict) and why.state else {})


def _of_framework(error: exceptions.APIException, extra: dict[str, Any]) -> Response:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    if isinstance(error, exceptions.ValidationError):
        extra["errors"] = _sentences(error.detail)
        sentence = "Cette demande ne peut pas être comprise. Vérifiez ce que vous avez saisi."
        return problem(error.status_code, "invalid", sentence, headers=headers, **extra)
    code = str(error.get_codes()) if isinstance(error.get_codes(), str) else "error"
    return problem(error.status_code, code, str(error.detail), headers=headers, **extra)


def _sentences(detail: Any, name: str = "") -> dict[str, list[str]]:
    """Return the sentences by field: what is wrong in a list or in an object as ``field.place``."""
    if not isinstance(detail, dict):
        return {name: [str(sentence) for sentence in detail]}
    found: dict[str, list[str]] = {}
    for place, inner in detail.items():
        found |= _sentences(inner, f"{name}.{place}" if name else str(place))
    return found


def problem(
    status: int, code: str, detail: str, *, headers: dict[str, str] | None = None, **extra: Any
) -> Response:
    """Return one problem; ``code`` is stable, ``detail`` is for a person."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        **extra,
    }
    return Response(body, status=status, headers=headers, content_type=MEDIA_TYPE)
