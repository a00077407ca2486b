"""Every read of an exercise. Outside of one there is nothing to read, and every answer is 404."""

from django.conf import settings
from django.db.models import QuerySet

from csirt.accounts.principals import Person, Principal
from csirt.accounts.roles import DESK, Role
from csirt.directory import reference
from csirt.journal.models import Event
from csirt.kernel.errors import NotFound
from csirt.reference.exercises import Exercise
from playbooks.exercises import kinds
from playbooks.exercises.models import Channel, Delivery, Play

CONDUCTS = frozenset({Role.LEAD, Role.ADMIN})


def is_here() -> bool:
    """Tell whether this database was made for an exercise."""
    return Play.objects.exists()


def play() -> Play:
    """Return the play of this database; raises ``NotFound`` where nobody exercises."""
    found = Play.objects.first() if settings.EXERCISE else None
    if found is None:
        raise NotFound
    return found


def conducts(principal: Principal | str) -> bool:
    """Tell whether somebody may conduct an exercise: a lead, or who administers."""
    return settings.EXERCISE and isinstance(principal, Person) and principal.role in CONDUCTS


def takes_part(principal: Principal | str) -> bool:
    """Tell whether somebody picks up calls: the desk, and who conducts."""
    return (
        settings.EXERCISE and isinstance(principal, Person) and principal.role in {*DESK, *CONDUCTS}
    )


def scenario(found: Play) -> Exercise:
    """Return the scenario as it was when the exercise was set up."""
    return reference.begun_with(found.reference_version_id).exercises[found.scenario]


def waiting() -> QuerySet[Delivery]:
    """Return what is still to come, the next first."""
    return Delivery.objects.filter(state=Delivery.State.WAITING).order_by("due_at", "id")


def delivered() -> QuerySet[Delivery]:
    """Return what reached the desk, the latest first."""
    found = Delivery.objects.filter(state=Delivery.State.DELIVERED)
    return found.select_related("incident", "taken_by", "settled_by").order_by("-settled_at", "-id")


def skipped() -> QuerySet[Delivery]:
    """Return what somebody left out and may put back, in the order of the scenario."""
    return Delivery.objects.filter(state=Delivery.State.SKIPPED, settled_by__isnull=False)


def refused() -> QuerySet[Event]:
    """Return what the desk did not take: events with the inject and the reason, the latest first."""
    return Event.objects.filter(kind=kinds.FAILED.name).order_by("-seq")


def picked_up() -> QuerySet[Delivery]:
    """Return calls and outside facts that reached the desk, those that nobody has picked up first."""
    return delivered().filter(channel__in=[Channel.PHONE, Channel.SYSTEM])


def ringing() -> int:
    """Return how many of them nobody has picked up."""
    return picked_up().filter(taken_at=None).count()
