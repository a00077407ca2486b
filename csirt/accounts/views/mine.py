"""One's own account."""

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from csirt.accounts import factors, identity, services
from csirt.accounts.access import only
from csirt.accounts.forms import PreferencesForm
from csirt.accounts.models import User
from csirt.accounts.principals import principal_of
from csirt.accounts.roles import Role
from csirt.accounts.second_factor import needed
from csirt.accounts.sessions import name_of
from csirt.kernel.clock import now


@require_http_methods(["GET", "HEAD", "POST"])
@only()
def me(request: HttpRequest) -> HttpResponse:
    """Show who one is to the desk, and keep preferences."""
    user: User = request.user  # type: ignore[assignment]
    liked = {"keys_enabled": user.keys_enabled, "density": user.density}
    form = PreferencesForm(request.POST if request.method == "POST" else None, initial=liked)
    if form.is_valid():
        keys, density = form.cleaned_data["keys_enabled"], form.cleaned_data["density"]
        services.set_preferences(user=user, keys_enabled=keys, density=density or None, now=now())
        messages.success(request, gettext("C'est enregistré."))
        return HttpResponseRedirect(reverse("account_me"))
    context = {
        "form": form,
        "principal": principal_of(request),
        "is_admin": user.role == Role.ADMIN,
        "factors": factors.of(user),
        "has_password": identity.local_allowed(user.email),
        "provider": settings.OIDC_NAME if identity.is_on() else "",
        "needed": needed(user),
        "sessions": user.sessions.filter(expire_date__gt=now()).order_by("-used_at"),
        "this_session": name_of(request.session.session_key),
    }
    return render(request, "accounts/me.html", context)


@require_POST
@only()
def end_sessions(request: HttpRequest) -> HttpResponse:
    """End all other sessions of one's own."""
    user: User = request.user  # type: ignore[assignment]
    services.end_sessions(user=user, keep=request.session.session_key or "", now=now())
    messages.success(request, gettext("Vos autres sessions sont fermées."))
    return HttpResponseRedirect(reverse("account_me"))


@require_POST
@only()
def end_session(request: HttpRequest, session: str) -> HttpResponse:
    """End one of one's own sessions; this very one as logging out does."""
    if session == name_of(request.session.session_key):
        get_adapter().logout(request)
        return redirect(settings.LOGOUT_REDIRECT_URL)
    services.end_session(user=request.user, session=session, now=now())  # type: ignore[arg-type]
    messages.success(request, gettext("La session est fermée."))
    return HttpResponseRedirect(reverse("account_me"))
