"""The second factor of one's own: enrol a telephone, make new recovery codes."""

from urllib.parse import urlencode

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from csirt.accounts import factors, passkeys, seeds, totp
from csirt.accounts.access import only
from csirt.accounts.adapter import landing
from csirt.accounts.forms import EnrolForm
from csirt.accounts.models import User
from csirt.accounts.principals import principal_of
from csirt.accounts.second_factor import METHOD, proved
from csirt.accounts.sessions import proved_again
from csirt.kernel.clock import real as now

PENDING = "accounts.seed"  # in the session, encrypted: the seed that the page shows


def to_prove(user: User) -> HttpResponse:
    """Send who has a second factor, and has not proved it in this session, to do so."""
    back = urlencode({"next": reverse("account_second_factor")})
    return HttpResponseRedirect(f"{reverse(factors.way_to_prove(user))}?{back}")


def after(request: HttpRequest, user: User) -> str:
    """Return where to go on: what was asked for on this origin, or where the role works."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    same = url_has_allowed_host_and_scheme(
        wanted, {request.get_host()}, require_https=request.is_secure()
    )
    return wanted if same else landing(user)


@require_http_methods(["GET", "HEAD", "POST"])
@only()
@reauthentication_required(app="allauth.mfa")
def second_factor(request: HttpRequest) -> HttpResponse:
    """Show a seed and take the first code of it. With a factor already, only its holder may."""
    user: User = request.user  # type: ignore[assignment]
    if factors.enrolled(user) and not proved(request.session, user):
        return to_prove(user)
    pending = request.session.get(PENDING)
    if request.method == "POST" and pending:
        seed = seeds.decrypt(pending)
        form = EnrolForm(request.POST, user=user, seed=seed)
        if form.is_valid():
            codes = factors.enrol(user=user, seed=seed, counter=form.counter, now=now())
            del request.session[PENDING]
            record_authentication(request, user, METHOD, type="totp")
            proved_again(request, METHOD, reauthenticated=True, type="totp")
            return shown(request, codes, after(request, user))
    else:
        seed = generate_totp_secret()
        request.session[PENDING] = seeds.encrypt(seed)
        form = EnrolForm(user=user, seed=seed)
    address = get_adapter().build_totp_url(user, seed)
    context = {
        "form": form,
        "picture": totp.picture(address),
        "address": address,
        "seed": [seed[i : i + 4] for i in range(0, len(seed), 4)],
        "next": after(request, user),
        "replaces": factors.has_telephone(user),
        "others": factors.enrolled(user),
        "key_form": passkeys.AddForm(user=user),
        "passkey_options": passkeys.creation_options(user),
    }
    return render(request, "accounts/second_factor.html", context)


@require_POST
@only()
@reauthentication_required(app="allauth.mfa")
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Make new recovery codes and show them, once."""
    user: User = request.user  # type: ignore[assignment]
    if not factors.enrolled(user):
        return HttpResponseRedirect(landing(user))
    return shown(request, factors.new_recovery_codes(user=user, now=now()), after(request, user))


def shown(request: HttpRequest, codes: list[str], onward: str) -> HttpResponse:
    """Show recovery codes, once, and lead *onward*."""
    context = {
        "codes": codes,
        "next": onward,
        "principal": principal_of(request),
    }
    return render(request, "accounts/recovery_codes.html", context)
