"""A question that is kept answers each call with its own values, and as Django would."""

import psycopg
import pytest
from django.db import OperationalError, connection
from django.db.models import Exists, OuterRef, UUIDField

from csirt.accounts.models import User
from csirt.accounts.principals import Person
from csirt.prepared import Given, prepared
from incidents.console import marks
from incidents.models import Incident, IncidentAccess, Report
from tests.conftest import SERVICES
from tests.console.case import qualified
from tests.people import file_case
from tests.server import database_url


@pytest.mark.django_db
def test_each_call_has_its_own_values_and_asks_once(django_assert_num_queries):
    one, other = (file_case().incident for _ in range(2))
    built = []

    @prepared
    def reports(count):
        built.append(count)
        named = Exists(IncidentAccess.objects.filter(incident=OuterRef("incident")))
        found = Report.objects.filter(incident__in=Given("cases", count=count))
        return found.annotate(named=named).select_related("incident").order_by("pk")

    with django_assert_num_queries(3):
        first, second = reports(1)(cases=[one.pk]), reports(1)(cases=[other.pk])
        both = reports(2)(cases=[one.pk, other.pk])

    assert [[row.incident for row in rows] for rows in (first, second, both)] == [
        [one], [other], [one, other],
    ]  # fmt: skip
    assert not first[0].named
    assert built == [1, 2]


@pytest.mark.django_db
def test_a_list_of_nothing_finds_nothing():
    @prepared
    def reports(count):
        return Report.objects.filter(incident__in=Given("cases", count=count))

    file_case()
    assert reports(0)(cases=[]) == []


@pytest.mark.django_db
def test_values_are_said_as_the_engine_wants_them_and_nothing_found_asks_nothing(
    alice, django_assert_num_queries
):
    @prepared
    def people(found):
        rows = User.objects.filter(uuid=Given("uuid", UUIDField()))
        return (rows if found else rows.none()).values_list("name", flat=True)

    assert people(True)(uuid=alice.uuid) == [alice.name]
    with django_assert_num_queries(0):
        assert people(False)(uuid=alice.uuid) == []


@pytest.mark.django_db
def test_what_is_kept_for_one_person_is_not_told_to_another(alice, bruno, chloe):
    by = Person.of(alice)
    case, hidden = qualified(file_case().incident, by), file_case().incident
    Incident.objects.filter(pk=hidden.pk).update(restricted=True, merged_into=case.pk)
    IncidentAccess.objects.create(incident=hidden, user=bruno)

    seen = [
        [one.pk for one in marks.joined_cases(case, Person.of(who))]
        for who in (bruno, alice, chloe)
    ]

    assert seen == [[hidden.pk], [], []]


@pytest.mark.skipif(not SERVICES, reason="PostgreSQL keeps plans")
def test_a_migration_under_way_costs_one_answer_of_a_process_that_runs_on(transactional_db):
    @prepared
    def reports():
        return Report.objects.filter(incident=Given("case")).values_list("contact_name", flat=True)

    case = file_case(contact_name="Denise").incident
    longer = "ALTER TABLE incidents_report ALTER COLUMN contact_name TYPE varchar(%s)"
    length = Report._meta.get_field("contact_name").max_length
    assert reports()(case=case.pk) == ["Denise"]
    with psycopg.connect(database_url(), autocommit=True) as other:
        other.execute(longer % (length + 1))
        try:
            with pytest.raises(OperationalError):
                reports()(case=case.pk)
            connection.close()
            assert reports()(case=case.pk) == ["Denise"]
        finally:
            other.execute(longer % length)
