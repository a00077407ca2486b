"""One door for writes: ``@change`` and ``record()``."""

import threading

import pytest
from django.db import OperationalError, connection, connections, transaction

from csirt.accounts.models import User
from csirt.journal import change, declare, record, withdraws
from csirt.journal.epoch import SYSTEM
from csirt.journal.models import Event, Head
from csirt.journal.verify import verify
from csirt.kernel.clock import now

PAINTED = declare("wall.painted", colour="token", count="int")
WASHED = declare("wall.washed")
STRIPPED = declare("wall.stripped")
SCRAPED = declare("wall.scraped")


@change
def paint(colour="blue", *, fail=False, **data):
    head = Head.objects.get(pk=1)
    record(PAINTED, head, by=SYSTEM, at=now(), data={"colour": colour, **data})
    if fail:
        raise ValueError(colour)
    return colour


@change
def paint_twice(*, second_fails=False, forgiven=False):
    paint("red")
    try:
        paint("green", fail=second_fails)
    except ValueError:
        if not forgiven:
            raise


def colours():
    return [event.data["colour"] for event in Event.objects.order_by("seq")]


def test_a_change_is_journalled_when_it_returns(db):
    assert paint("blue") == "blue"

    event = Event.objects.get()
    assert (event.seq, event.kind, event.actor) == (1, "wall.painted", "system")
    assert Head.objects.get(pk=1).seq == 1
    assert verify().bad is None


def test_record_outside_a_change_is_refused(db):
    with pytest.raises(RuntimeError):
        record(PAINTED, Head.objects.get(pk=1), by=SYSTEM, at=now())


def test_a_failing_change_leaves_nothing_behind(db):
    with pytest.raises(ValueError, match="blue"):
        paint(fail=True)

    assert not Event.objects.exists()
    assert Head.objects.get(pk=1).seq == 0


def test_inner_services_join_the_outer_change(db):
    paint_twice()

    assert colours() == ["red", "green"]


def test_a_forgiven_inner_failure_takes_its_own_events_only(db):
    paint_twice(second_fails=True, forgiven=True)

    assert colours() == ["red"]
    assert verify().bad is None


def test_an_inner_failure_that_is_not_forgiven_takes_everything(db):
    with pytest.raises(ValueError, match="green"):
        paint_twice(second_fails=True)

    assert colours() == []


@pytest.mark.parametrize(
    "data",
    [
        {"colour": "denise@mairie.example"},
        {"colour": "deux mots"},
        {"colour": 3},
        {"count": True},
        {"shade": "x"},
        {"colour": "x" * 101},
    ],
)
def test_data_that_is_not_declared_is_refused(db, data):
    with pytest.raises(ValueError, match=r"wall\.painted"):
        paint(**{"colour": "blue", **data})

    assert not Event.objects.exists()


def test_a_kind_is_declared_once():
    assert declare("wall.painted", colour="token", count="int") == PAINTED
    with pytest.raises(ValueError, match="twice"):
        declare("wall.painted", colour="int")


def test_a_withdrawal_runs_inside_the_change_and_may_record(db):
    @withdraws(STRIPPED)
    def wash(obj, at):
        record(WASHED, obj, by=SYSTEM, at=at)

    @change
    def strip():
        record(STRIPPED, Head.objects.get(pk=1), by=SYSTEM, at=now())

    strip()

    assert list(Event.objects.order_by("seq").values_list("kind", flat=True)) == [
        "wall.stripped",
        "wall.washed",
    ]


def test_a_withdrawal_runs_once_for_each_object(db):
    @withdraws(SCRAPED)
    def wash(obj, at):
        record(WASHED, obj, by=SYSTEM, at=at)

    @change
    def scrape():
        for _ in range(3):
            record(SCRAPED, Head.objects.get(pk=1), by=SYSTEM, at=now())

    scrape()

    kinds = Event.objects.order_by("seq").values_list("kind", flat=True)
    assert list(kinds) == ["wall.scraped"] * 3 + ["wall.washed"]


def test_ten_thousand_events_of_one_change_are_one_chain(db):
    @change
    def many():
        for number in range(10_000):
            record(PAINTED, Head.objects.get(pk=1) if not number else first, by=SYSTEM, at=now())

    first = Head.objects.get(pk=1)
    many()

    assert verify().events == 10_000


@pytest.mark.parametrize("statement", ["update", "delete"])
def test_history_cannot_be_changed(db, statement):
    paint()

    act = {
        "update": lambda: Event.objects.update(kind="wall.washed"),
        "delete": lambda: Event.objects.all().delete(),
    }[statement]
    with pytest.raises(Exception, match="append-only"), transaction.atomic():
        act()


def test_truncating_history_is_refused_on_postgresql(db):
    if connection.vendor != "postgresql":
        return  # SQLite has no TRUNCATE
    with pytest.raises(Exception, match="append-only"), transaction.atomic():
        connection.cursor().execute("TRUNCATE journal_event")


def test_eight_threads_of_nested_services_neither_deadlock_nor_leave_a_gap(transactional_db):
    users = [User.objects.create_user(f"u{i}@exemple.fr", None, name="x") for i in range(6)]
    failures = []

    @change
    def touch(user):
        row = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        row.version += 1
        row.save()
        record(WASHED, row, by=SYSTEM, at=now())

    @change
    def touch_two(first, second):
        ordered = sorted([first, second], key=lambda user: user.pk)
        list(
            User.objects.select_for_update(no_key=True)
            .filter(pk__in=[user.pk for user in ordered])
            .order_by("pk")
        )
        touch(second)
        touch(first)

    def work(number):
        try:
            for turn in range(12):
                touch_two(users[(number + turn) % 6], users[(number * 3 + turn * 5 + 1) % 6])
                touch(users[turn % 6])
        except Exception as error:  # noqa: BLE001 - reported below
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert verify().events == 8 * 12 * 3
    assert sum(User.objects.values_list("version", flat=True)) == 6 + 8 * 12 * 3


def test_a_serialisation_failure_is_tried_again(db):
    tries = []

    class Cause(Exception):
        sqlstate = "40P01"

    @change
    def unlucky():
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError("deadlock detected") from Cause()
        record(WASHED, Head.objects.get(pk=1), by=SYSTEM, at=now())

    unlucky()

    assert (len(tries), Event.objects.count()) == (3, 1)
