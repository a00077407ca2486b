"""What is alike is found in indexes, however many reports there are."""

import itertools
import random

import pytest
from django.db import connection

from csirt.accounts.principals import Person
from csirt.journal import drain
from csirt.kernel.clock import now
from incidents import queries
from incidents.models import Incident, Relation, Report, TextBand
from incidents.services import relating
from tests.domain.test_similarity import GIVEN, REWORDED
from tests.people import file_case

EXPLAIN = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
SCANS = {"sqlite": "SCAN ", "postgresql": "Seq Scan"}[connection.vendor]
OTHERS = 1_000  # reports, with 20 bands each


@pytest.fixture
def crowd(db):
    """A thousand reports of other people, related in a row, in whose bands nothing is alike."""
    chance, at = random.Random(7), now()
    Incident.objects.bulk_create(
        Incident(
            reference=f"OCC-{number:05}", victim_kind="commune", category="spam", priority="P3",
            opened_at=at, changed_at=at,
        )
        for number in range(OTHERS)
    )  # fmt: skip
    Report.objects.bulk_create(
        Report(
            incident=case, first_incident=case, idempotency=case.reference, channel="form",
            filed_at=at,
        )
        for case in Incident.objects.all()
    )  # fmt: skip
    TextBand.objects.bulk_create(
        (
            TextBand(report=report, band=chance.randrange(-(2**63), 2**63))
            for report in Report.objects.all()
            for _ in range(20)
        ),
        batch_size=5_000,
    )
    row = Incident.objects.order_by("pk").values_list("pk", flat=True)
    Relation.objects.bulk_create(
        Relation(incident_id=one, other_id=two, reason="text", score=70, found_at=at)
        for one, two in itertools.pairwise(row)
    )
    if connection.vendor == "postgresql":  # autovacuum does it in time
        with connection.cursor() as cursor:
            for table in ("textband", "report", "incident", "relation"):
                cursor.execute(f"ANALYZE incidents_{table}")


def plans(act, table):
    """Return the plans of the queries that *act* sends about *table*."""
    asked = []

    def noted(execute, sql, params, many, context):
        if sql.startswith("SELECT") and f' FROM "{table}"' in sql:
            asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(noted):
        act()
    found = []
    with connection.cursor() as cursor:
        for sql, params in asked:
            cursor.execute(EXPLAIN + sql, params)
            found.append("\n".join(str(row[-1]) for row in cursor.fetchall()))
    return found


def test_a_text_is_looked_for_in_the_index_of_its_bands(crowd, alice):
    first = file_case(text=GIVEN["r09"]).incident
    second = file_case(text=REWORDED["r09"]).incident
    drain()
    assert TextBand.objects.count() == 20 * (OTHERS + 2)

    looked = plans(
        lambda: relating.relate(incident=second.pk, reasons=["text"], now=now()),
        "incidents_textband",
    )

    assert len(looked) == 21  # its own, then one for each
    assert not [plan for plan in looked if SCANS in plan]
    assert all("incidents_text_band" in plan for plan in looked[1:])
    assert first.pk in {row.other_id for row in queries.related(Person.of(alice), second)}


def test_what_a_case_is_related_to_is_read_from_the_index(crowd, alice):
    case = file_case(text=GIVEN["r09"]).incident

    (plan,) = plans(lambda: queries.related(Person.of(alice), case), "incidents_relation")

    assert SCANS not in plan.replace("Seq Scan on incidents_incidentaccess", "")  # it is empty
