"""The directory's entries in the console's navigation; ``csirt.web`` puts them there."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext

from csirt.accounts.navigation import entry
from csirt.accounts.principals import Person, Principal
from csirt.accounts.roles import Role


def settings(request: HttpRequest, _case: object, principal: Principal | str) -> str:
    """Give the way to the settings to admins."""
    if not isinstance(principal, Person) or principal.role != Role.ADMIN:
        return ""
    return entry(request, reverse("desk-settings"), gettext("Réglages"))


def navigation(request: HttpRequest, _case: object, principal: Principal | str) -> str:
    """Give the way to the directory to those who see cases."""
    if not isinstance(principal, Person) or not principal.sees_cases:
        return ""
    return entry(request, reverse("directory"), gettext("Annuaire"))
