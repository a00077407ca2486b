"""The queue is read from its own index, however many cases have ended."""

import random
from datetime import timedelta

import pytest
from django.db import connection
from django.http import QueryDict

from csirt.accounts.principals import Person
from csirt.kernel.clock import now
from incidents.console import queue
from incidents.console.filters import Filters
from incidents.console.saved import ENDED, LIVE, VIEWS
from incidents.domain.attention import Attention
from incidents.live import reading, snapshot
from incidents.models import Incident, Priority

pytestmark = pytest.mark.django_db

EXPLAIN = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
SORTS = "TEMP B-TREE FOR ORDER BY" if connection.vendor == "sqlite" else "Sort"


@pytest.fixture
def reader(alice):
    """Alice, at a desk with three hundred live cases, nine thousand that have ended, and a flood."""
    chance, at = random.Random(7), now()

    def case(number, states, **changes):
        moment = at - timedelta(minutes=number)
        return Incident(
            reference=f"OCC-{number:05}",
            state=chance.choice(states),
            victim_kind="commune",
            category="spam",
            **{
                "priority": chance.choice(Priority.values),
                "opened_at": moment,
                "changed_at": moment,
                "assignee": alice if number % 3 == 0 else None,
                "attention": chance.choice(list(Attention)),
                **changes,
            },
        )

    apart = {"apart": True, "priority": "P2", "assignee": None}
    Incident.objects.bulk_create(case(number, LIVE) for number in range(300))
    Incident.objects.bulk_create(case(number, ENDED) for number in range(300, 9_300))
    Incident.objects.bulk_create(case(number, ["new"], **apart) for number in range(10_000, 10_100))
    if connection.vendor == "postgresql":  # autovacuum does it in time
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE incidents_incident")
    return Person.of(alice)


def plans(read):
    """Return what *read* gave, and the plan of each of its queries about cases, as it was sent."""
    asked = []

    def noted(execute, sql, params, many, context):
        if ' FROM "incidents_incident"' in sql:
            asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(noted):
        found = read()
    with connection.cursor() as cursor:
        explained = []
        for sql, params in asked:
            cursor.execute(EXPLAIN + sql, params)
            explained.append("\n".join(str(row[-1]) for row in cursor.fetchall()))
    return found, explained


def address(view, **place):
    query = QueryDict(mutable=True)
    query.update({"vue": view, **place})
    return query


@pytest.mark.parametrize(
    ("view", "index"),
    [
        ("a-traiter", "incidents_live"),
        ("nouveaux", "incidents_live"),
        ("tous", "incidents_live"),
        ("termines", "incidents_ended"),
    ],
)
def test_a_page_is_a_stretch_of_the_index(reader, view, index):
    def page(**place):
        filters = Filters.of(address(view, **place), reader)
        found, explained = plans(lambda: queue.page(reader, filters))
        return found, explained[-1]  # the first one, if two, reads the place back

    first, plan = page()
    assert len(first.rows) == queue.PAGE
    assert index in plan
    assert SORTS not in plan

    later, plan = page(apres=first.after)
    assert later.rows
    assert index in plan

    back, plan = page(avant=later.before)
    assert back.rows == first.rows
    assert index in plan


def reads_live_cases_alone(plan):
    """Both indexes hold them and nothing else; an engine may count in either."""
    return "incidents_live" in plan or "incidents_mine" in plan


def test_the_counters_read_live_cases_alone(reader):
    counts, explained = plans(
        lambda: queue.counts(reader, {name: Filters(view) for name, view in VIEWS.items()})
    )

    assert (counts["tous"], counts["a-part"]) == ("300", "100")
    (plan,) = explained
    assert plan.count("incidents_live") + plan.count("incidents_mine") == len(counts)


def test_ones_own_cases_are_found_among_live_ones_alone(reader):
    filters = Filters.of(address("miens"), reader)
    page, (plan,) = plans(lambda: queue.page(reader, filters))

    assert len(page.rows) == queue.PAGE
    assert reads_live_cases_alone(plan)


def test_ended_cases_with_a_new_word_are_found_without_reading_the_others(reader):
    _, (plan,) = plans(lambda: queue.returned(reader))

    assert "incidents_unread" in plan


@pytest.mark.parametrize("read", [snapshot.snapshot, lambda _: reading.load()])
def test_the_live_set_is_read_from_the_index(reader, read):
    _, (plan,) = plans(lambda: read(reader))

    assert reads_live_cases_alone(plan)


def test_the_index_holds_live_cases_alone(db):
    made = (
        "SELECT sql FROM sqlite_master WHERE name = 'incidents_live'"
        if connection.vendor == "sqlite"
        else "SELECT indexdef FROM pg_indexes WHERE indexname = 'incidents_live'"
    )
    with connection.cursor() as cursor:
        cursor.execute(made)
        (definition,) = cursor.fetchone()

    condition = definition.partition(" WHERE ")[2]
    assert [state for state in ENDED if f"'{state}'" not in condition] == []
    assert [state for state in LIVE if f"'{state}'" in condition] == []
