"""The cookie that ties a device to its draft: a random secret, nothing else."""

import re
import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from incidents.services.drafts import LIFETIME

COOKIE = "brouillon" if settings.LOCAL else "__Host-brouillon"
FIELD = "appareil"  # where a page that waits carries the secret, for a browser without cookies
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


def secret_of(request: HttpRequest) -> str:
    """Return the device's secret, empty when it has none of our making."""
    value = request.COOKIES.get(COOKIE, "")
    return value if _SECRET.fullmatch(value) else ""


def given_back(request: HttpRequest) -> str:
    """Return the secret that a page carried, empty when it carried none."""
    value = request.POST.get(FIELD, "")
    return value if _SECRET.fullmatch(value) else ""


def new_secret() -> str:
    """Return 256 random bits."""
    return secrets.token_urlsafe(32)


def remember(response: HttpResponse, secret: str) -> None:
    """Let the device keep its secret for as long as the draft lives."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=LIFETIME,
        secure=not settings.LOCAL,
        httponly=True,
        samesite="Lax",
    )


def forget(response: HttpResponse) -> None:
    """Let the device drop its secret."""
    response.delete_cookie(COOKIE, samesite="Lax")
