"""The directory's entry in the console's navigation; ``csirt.web`` puts it there."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext

from csirt.accounts.principals import Person, Principal


def navigation(request: HttpRequest, _case: object, principal: Principal | str) -> str:
    """Give the way to the directory to those who see cases."""
    if not isinstance(principal, Person) or not principal.sees_cases:
        return ""
    address = reverse("directory")
    current = ' aria-current="page"' if request.path.startswith(address) else ""
    return format_html('<li><a href="{}"' + current + ">{}</a></li>", address, gettext("Annuaire"))
