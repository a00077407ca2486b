"""The team's entry in the console's navigation; ``csirt.web`` puts it there."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext

from csirt.accounts.principals import Person, Principal
from csirt.accounts.roles import Role


def navigation(request: HttpRequest, _case: object, principal: Principal | str) -> str:
    """Give the way to the team to those who manage it."""
    if not isinstance(principal, Person) or principal.role != Role.ADMIN:
        return ""
    address = reverse("account_team")
    current = ' aria-current="page"' if request.path.startswith(address) else ""
    return format_html('<li><a href="{}"' + current + ">{}</a></li>", address, gettext("L'équipe"))
