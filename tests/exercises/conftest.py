"""An exercise in the test's own database: its clock is moved by hand, the services are the real ones."""

from datetime import timedelta

import pytest

from csirt.accounts.principals import Person
from csirt.directory.models import Organisation
from csirt.journal import drain
from csirt.kernel import clock
from playbooks.exercises import conducting, queries
from playbooks.exercises.models import Delivery

SCENARIOS = ("ex-faux-rib-paie", "ex-rancongiciel-interco", "ex-vague-boites")


class Exercise:
    """A running exercise."""

    def __init__(self, scenario, file, alice, bruno):
        self.file, self.alice, self.bruno = file, Person.of(alice), Person.of(bruno)
        play = conducting.set_up(scenario=scenario, speed=1, real=clock.real())
        self.start, self.known = play.starts_at, queries.scenario(play)
        self.show(self.start)
        clock.follow(file)
        rows = {
            one.id: Organisation.objects.create(name=one.name, kind=one.kind)
            for one in self.known.organisations
            if one.kind != "particulier"
        }
        conducting.know_organisations(rows=rows)

    def show(self, at):
        """Let the clock stand at *at*."""
        clock.write(self.file, clock.Pace(clock.real(), at, 0.0))

    def begin(self):
        return conducting.begin(by=self.bruno, real=clock.real())

    def until(self, **passed):
        """Move the clock so far from the start, deliver what is due then; return the time."""
        at = self.start + timedelta(**passed)
        self.show(at)
        conducting.deliver_due(now=at)
        drain()
        return at

    def delivery(self, inject):
        return Delivery.objects.get(inject=inject)


@pytest.fixture
def exercise(request, alice, bruno, settings, tmp_path):
    settings.EXERCISE = True
    settings.REFERENCE_PREFIX = "EXO"
    found = Exercise(
        getattr(request, "param", "ex-rancongiciel-interco"), tmp_path / "c.json", alice, bruno
    )
    yield found
    clock.follow(None)
