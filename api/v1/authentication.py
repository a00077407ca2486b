"""Who is asking the REST API: the console's session, CSRF checked, or a personal token."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from csirt.accounts import limits, tokens
from csirt.accounts.models import PersonalToken, User
from csirt.accounts.principals import Person, principal_of
from csirt.kernel.clock import real as now
from csirt.kernel.errors import NotAllowed

LONGEST = 200  # characters of the header that are read
_ALL = "token|"  # what wrong ones are counted as, together: their text is whatever a guesser likes


class Personal(BaseAuthentication):
    """``Authorization: Bearer occp_…``: its person, as their rights are now.

    A right token is never slowed; wrong ones are counted by address, and recorded.
    """

    def authenticate(self, request: Request) -> tuple[User, PersonalToken] | None:
        """Return who it is, or None when no such token is given; raises for one that is wrong."""
        scheme, _space, text = request.headers.get("Authorization", "")[:LONGEST].partition(" ")
        text = text.strip()
        if scheme.lower() != "bearer" or not text.startswith(f"{tokens.WORD}_"):
            return None
        at = now()
        token = tokens.owner(text, now=at, host=request.get_host())
        if token is None:
            _refuse(request, at)
            raise AuthenticationFailed(gettext("Ce jeton n'ouvre rien. Faites-en un autre."))
        tokens.note_use(token, now=at)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 - DRF passes it
        """Return the challenge of a 401."""
        return 'Bearer realm="api"'


def _refuse(request: Request, at: datetime) -> None:
    source = limits.source_of(request._request, _ALL)  # noqa: SLF001 - DRF hides Django's request
    if limits.spend(email=_ALL, source=source, secret=limits.Secret.TOKEN, now=at) is None:
        raise Throttled(wait=60)


class Scoped(BasePermission):
    """A token may do what its scopes say: the view's resource, read or written."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Raise ``NotAllowed`` for what the token was not given; a session has no scopes."""
        if not isinstance(request.auth, PersonalToken):
            return True
        verb = "read" if request.method in SAFE_METHODS else "write"
        resource = getattr(view, "resource", "")
        if f"{resource}:{verb}" in request.auth.scopes:
            return True
        raise NotAllowed("Ce jeton n'a pas ce droit. Faites-en un autre.", code="scope")


class Session(SessionAuthentication):
    """As DRF's own, with a challenge, so that nobody known is 401 and not 403."""

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 - DRF passes it
        """Return the challenge of a 401."""
        return 'Session realm="console"'


def person(request: Request) -> Person:
    """Return who asks, if they see cases; raises ``NotAllowed``."""
    principal = principal_of(request._request)  # noqa: SLF001 - DRF hides Django's request there
    if not isinstance(principal, Person) or not principal.sees_cases:
        raise NotAllowed
    return principal


class PersonalScheme(OpenApiAuthenticationExtension):
    """How the schema names it."""

    target_class = Personal
    name = "personal token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:  # noqa: ARG002
        """Return the header that carries the token."""
        words = "A token of one's own, made on the page of one's account. Scopes: "
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": f"{tokens.WORD}_…",
            "description": words + ", ".join(tokens.SCOPES) + ".",
        }


class SessionScheme(OpenApiAuthenticationExtension):
    """How the schema names it."""

    target_class = Session
    name = "console session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:  # noqa: ARG002
        """Return the cookie that carries the session."""
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
