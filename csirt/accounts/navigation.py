"""An entry of the console's navigation, and the team's own; ``csirt.web`` puts that one there."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from csirt.accounts.principals import Person, Principal
from csirt.accounts.roles import Role


def entry(request: HttpRequest, address: str, label: str, *, exact: bool = False) -> SafeString:
    """Return one entry: the current one on its own page and, unless *exact*, on those below it."""
    path = request.path
    here = path == address if exact else path.startswith(address)
    current = SafeString(' aria-current="page"') if here else ""
    return format_html('<li><a href="{}"{}>{}</a></li>', address, current, label)


def navigation(request: HttpRequest, _case: object, principal: Principal | str) -> str:
    """Give the way to the team to those who manage it."""
    if not isinstance(principal, Person) or principal.role != Role.ADMIN:
        return ""
    return entry(request, reverse("account_team"), gettext("L'équipe"))
