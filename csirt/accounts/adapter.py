"""How allauth is bent to this desk."""

from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.authentication import get_authentication_records
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from csirt.accounts import devices, factors, identity, languages, limits, seeds, services, sessions
from csirt.accounts.models import User
from csirt.accounts.roles import SEES_CASES, Role
from csirt.kernel.clock import real as now

WAYS = {
    "mfa_reauthenticate:webauthn": _("Avec une clé d'accès"),
    "reauthenticate": _("Avec votre mot de passe"),
    "mfa_reauthenticate": _("Avec un code de votre téléphone, ou de secours"),
}
TOO_MANY = _("Trop d'essais. Attendez une minute, puis recommencez.")


def landing(user: User) -> str:
    """Return where somebody arrives after logging in."""
    if user.role in SEES_CASES:
        return settings.LOGIN_REDIRECT_URL
    return reverse("account_team" if user.role == Role.ADMIN else "account_me")


class AccountAdapter(DefaultAccountAdapter):
    """Accounts come from invitations; who comes and goes is journalled; guessing is slowed."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("L'adresse ou le mot de passe n'est pas le bon."),
        "enter_current_password": _("Ce n'est pas votre mot de passe actuel."),
        "incorrect_password": _("Ce n'est pas votre mot de passe."),
        "too_many_login_attempts": TOO_MANY,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - allauth's form
        return False

    def is_ajax(self, request: HttpRequest) -> bool:  # noqa: ARG002 - pages only
        return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing: the page that follows says it."""

    def get_client_ip(self, request: HttpRequest) -> str:
        return str(request.META.get("desk.address") or request.META.get("REMOTE_ADDR", ""))

    def is_safe_url(self, url: str) -> bool:
        """Only addresses of this very origin."""
        request = context.request
        return url_has_allowed_host_and_scheme(
            url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        )

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return landing(request.user)  # type: ignore[arg-type]

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Return who it is. A closed account is a wrong password; each try is counted first."""
        email = credentials.get("email", "")
        source = limits.source_of(request, email)
        tried = limits.spend(email=email, source=source, secret=limits.Secret.PASSWORD, now=now())
        if tried is None:
            raise self.validation_error("too_many_login_attempts")
        user = authenticate(request, **credentials)
        AuthenticationBackend.unstash_authenticated_user()
        if user is not None and not identity.local_allowed(email):
            user = None  # as a wrong password
        if user is not None:
            tried.give_back()
        return user

    def reauthenticate(self, user: User, password: str) -> bool:
        found = self.authenticate(context.request, email=user.email, password=password)
        return found is not None and found.pk == user.pk

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:  # noqa: ARG002
        """Somebody who has just logged in need not say it again."""
        request = context.request
        if not self.get_reauthentication_methods(request.user):
            return False  # through the identity provider alone, and no second factor
        records = get_authentication_records(request, request.user)
        latest = max((record["at"] for record in records), default=0.0)
        return now().timestamp() - latest > app_settings.REAUTHENTICATION_TIMEOUT

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)
        sessions.begin(request, self.get_client_ip(request))
        device = devices.read(request) or devices.new_name()
        request.desk_device = device  # type: ignore[attr-defined]
        methods = [record["method"] for record in get_authentication_records(request, user)]
        factors.logged_in(
            user=user,
            session=request.session.session_key,
            methods=methods,
            device=device,
            agent=request.session[sessions.AGENT],
            now=now(),
        )
        if identity.is_on() and "socialaccount" not in methods:
            key = request.session.session_key
            factors.broke_glass(user=user, session=key, methods=methods, now=now())

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        response = super().post_login(request, user, **kwargs)
        devices.give(response, request.desk_device)  # type: ignore[attr-defined]
        if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:  # nobody chose one here
            languages.speak(response, user)
        return response

    def logout(self, request: HttpRequest) -> None:
        user, session = request.user, request.session.session_key
        if isinstance(user, User):
            factors.logged_out(user=user, session=session, now=now())
        super().logout(request)

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """Return the ways to say again who one is, passkeys first."""
        ways = super().get_reauthentication_methods(user)
        if user.is_authenticated and not identity.local_allowed(user.email):
            ways = [way for way in ways if way["id"] != "reauthenticate"]
        said = [way | {"description": WAYS[way["id"]]} for way in ways]
        return sorted(said, key=lambda way: list(WAYS).index(way["id"]))

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:  # noqa: ARG002
        return HttpResponseRedirect(reverse("account_login"))

    def set_password(self, user: User, password: str) -> None:
        """Change it through the service, which journals it and ends the other sessions."""
        keep = context.request.session.session_key or ""
        device = devices.digest_of(devices.read(context.request))
        changed = services.change_password(
            user=user, password=password, keep=keep, device=device, now=now()
        )
        user.password, user.version = changed.password, changed.version

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:  # noqa: ARG002
        return reverse("account_me")


class SecondFactorAdapter(DefaultMFAAdapter):
    """Seeds are encrypted at rest."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("Ce code n'est pas le bon, ou il a déjà servi."),
        "through_provider": _("Passez d'abord par votre fournisseur d'identité."),
        "incorrect_key": _("Cette clé d'accès n'a pas été reconnue. Réessayez."),
    }

    def generate_authenticator_name(self, user: User, type: str) -> str:
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return gettext("Clé d'accès %(number)d") % {"number": number}

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return super().get_public_key_credential_rp_entity() | {"name": settings.DESK_NAME}

    def encrypt(self, text: str) -> str:
        return seeds.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return seeds.decrypt(encrypted_text)
