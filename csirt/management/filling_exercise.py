"""Setting an exercise up: its scenario, the people who take part, the bodies that it names.

Every step may be run again, so that an interrupted one is simply completed.
"""

import json
from typing import Any

from django.conf import settings

from csirt.accounts.models import User
from csirt.accounts.principals import Person
from csirt.accounts.roles import Role
from csirt.directory.loading import load_places
from csirt.directory.models import Commune, Organisation
from csirt.directory.services.organisations import OrganisationFields, create_organisation
from csirt.environment import EXERCISE_MARK
from csirt.journal import drain
from csirt.kernel import clock
from csirt.management.filling import Say, keep_access, known_access, person
from csirt.reference.exercises import Exercise
from playbooks.exercises import conducting, pacing, queries
from playbooks.exercises.models import Play

BEGUN = "begun"  # a file: which database was found empty, and is this exercise's
PEOPLE = (
    ("Direction d'exercice", "direction@exercice.example", Role.LEAD),
    ("Responsable", "responsable@exercice.example", Role.LEAD),
    ("Analyste 1", "analyste1@exercice.example", Role.ANALYST),
    ("Analyste 2", "analyste2@exercice.example", Role.ANALYST),
    ("Analyste 3", "analyste3@exercice.example", Role.ANALYST),
    ("Administration", "administration@exercice.example", Role.ADMIN),
)


def fill(*, scenario: str, speed: float | None, url: str, say: Say) -> dict[str, Any]:
    """Set the exercise up, or find it set up; write and return who may come in, for this *url*."""
    access = known_access()
    if access is None:
        access = _fill(scenario, speed or 1.0, say)
    elif speed is not None:
        _go(speed)
    keep_access(access, url)
    return access


def _fill(scenario: str, speed: float, say: Say) -> dict[str, Any]:
    play = Play.objects.first()
    if play is None:  # first of all: the mark, and the clock that all else is dated by
        play = conducting.set_up(scenario=scenario, speed=speed, real=clock.real())
    pacing.wind(play)
    known = queries.scenario(play)
    mark = settings.VAR / EXERCISE_MARK
    mark.write_text(json.dumps({"banner": known.banner_fr}, ensure_ascii=False), encoding="utf-8")
    if not Commune.objects.exists():
        say("Loading the 4,446 communes of Occitanie…")
        load_places()
    people = [person(*row) for row in PEOPLE]
    conducting.know_organisations(rows=_organisations(known))
    drain()
    return {"url": "", "scenario": known.title_fr, "analysts": people}


def _organisations(scenario: Exercise) -> dict[str, Organisation]:
    """Make the bodies of the scenario known; a private person is none."""
    lead = Person.of(User.objects.get(email=PEOPLE[0][1]))
    found = {}
    for one in scenario.organisations:
        if one.kind == "particulier":
            continue
        row = Organisation.objects.filter(name=one.name).first()
        if row is None:
            fields = OrganisationFields(name=one.name, kind=one.kind)
            row = create_organisation(fields=fields, by=lead, now=clock.now())
        found[one.id] = row
    return found


def _go(speed: float) -> None:
    if Play.objects.exclude(state=Play.State.ENDED).exists():
        lead = Person.of(User.objects.get(email=PEOPLE[0][1]))
        conducting.go(speed=speed, by=lead, real=clock.real())
