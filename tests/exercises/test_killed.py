"""Each inject is delivered once, also when the worker is killed at any of its writes."""

import pytest

from tests.conftest import SERVICES
from tests.exercises.instances import Instance, a_database, tracing

# What a write to the database is for the kernel: of the log on SQLite, to the server on PostgreSQL.
WRITES = "sendto" if SERVICES else "pwrite64"
STOPS = (20, 60, 150, 300) if SERVICES else (10, 40, 100, 200)

BEGIN = """
import json
from csirt.accounts.models import User
from csirt.accounts.principals import Person
from csirt.kernel import clock
from playbooks.exercises import conducting
lead = Person.of(User.objects.get(email="direction@exercice.example"))
conducting.begin(by=lead, real=clock.real())
print(json.dumps("begun"))
"""
COUNT = """
import json
from collections import Counter
from csirt.journal.models import Event
from incidents.models import IncomingMail, Message, Report
from playbooks.exercises.models import Delivery
told = Event.objects.filter(kind="inject.delivered").values_list("data", flat=True)
print(json.dumps({
    "left": Delivery.objects.filter(state="waiting").count(),
    "events": Counter(one["inject"] for one in told),
    "reports": [Report.objects.filter(channel="form").count(), IncomingMail.objects.count()],
    "twice": [text for text, n in Counter(Report.objects.values_list("text", flat=True)).items()
              if n > 1],
}))
"""


@pytest.fixture
def exercise(tmp_path):
    with a_database("exo") as place:
        instance = Instance(tmp_path / "exo", CSIRT_MODE="exercise", **place)
        instance.manage(
            "exercise", "ex-rancongiciel-interco", "--prepare", "--speed", "3600",
            "--port", str(instance.port),
        )  # fmt: skip
        yield instance


def test_killed_in_the_midst_of_it_and_started_again(exercise):
    under = tracing("-e", f"trace={WRITES}", "-o", "/dev/null")
    exercise.python(BEGIN)
    died = 0
    for stop in STOPS:  # the exercise's six hours are over within six seconds: all is due
        inject = (*under, "-e", f"inject={WRITES}:signal=SIGKILL:when={stop}")
        code, _said = exercise.run("manage.py", "tend", "--once", under=inject)
        died += code != 0
    exercise.manage("tend", "--once")
    exercise.manage("tend", "--once")
    found = exercise.python(COUNT)

    assert died >= 2  # some of them in the midst of a delivery
    assert found["left"] == 0
    assert found["events"] == {f"i{n}": 1 for n in range(1, 11)}
    assert found["reports"] == [1, 4]
    assert found["twice"] == []
    exercise.manage("journal", "verify")  # and the chain is whole
