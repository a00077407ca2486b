"""Passkeys: come in with one, say again who one is, add one, and take a second factor away."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from allauth.mfa.webauthn.views import LoginWebAuthnView, ReauthenticateWebAuthnView
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from csirt.accounts import factors, passkeys
from csirt.accounts.access import only
from csirt.accounts.models import User
from csirt.accounts.second_factor import METHOD, proved
from csirt.accounts.sessions import proved_again
from csirt.accounts.views.enrolment import after, shown, to_prove
from csirt.kernel.clock import real as now


class LoginView(LoginWebAuthnView):
    """A GET gives the challenge, when the button is pressed; a POST brings the key's answer."""

    def get(self, *_: Any, **__: Any) -> HttpResponse:
        return HttpResponse(passkeys.request_options(), content_type="application/json")

    def form_invalid(self, form: Any) -> HttpResponse:
        _say_errors(self.request, form)
        return HttpResponseRedirect(reverse("account_login"))


class ReauthenticateView(ReauthenticateWebAuthnView):
    """The key once more, before something that matters."""

    template_name = "accounts/reauthenticate.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        user: User = self.request.user
        del context["form"]
        return context | {"passkey_options": passkeys.request_options(user)}

    def form_invalid(self, form: Any) -> HttpResponse:
        _say_errors(self.request, form)
        return HttpResponseRedirect(self.passthrough_next_url(self.request.path))


def _say_errors(request: HttpRequest, form: Any) -> None:
    for sentence in form.errors.get("credential", []):
        messages.warning(request, sentence)


_page = require_http_methods(["GET", "HEAD", "POST"])
login = _page(LoginView.as_view())
reauthenticate = _page(only()(ReauthenticateView.as_view()))


@require_POST
@only()
def add(request: HttpRequest) -> HttpResponse:
    """Keep a new passkey. With a second factor already, only its holder may.

    A proof that has become too old is asked again by the page, which begins anew: saying who one is
    with a passkey takes the place of the challenge that the new one has signed.
    """
    user: User = request.user  # type: ignore[assignment]
    if is_reauthentication_required(request, app="allauth.mfa"):
        return HttpResponseRedirect(reverse("account_second_factor"))
    if factors.enrolled(user) and not proved(request.session, user):
        return to_prove(user)
    form = passkeys.AddForm(request.POST, user=user)
    if not form.is_valid():
        _say_errors(request, form)
        return HttpResponseRedirect(reverse("account_second_factor"))
    codes = factors.add_passkey(user=user, now=now(), **form.cleaned_data)
    record_authentication(request, user, METHOD, type="webauthn")
    proved_again(request, METHOD, reauthenticated=True, type="webauthn")
    if codes:
        return shown(request, codes, after(request, user))
    messages.success(request, gettext("La clé d'accès est ajoutée."))
    return HttpResponseRedirect(reverse("account_me"))


@require_POST
@only()
@reauthentication_required(app="allauth.mfa")
def remove(request: HttpRequest, factor: int) -> HttpResponse:
    """Take one of one's own second factors away."""
    factors.remove(user=request.user, factor=factor, now=now())  # type: ignore[arg-type]
    messages.success(request, gettext("C'est retiré. Il n'ouvre plus votre compte."))
    return HttpResponseRedirect(reverse("account_me"))
