"""The people of the desk, and the names behind the journal's actors."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from csirt.accounts.models import User
from csirt.accounts.roles import DESK


def desk() -> QuerySet[User]:
    """Return everybody who works cases now, by name."""
    return User.objects.filter(is_active=True, role__in=DESK).order_by("name", "pk")


def desk_and(uuids: Iterable[str]) -> tuple[list[User], dict[str, str]]:
    """Return everybody who works cases now, by name, and the names of the people *uuids*."""
    uuids = set(uuids)
    works = Q(is_active=True, role__in=DESK)
    people = list(User.objects.filter(works | Q(uuid__in=uuids)).order_by("name", "pk"))
    now = [user for user in people if user.is_active and user.role in DESK]
    return now, {str(user.uuid): str(user) for user in people if str(user.uuid) in uuids}


def names_of(uuids: Iterable[str]) -> dict[str, str]:
    """Return the names of the people *uuids*, those who left included."""
    people = User.objects.filter(uuid__in=set(uuids))
    return {str(user.uuid): str(user) for user in people}


def actor_name(actor: str, names: dict[str, str]) -> str:
    """Return how a timeline calls an actor of the journal."""
    who, _sep, rest = actor.partition(":")
    if who == "user":
        return names.get(rest, gettext("Quelqu'un de l'équipe"))
    if who == "victim":
        return gettext("La victime")
    if who == "anonymous":
        return gettext("Le formulaire public")
    if who == "partner":
        return gettext("Le partenaire %(name)s") % {"name": rest}
    return gettext("Le système")
