"""A page asks the database as often when it is full as when it is empty.

``queries.json`` holds how often: a change there is seen in review. Limits: queue 12, case 25.
"""

import json
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from csirt.accounts.principals import Person
from csirt.journal import drain
from csirt.kernel.clock import now
from incidents.services import casework, following, observing, transitions
from playbooks.services import running
from tests.people import client_of, file_case, person

pytestmark = pytest.mark.django_db(transaction=True)

RECORDED = json.loads((Path(__file__).parent / "queries.json").read_text(encoding="utf-8"))
LIMITS = {"queue": 12, "snapshot": 12, "case": 25}
# How each engine begins and ends a consistent read or a change.
PLUMBING = ("BEGIN", "ROLLBACK", "COMMIT", "SAVEPOINT", "RELEASE", "SET TRANSACTION")


def count(client, address):
    client.get(address)  # what is made once: reference versions, the hour's "opened"
    with CaptureQueriesContext(
        connection,
    ) as asked:
        answer = client.get(address)
    assert answer.status_code == 200
    return len([q for q in asked if not q["sql"].startswith(PLUMBING)])


@pytest.mark.parametrize(
    ("name", "address"), [("queue", "/console/"), ("snapshot", "/console/snapshot")]
)
def test_the_queue_costs_the_same_whatever_it_holds(name, address, alice, bruno):
    client = client_of(alice)
    empty = count(client, address)
    for number in range(60):
        victim = file_case(organisation_name=f"Mairie {number}")
        if number % 3 == 0:
            by = Person.of(alice if number % 2 else bruno)
            transitions.take(incident=victim.incident.uuid, version=1, by=by, now=now())
    full = count(client, address)

    assert empty <= full <= LIMITS[name]
    assert full == RECORDED[name]


def test_a_full_case_costs_what_is_recorded(alice, bruno, denise):
    by = Person.of(alice)
    for number in range(12):
        colleague = Person.of(person(f"Collègue {number}", "analyst", enrolled=False))
        casework.add_note(incident=denise.incident.uuid, by=colleague, text="Vu.", now=now())
        following.write_to_victim(
            incident=denise.incident.uuid,
            by=colleague,
            token=f"{number:032x}",
            text="Oui.",
            now=now(),
        )
        observing.paste_observables(
            incident=denise.incident.uuid, by=by, text=f"203.0.113.{number}", now=now()
        )
        other = file_case().incident
        transitions.merge(
            incident=other.uuid, version=1, by=by, into=denise.incident.uuid, now=now()
        )
        file_case(text=f"Cela vient de 203.0.113.{number}.")
    for playbook in ("rancongiciel", "messagerie-compromise", "fuite-de-donnees"):
        running.attach(incident=denise.incident.uuid, playbook=playbook, by=by, now=now())
    drain()
    assert denise.incident.relations.count() == 12

    asked = count(client_of(alice), f"/console/dossiers/{denise.incident.uuid}/")
    assert asked <= LIMITS["case"]
    assert asked == RECORDED["case"]
