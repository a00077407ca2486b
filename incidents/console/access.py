"""Who comes in here. Pages of cases answer everybody else with the one 404."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext

from csirt.accounts.access import send_to
from csirt.accounts.principals import Anonymous, Person, principal_of
from csirt.kernel.errors import NotFound

P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, Person, P], HttpResponse]


def for_people(page: Page[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Give *page* the person who asks; who is not logged in goes to the login page first."""

    @wraps(page)
    def entered(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        person = principal_of(request)
        if isinstance(person, Anonymous):
            login = reverse("account_login")
            return send_to(request, login, 401, "log-in", gettext("Connectez-vous."))
        return page(request, person, *args, **kwargs)

    return entered


def for_readers(page: Page[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Let in who sees cases: the desk, and operators for theirs."""

    @wraps(page)
    def checked(
        request: HttpRequest, person: Person, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        if not person.sees_cases:
            raise NotFound
        return page(request, person, *args, **kwargs)

    return for_people(checked)


def for_desk(page: Page[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Let in who works cases."""

    @wraps(page)
    def checked(
        request: HttpRequest, person: Person, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        if not person.works_cases:
            raise NotFound
        return page(request, person, *args, **kwargs)

    return for_people(checked)
