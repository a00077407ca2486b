"""Nobody whose role needs a second factor goes anywhere without it; and what is used lives on."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext

from csirt.accounts.access import send_to
from csirt.accounts.factors import way_to_prove
from csirt.accounts.models import User
from csirt.accounts.second_factor import satisfied
from csirt.accounts.sessions import note_use, renew, user_of

# Where a session without its second factor may go: to give one, to leave, to change language.
OPEN = frozenset(
    {
        "account_login",
        "account_logout",
        "account_reauthenticate",
        "account_second_factor",
        "account_add_passkey",
        "account_invitation",
        "account_accept",
        "mfa_authenticate",
        "openid_connect_callback",
        "openid_connect_login",
        "mfa_login_webauthn",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
        "set_language",
        "accessibility",
        "legal",
        "privacy",
        "healthz",
        "readyz",
    }
)


class Sessions(SessionMiddleware):
    """Django's; but a name that no session has stays in the browser.

    It opens nothing. The answer to a late request, asked under the former name of a session that was
    renewed meanwhile, would take the new name from the browser.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        session = getattr(request, "session", None)
        if session is not None and session.is_empty() and not session.modified:
            if session.accessed:
                patch_vary_headers(response, ("Cookie",))
            return response
        return super().process_response(request, response)


class Authentication(AuthenticationMiddleware):
    """Django's; but another signing key gives a session no other name (``sessions.user_of``)."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: _user(request))  # type: ignore[assignment]


def _user(request: HttpRequest) -> User | AnonymousUser:
    user = user_of(request.session)
    if user is None and SESSION_KEY in request.session:
        request.session.flush()
    return user or AnonymousUser()


class SecondFactor:
    """Sends such a session to enrol, or to give a code; every other page is closed to it.

    Afterwards it notes that the session was used, and renews its name after a proof.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        note_use(request)
        if response.status_code < 500:
            renew(request)
        return response

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        """Answer instead of the view when the second factor is missing."""
        if _is_open(request):  # asked first: whose session it is takes the database
            return None
        user = request.user
        if not isinstance(user, User):
            return None
        if satisfied(request.session, user, host=request.get_host()):
            return None
        page = way_to_prove(user)
        sentence = gettext("Donnez votre second facteur pour continuer.")
        return send_to(request, reverse(page), 403, "second-factor", sentence)


def _is_open(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and match.view_name in OPEN
