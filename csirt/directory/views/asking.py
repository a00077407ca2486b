"""Who asks, once ``only`` has let them in."""

from django.http import HttpRequest

from csirt.accounts.principals import Person, principal_of
from csirt.kernel.errors import NotFound


def asking(request: HttpRequest) -> Person:
    """Return the person behind a request; raises ``NotFound`` when there is none."""
    person = principal_of(request)
    if not isinstance(person, Person):
        raise NotFound
    return person
