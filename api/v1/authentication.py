"""Who is asking the REST API: the console's session, CSRF checked."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request

from csirt.accounts.principals import Person, principal_of
from csirt.kernel.errors import NotAllowed


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


class SessionScheme(OpenApiAuthenticationExtension):
    """How the schema names it."""

    target_class = Session
    name = "console session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:  # noqa: ARG002
        """Return the cookie that carries the session."""
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
