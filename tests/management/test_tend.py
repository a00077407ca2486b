"""The worker: what it sweeps, what it gives back, and that it goes on when something fails."""

import time
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django_tasks import task
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from csirt.accounts.models import Session
from csirt.accounts.principals import Person
from csirt.environment import signing_key
from csirt.journal import checkpoints
from csirt.journal.models import Checkpoint, Event
from csirt.kernel.clock import now
from csirt.management import periodic
from csirt.web.limits import take_token
from csirt.web.models import Bucket
from incidents.models import Draft, Incident
from incidents.services import drafts
from incidents.services.transitions import accept, wait
from tests.people import client_of, file_case


@task()
def count_to(number: int) -> int:
    return number


@pytest.fixture(autouse=True)
def _first_turn(monkeypatch):
    """Each test is a worker's first turn: everything is due."""
    monkeypatch.setattr(periodic, "_last_run", {})


def turn():
    while periodic.turn("a-worker"):
        pass


def test_expired_sessions_go_and_others_stay(transactional_db, alice, bruno):
    client_of(alice)
    client_of(bruno)
    Session.objects.filter(user=alice).update(expire_date=now() - timedelta(seconds=1))
    turn()

    assert [session.user for session in Session.objects.all()] == [bruno]


def test_expired_drafts_go_and_others_stay(transactional_db):
    for secret, at in (("old", now() - timedelta(hours=25)), ("new", now())):
        drafts.keep(secret=secret, answers={"danger": "non"}, language="fr", now=at)
    turn()

    assert [draft.digest for draft in Draft.objects.all()] == [drafts.digest("new")]


def test_limits_that_are_full_again_are_forgotten(transactional_db):
    take_token("long ago", 1.0, 5, now() - timedelta(hours=1))
    take_token("just now", 0.01, 5, now())
    turn()

    assert Bucket.objects.count() == 1


def test_a_job_of_a_killed_worker_runs_after_all(transactional_db):
    result = count_to.enqueue(3)
    DBTaskResult.objects.filter(pk=result.id).update(
        status=TaskResultStatus.RUNNING, started_at=now() - periodic.STUCK_AFTER * 2
    )
    turn()
    periodic.run_jobs("another-worker")

    assert DBTaskResult.objects.get(pk=result.id).status == TaskResultStatus.SUCCESSFUL


def test_a_job_that_runs_is_left_alone(transactional_db):
    result = count_to.enqueue(3)
    DBTaskResult.objects.filter(pk=result.id).update(
        status=TaskResultStatus.RUNNING, started_at=now()
    )
    turn()

    assert DBTaskResult.objects.get(pk=result.id).status == TaskResultStatus.RUNNING


def test_finished_jobs_are_forgotten_after_a_week(transactional_db):
    old, recent = count_to.enqueue(1), count_to.enqueue(2)
    turn()
    DBTaskResult.objects.filter(pk=old.id).update(finished_at=now() - timedelta(days=8))
    periodic._last_run.clear()
    turn()

    assert {str(row.pk) for row in DBTaskResult.objects.all()} == {str(recent.id)}


def test_a_waiting_case_comes_back_at_its_date(transactional_db, alice):
    case, by = file_case().incident, Person.of(alice)
    case = accept(
        incident=case.uuid,
        version=case.version,
        by=by,
        kind="incident",
        category=case.category,
        priority=case.priority,
        tlp="amber",
        now=now(),
    )
    at = now() - timedelta(days=1)
    until = at + timedelta(hours=1)
    wait(
        incident=case.uuid,
        version=case.version,
        by=by,
        waiting_on="victim",
        reason="Elle rappelle.",
        until=until,
        now=at,
    )
    turn()

    assert Incident.objects.get(pk=case.pk).state == "active"
    assert Event.objects.filter(kind="incident.resumed").get().actor == "system"


def test_the_journal_is_signed(transactional_db, settings, tmp_path):
    settings.CHECKPOINT_KEY = signing_key()
    settings.CHECKPOINT_FILE = tmp_path / "checkpoints.jsonl"
    file_case()
    turn()
    key = checkpoints.private_key().public_key()

    lines = checkpoints.read(settings.CHECKPOINT_FILE, key)
    assert [line[1] for line in lines] == [Checkpoint.objects.get().seq]


def test_a_step_that_fails_keeps_no_other_from_its_turn(transactional_db, settings, alice, bruno):
    settings.CHECKPOINT_KEY = "no key"
    client_of(alice)
    client_of(bruno)
    Session.objects.filter(user=alice).update(expire_date=now() - timedelta(seconds=1))
    file_case()
    with pytest.raises(ExceptionGroup) as told:
        turn()

    assert {type(error) for error in told.value.exceptions} == {ValueError}
    assert [session.user for session in Session.objects.all()] == [bruno]


def test_a_database_that_is_away_is_told_at_once(transactional_db, monkeypatch):
    later = []

    def away(_at):
        raise OperationalError

    steps = [("away", timedelta(0), away), ("later", timedelta(0), later.append)]
    monkeypatch.setattr(periodic, "STEPS", steps)
    with pytest.raises(OperationalError):
        turn()

    assert later == []


def test_it_runs_jobs_beside_the_web_until_it_is_asked_to_end(live_worker):
    result = count_to.enqueue(5)
    deadline = time.monotonic() + 60
    while not DBTaskResult.objects.finished().filter(pk=result.id).exists():
        assert time.monotonic() < deadline, live_worker.log()
        time.sleep(0.1)
    live_worker.stop()

    assert DBTaskResult.objects.get(pk=result.id).return_value == 5
    assert live_worker.process.returncode == 0


def test_once_does_what_is_due(transactional_db):
    result = count_to.enqueue(7)
    call_command("tend", once=True)

    assert DBTaskResult.objects.get(pk=result.id).return_value == 7
