"""The team, for admins: invite, change a role, close an account, reset a second factor."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib import messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from csirt.accounts import factors, identity, invitations, limits, services
from csirt.accounts.access import only, proved_recently
from csirt.accounts.forms import InviteForm
from csirt.accounts.models import Invitation, User
from csirt.accounts.principals import principal_of
from csirt.accounts.roles import Role
from csirt.kernel.clock import real as now
from csirt.kernel.errors import Invalid, NotFound

ADMIN = Role.ADMIN


def _people() -> QuerySet[User]:
    proofs = Authenticator.objects.filter(user=OuterRef("pk"), type__in=factors.PROOFS)
    linked = SocialAccount.objects.filter(user=OuterRef("pk"))
    people = User.objects.annotate(enrolled=Exists(proofs), linked=Exists(linked))
    return people.order_by("-is_active", "name", "pk")


@require_http_methods(["GET", "HEAD", "POST"])
@only(ADMIN)
@proved_recently
def team(request: HttpRequest) -> HttpResponse:
    """List everybody; a POST invites somebody and shows the link, once."""
    form = InviteForm(request.POST or None)
    issued = None
    if request.method == "POST" and form.is_valid():
        try:
            issued = services.invite(**form.cleaned_data, by=request.user, now=now())  # type: ignore[arg-type]
        except Invalid as error:
            for field, sentence in error.fields.items():
                form.add_error(field, gettext(sentence))
    if issued is not None:
        return _link(request, issued)
    context = {
        "form": form,
        "people": _people(),
        "invitations": Invitation.objects.filter(
            used_at=None, revoked_at=None, expires_at__gt=now()
        ).order_by("-created_at"),
        "principal": principal_of(request),
    }
    return render(request, "accounts/team.html", context)


def _link(request: HttpRequest, issued: services.Issued) -> HttpResponse:
    context = {
        "invitation": issued.invitation,
        "link": invitations.link(issued, request.build_absolute_uri("/")),
        "sent": invitations.send(issued, request.build_absolute_uri("/")),
        "principal": principal_of(request),
    }
    return render(request, "accounts/link.html", context)


def _found(user: UUID) -> User:
    row = _people().filter(uuid=user).first()
    if row is None:
        raise NotFound
    return row


@require_safe
@only(ADMIN)
def person(request: HttpRequest, user: UUID) -> HttpResponse:
    """Show somebody's account and what may be done with it."""
    row = _found(user)
    context = {
        "person": row,
        "roles": [{"value": value, "label": label} for value, label in Role.choices],
        "failures": limits.failures_of(row.email, since=now() - timedelta(days=1)),
        "has_password": identity.local_allowed(row.email),
        "breaks_glass": identity.is_on() and identity.breaks_glass(row.email),
        "asked": factors.asked_reset(row, now=now()),
        "self": row.pk == request.user.pk,
        "principal": principal_of(request),
    }
    return render(request, "accounts/person.html", context)


def _version(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Invalid
    return int(text)


def _act(act: Callable[..., User], said: object) -> Callable[..., HttpResponse]:
    @require_POST
    @only(ADMIN)
    @proved_recently
    def view(request: HttpRequest, user: UUID) -> HttpResponse:
        fields = {"role": request.POST.get("role", "")} if act is services.change_role else {}
        _found(user)
        act(user=user, version=_version(request), by=request.user, now=now(), **fields)
        messages.success(request, str(said))
        return HttpResponseRedirect(reverse("account_person", args=[user]))

    return view


change_role = _act(services.change_role, _("Le rôle est changé ; ses sessions sont fermées."))
disable = _act(services.disable, _("Le compte est désactivé ; ses sessions sont fermées."))
enable = _act(services.enable, _("Le compte est réactivé."))
ask_reset = _act(factors.ask_reset, _("C'est demandé. Un autre administrateur doit confirmer."))
drop_reset = _act(factors.drop_reset, _("La demande est retirée. Le second facteur reste."))
reset = _act(
    factors.reset,
    _("Le second facteur est effacé. La personne en choisira un à sa prochaine connexion."),
)


@require_POST
@only(ADMIN)
@proved_recently
def new_password(request: HttpRequest, user: UUID) -> HttpResponse:
    """Make a link for somebody who forgot their password."""
    _found(user)
    return _link(request, services.offer_new_password(user=user, by=request.user, now=now()))  # type: ignore[arg-type]


@require_POST
@only(ADMIN)
def revoke(request: HttpRequest, invitation: UUID) -> HttpResponse:
    """End a link that was not used."""
    services.revoke_invitation(invitation=invitation, by=request.user, now=now())  # type: ignore[arg-type]
    messages.success(request, gettext("L'invitation est annulée."))
    return HttpResponseRedirect(reverse("account_team"))
