"""The same form sent twice in the same moment, by two connections: one report."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from csirt.accounts.principals import Anonymous, Person
from csirt.kernel import codes
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict
from incidents.models import Incident, Report
from incidents.services.filing import file_report
from incidents.services.transitions import take
from tests.people import file_case, submission

SENDERS = 4


def together(act):
    """Run *act* in several threads at once; return what each got, errors included."""
    barrier = Barrier(SENDERS)

    def run(number):
        try:
            barrier.wait(10)
            return act(number)
        except Conflict as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(SENDERS) as pool:
        return list(pool.map(run, range(SENDERS)))


@pytest.mark.django_db(transaction=True)
def test_one_form_sent_at_once_is_one_report_and_one_code():
    token = codes.new_token()

    filed = together(
        lambda _: file_report(token=token, submission=submission(), now=now(), by=Anonymous())
    )

    assert len({one.code for one in filed}) == len({one.report.pk for one in filed}) == 1
    assert [one.again for one in filed].count(False) == 1
    assert Report.objects.count() == Incident.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_case_taken_at_once_has_one_owner(alice, bruno):
    case = file_case().incident
    people = [Person.of(alice), Person.of(bruno)] * 2

    got = together(
        lambda n: take(incident=case.uuid, version=case.version, by=people[n], now=now())
    )

    lost = [one for one in got if isinstance(one, Conflict)]
    assert len(lost) == SENDERS - 1
    assert {error.state for error in lost} == {"triage"}
