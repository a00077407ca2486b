"""Coming in and going out: allauth's views with our limits and our pages."""

from typing import Any
from urllib.parse import urlencode

from allauth.account.internal.stagekit import stash_login
from allauth.account.views import LoginView, LogoutView, PasswordChangeView, ReauthenticateView
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.base.views import ReauthenticateView as MfaReauthenticateView
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from csirt.accounts.access import only
from csirt.accounts.factors import has_passkey
from csirt.accounts.identity import has_password, is_on, login_address
from csirt.accounts.passkeys import request_options
from csirt.kernel.errors import NotFound

TRIES = 5  # wrong codes, then the password is asked again


class CodeView(AuthenticateView):
    """The code, after the right password."""

    template_name = "accounts/code.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        user = self.stage.login.user
        if has_passkey(user):
            context["passkey_options"] = request_options(user)
        return context

    def form_invalid(self, form: Any) -> HttpResponse:
        wrong = self.stage.state.get("wrong", 0) + 1
        self.stage.state["wrong"] = wrong
        stash_login(self.request, self.stage.login)
        if wrong >= TRIES or form.has_error("code", "too_many"):
            messages.warning(self.request, gettext("Trop de codes faux. Recommencez du début."))
            return self.stage.abort()
        return super().form_invalid(form)


_page = require_http_methods(["GET", "HEAD", "POST"])


class EntryView(LoginView):
    """Passkey and password; with an identity provider, the way to it, and these for emergencies."""

    template_name = "accounts/login.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        if is_on():
            back = context.get("redirect_field_value")
            way = login_address() + (f"?{urlencode({'next': back})}" if back else "")
            context["provider"] = {"name": settings.OIDC_NAME, "href": way}
        return context


def _change_password(request: HttpRequest) -> HttpResponse:
    user = request.user
    if not has_password(user):  # type: ignore[arg-type]
        raise NotFound
    return PasswordChangeView.as_view(template_name="accounts/password.html")(request)


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """End the session; the browser forgets what it kept."""
    response = LogoutView.as_view()(request)
    response["Clear-Site-Data"] = '"storage"'  # ASVS 5.0, 14.3.1; pages are kept by no cache
    return response


login = _page(EntryView.as_view())
code = _page(CodeView.as_view())
reauthenticate = _page(
    only()(ReauthenticateView.as_view(template_name="accounts/reauthenticate.html"))
)
reauthenticate_code = _page(
    only()(MfaReauthenticateView.as_view(template_name="accounts/code.html"))
)
change_password = _page(only()(_change_password))
