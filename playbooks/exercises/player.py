"""The worker's part of an exercise: it winds the clock, and delivers what is due."""

from django.conf import settings

from csirt.kernel.clock import now
from csirt.kernel.errors import NotFound
from playbooks.exercises import conducting, pacing, queries


def turn() -> int:
    """Do what is due, once; return how many injects were delivered. Nothing where nobody exercises."""
    if not settings.EXERCISE:
        return 0
    try:
        pacing.wind(queries.play())
    except NotFound:  # not set up yet
        return 0
    return conducting.deliver_due(now=now())
