"""An identity provider of the Region, by OpenID Connect, and the accounts that do without it.

With ``CSIRT_OIDC_ISSUER`` everybody enters through the provider; the desk's second factor is asked
after it. A password, or a passkey alone, lets in only who is named in ``CSIRT_BREAK_GLASS``: for the
day when the provider is away; each such entry is an event, and the leads are told. The provider says
who somebody is, never what they may: roles, and whether there is an account, are the desk's.
"""

import hashlib
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.base import AuthError, AuthProcess
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from csirt.accounts import services
from csirt.accounts.models import User
from csirt.kernel.clock import real as now
from csirt.kernel.errors import NotAllowed, NotFound
from csirt.kernel.text import clean_line


def is_on() -> bool:
    """Tell whether people enter through an identity provider."""
    return bool(settings.OIDC_ISSUER)


def breaks_glass(email: str) -> bool:
    """Tell whether this account may enter without the provider."""
    return email.strip().lower() in settings.BREAK_GLASS


def local_allowed(email: str) -> bool:
    """Tell whether a password, or a passkey alone, lets this account in."""
    return not is_on() or breaks_glass(email)


def has_password(user: User) -> bool:
    """Tell whether somebody has a password that lets them in, and may so change it."""
    return local_allowed(user.email) and user.has_usable_password()


def login_address() -> str:
    """Return where the way to the provider begins."""
    return reverse("openid_connect_login", args=[settings.OIDC_ID])


def turned_away(request: HttpRequest, sentence: str) -> ImmediateHttpResponse:
    """Return what sends somebody back to the page of logging in, which says *sentence*."""
    messages.warning(request, sentence)
    return ImmediateHttpResponse(HttpResponseRedirect(reverse("account_login")))


def failed(request: HttpRequest) -> ImmediateHttpResponse:
    """Return the answer when the provider said nothing that can be used."""
    words = {"name": settings.OIDC_NAME}
    sentence = gettext("%(name)s n'a pas répondu comme prévu. Réessayez, ou appelez-nous.") % words
    return turned_away(request, sentence)


class ProviderAdapter(DefaultSocialAccountAdapter):
    """Nobody signs up; what the provider tells of somebody is not kept, beyond its name for them."""

    def is_open_for_signup(self, *_: Any) -> bool:
        return False

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: Any) -> Any:
        """Bind the name to its issuer, before the library looks it up."""
        sociallogin.account.uid = _bound(sociallogin.account.uid)
        return super().populate_user(request, sociallogin, data)

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Find whose account this is, or make the one they were invited to; else turn away."""
        if sociallogin.state.get("process") != AuthProcess.LOGIN:
            raise failed(request)
        account = sociallogin.account
        claims = account.extra_data.get("userinfo") or account.extra_data.get("id_token") or {}
        account.extra_data = {}
        if account.pk:
            SocialAccount.objects.filter(pk=account.pk).update(extra_data={})
            return
        user = _owner(_address(sociallogin), str(claims.get("name") or ""))
        if user is None:
            raise turned_away(
                request,
                gettext("Ce bureau n'a pas de compte à cette adresse. Demandez une invitation."),
            )
        try:
            services.link_provider(user=user, provider=account.provider, uid=account.uid, now=now())
        except NotAllowed as error:
            raise failed(request) from error
        sociallogin.lookup()
        SocialAccount.objects.filter(pk=sociallogin.account.pk).update(extra_data={})

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,  # noqa: ARG002 - allauth's form
        error: Any = None,
        exception: Exception | None = None,  # noqa: ARG002
        extra_context: Any = None,  # noqa: ARG002
    ) -> None:
        if error == AuthError.CANCELLED:
            raise turned_away(request, gettext("Vous n'êtes pas entré."))
        raise failed(request)


def _bound(sub: str) -> str:
    """Return what is kept of a name: the same one of another issuer is somebody else (OIDC, 2)."""
    return hashlib.sha256(f"{settings.OIDC_ISSUER.rstrip('/')} {sub}".encode()).hexdigest()


def _address(sociallogin: SocialLogin) -> str:
    """Return the address that the provider vouches for, in lower case; empty without one."""
    for address in sociallogin.email_addresses:
        if address.verified is True or settings.OIDC_TRUSTS_EMAIL:
            return str(address.email).strip().lower()
    return ""


def _owner(email: str, name: str) -> User | None:
    """Return whose address it is: an open account that no other name of the provider's has.

    An address that the provider has given to somebody else since opens nothing of the first one's.
    """
    if not email:
        return None
    user = User.objects.filter(email=email).first()
    if user is None:
        try:
            return services.join(email=email, name=clean_line(name)[:120], now=now())
        except NotFound:
            return None
    return user if user.is_active and not _tied(user) else None


def _tied(user: User) -> bool:
    return bool(SocialAccount.objects.filter(user=user).exists())
