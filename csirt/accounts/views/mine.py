"""One's own account."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext, override
from django.views.decorators.http import require_http_methods, require_POST

from csirt.accounts import devices, factors, identity, languages, services
from csirt.accounts import tokens as tokens_
from csirt.accounts.access import only, proved_recently
from csirt.accounts.forms import PreferencesForm, TokenForm
from csirt.accounts.models import User
from csirt.accounts.principals import principal_of
from csirt.accounts.roles import SEES_CASES, Role
from csirt.accounts.second_factor import needed
from csirt.accounts.sessions import name_of
from csirt.accounts.views.entry import logout
from csirt.kernel.clock import real as now
from csirt.kernel.errors import Conflict


@require_http_methods(["GET", "HEAD", "POST"])
@only()
def me(request: HttpRequest) -> HttpResponse:
    """Show who one is to the desk, and keep preferences."""
    user: User = request.user  # type: ignore[assignment]
    likes = ("keys_enabled", "density", "language")
    liked = {name: getattr(user, name) for name in likes}
    liked["language"] = user.language or get_language()
    form = PreferencesForm(request.POST if request.method == "POST" else None, initial=liked)
    if form.is_valid():
        given = form.cleaned_data
        kept = services.set_preferences(
            user=user, keys_enabled=given["keys_enabled"], density=given["density"] or None,
            language=given["language"] or None, now=now(),
        )  # fmt: skip
        answer = HttpResponseRedirect(reverse("account_me"))
        if given["language"]:
            languages.speak(answer, kept)
        with override(given["language"] or get_language()):
            messages.success(request, gettext("C'est enregistré."))
        return answer
    context = {
        "form": form,
        "principal": principal_of(request),
        "is_admin": user.role == Role.ADMIN,
        "factors": factors.of(user),
        "breaks_glass": identity.local_allowed(user.email),
        "has_password": identity.has_password(user),
        "provider": settings.OIDC_NAME if identity.is_on() else "",
        "has_tokens": tokens_.may_have(user),
        "needed": needed(user),
        "sessions": user.sessions.filter(expire_date__gt=now()).order_by("-used_at"),
        "this_session": name_of(request.session.session_key),
        "devices": user.devices.filter(used_at__gt=now() - devices.KEPT).order_by("-used_at"),
        "this_device": devices.digest_of(devices.read(request)),
    }
    return render(request, "accounts/me.html", context)


@require_POST
@only()
@proved_recently
def end_sessions(request: HttpRequest) -> HttpResponse:
    """End all other sessions of one's own."""
    user: User = request.user  # type: ignore[assignment]
    services.end_sessions(user=user, keep=request.session.session_key or "", now=now())
    messages.success(request, gettext("Vos autres sessions sont fermées."))
    return HttpResponseRedirect(reverse("account_me"))


@require_POST
@only()
@proved_recently
def end_session(request: HttpRequest, session: str) -> HttpResponse:
    """End one of one's own sessions; this very one as logging out does."""
    if session == name_of(request.session.session_key):
        return logout(request)
    services.end_session(user=request.user, session=session, now=now())  # type: ignore[arg-type]
    messages.success(request, gettext("La session est fermée."))
    return HttpResponseRedirect(reverse("account_me"))


@require_POST
@only()
@proved_recently
def forget_device(request: HttpRequest, device: str) -> HttpResponse:
    """Forget one of one's own devices."""
    devices.forget(user=request.user, device=device, now=now())  # type: ignore[arg-type]
    messages.success(request, gettext("L'appareil est oublié."))
    return HttpResponseRedirect(reverse("account_me"))


@require_http_methods(["GET", "HEAD", "POST"])
@only(*SEES_CASES)
@proved_recently
def tokens(request: HttpRequest) -> HttpResponse:
    """List one's own tokens; a POST makes one and shows it, on this answer and nowhere else."""
    user: User = request.user  # type: ignore[assignment]
    form = TokenForm(request.POST or None)
    text, status = "", 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                _token, text = tokens_.issue(user=user, now=now(), **form.cleaned_data)
            except Conflict as error:
                form.add_error(None, gettext(error.sentence))
            else:
                form, status = TokenForm(), 200
    at = now()
    context = {
        "form": form,
        "token": text,
        "tokens": user.tokens.filter(tokens_.alive(at)).order_by("-created_at"),
        "ended": user.tokens.exclude(tokens_.alive(at)).order_by("-created_at")[:20],
        "labels": tokens_.SCOPES,
        "principal": principal_of(request),
    }
    return render(request, "accounts/tokens.html", context, status=status)


@require_POST
@only(*SEES_CASES)
def revoke_token(request: HttpRequest, personal: UUID) -> HttpResponse:
    """End one of one's own tokens."""
    tokens_.revoke(user=request.user, token=personal, now=now())  # type: ignore[arg-type]
    messages.success(request, gettext("Le jeton est révoqué : il n'ouvre plus rien."))
    return HttpResponseRedirect(reverse("account_tokens"))
