"""The people of the desk, and the names behind the journal's actors."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, UUIDField
from django.utils.translation import gettext

from csirt.accounts.models import User
from csirt.accounts.roles import DESK
from csirt.prepared import Given, prepared
from incidents.models import Incident, IncidentAccess, Watch


def desk() -> QuerySet[User]:
    """Return everybody who works cases now, by name."""
    return User.objects.filter(is_active=True, role__in=DESK).order_by("name", "pk")


def around(case: Incident, uuids: Iterable[str]) -> tuple[list[Any], dict[str, str]]:
    """Return everybody who works cases now, by name, and the names of the people *uuids*.

    With one query. Each person says whether they are ``named`` on the case and ``watches`` it.
    """
    uuids = set(uuids)
    people: list[Any] = _around(len(uuids))(case=case.pk, uuids=[*uuids])
    now = [user for user in people if user.is_active and user.role in DESK]
    return now, {str(user.uuid): str(user) for user in people if str(user.uuid) in uuids}


@prepared
def _around(count: int) -> QuerySet[User]:
    here = {"incident": Given("case"), "user": OuterRef("pk")}
    wanted = Q(is_active=True, role__in=DESK)
    if count:
        wanted |= Q(uuid__in=Given("uuids", UUIDField(), count=count))
    found = User.objects.filter(wanted).annotate(
        named=Exists(IncidentAccess.objects.filter(**here)),
        watches=Exists(Watch.objects.filter(**here)),
    )
    return found.order_by("name", "pk")


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
