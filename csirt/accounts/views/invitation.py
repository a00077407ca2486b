"""A link that was sent to somebody: it makes an account, or gives a new password."""

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from csirt.accounts import identity, services
from csirt.accounts.forms import AcceptForm
from csirt.accounts.models import Invitation
from csirt.kernel.clock import real as now
from csirt.kernel.errors import Invalid, NotFound

OPENED = "accounts.invitation"  # in the session: the digest of the link's secret


@require_safe
def opened(request: HttpRequest, secret: str) -> HttpResponse:
    """Take the secret out of the address bar. Opening uses nothing up: mail scanners open links."""
    request.session[OPENED] = services.digest_of(secret)
    return HttpResponseRedirect(reverse("account_accept"))


@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest) -> HttpResponse:
    """Choose a name and a password; then the second factor is asked, as the role needs."""
    digest = request.session.get(OPENED, "")
    try:
        invitation = services.invitation_of(digest, now=now())
    except NotFound:
        return render(request, "accounts/invitation_over.html", status=404)
    if not identity.local_allowed(invitation.email):
        context = {
            "invitation": invitation,
            "provider": {"name": settings.OIDC_NAME, "href": identity.login_address()},
        }
        return render(request, "accounts/accept_provider.html", context)
    form = _form(request, invitation)
    if request.method == "POST" and form.is_valid():
        try:
            user = services.accept(
                digest=digest,
                name=form.cleaned_data.get("name", ""),
                password=form.cleaned_data["password1"],
                now=now(),
            )
        except Invalid as error:
            for field, sentence in error.fields.items():
                form.add_error(field if field in form.fields else None, gettext(sentence))
        except NotFound:
            return render(request, "accounts/invitation_over.html", status=404)
        else:
            request.session.flush()
            return perform_password_login(
                request, {"email": user.email}, Login(user=user, email=user.email)
            )
    return render(request, "accounts/accept.html", {"form": form, "invitation": invitation})


def _form(request: HttpRequest, invitation: Invitation) -> AcceptForm:
    form = AcceptForm(request.POST or None, initial={"name": invitation.name})
    if invitation.user_id is not None:
        del form.fields["name"]
    return form
