"""A scenario is played through the real services, by the exercise's own clock, each inject once."""

from datetime import timedelta

import pytest

from csirt.journal.models import Event
from csirt.kernel import clock
from csirt.kernel.errors import Conflict, Invalid, NotFound
from incidents.models import Incident, IncomingMail, Message, Report
from playbooks.exercises import conducting, player, queries
from playbooks.exercises.models import Channel, Delivery, Play
from tests.exercises.conftest import SCENARIOS

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
every = pytest.mark.parametrize("exercise", SCENARIOS, indirect=True)


def first_of(exercise, channel):
    return next(one for one in exercise.known.injects if one.channel == channel)


@every
def test_it_begins_on_the_weekday_and_hour_of_its_scenario_in_the_past(exercise):
    from incidents.domain.moments import PARIS

    local = exercise.start.astimezone(PARIS)
    length = exercise.known.duration.timedelta

    assert DAYS[local.weekday()] == exercise.known.start.weekday
    assert f"{local:%H:%M}" == exercise.known.start.time
    assert timedelta() <= clock.real() - (exercise.start + length) < timedelta(days=7)


@every
def test_nothing_arrives_before_it_begins(exercise):
    exercise.until(days=3)

    assert not Report.objects.exists()
    assert not Event.objects.filter(kind="inject.delivered").exists()


@every
def test_all_that_it_holds_arrives_through_the_channel_that_it_says(exercise):
    exercise.begin()
    exercise.until(days=3)

    assert not queries.waiting().exists()
    for row in queries.delivered():
        if row.channel == Channel.MAIL:
            mail = IncomingMail.objects.get(mailbox="exercice", uid=row.pk)
            assert mail.incident_id == row.incident_id
            assert mail.outcome in {"report", "message"}
        elif row.channel == Channel.FORM:
            told = Report.objects.filter(text=row.text) or Message.objects.filter(text=row.text)
            assert len(told) == 1
        else:
            assert row.incident is None
    expected = {"form", "mail"} & set(Report.objects.values_list("channel", flat=True))
    assert expected
    assert all(
        ref.startswith("EXO-") for ref in Incident.objects.values_list("reference", flat=True)
    )


@every
def test_each_arrives_when_it_is_due_and_not_before(exercise):
    exercise.begin()
    for inject in exercise.known.injects:
        at = inject.at.timedelta
        if at:
            exercise.until(seconds=at.total_seconds() - 1)
            assert exercise.delivery(inject.id).state == Delivery.State.WAITING
        told = exercise.until(seconds=at.total_seconds())
        assert exercise.delivery(inject.id).settled_at == told


def test_it_is_delivered_once_however_often_it_is_tried(exercise):
    exercise.begin()
    exercise.until(minutes=20)
    count = Report.objects.count()
    exercise.until(minutes=20)
    with pytest.raises(Conflict):
        conducting.deliver(inject="i2", by=exercise.bruno, now=clock.now())

    assert Report.objects.count() == count == 2
    assert Event.objects.filter(kind="inject.delivered").count() == 3


def test_a_call_rings_until_somebody_picks_it_up(exercise):
    exercise.begin()
    exercise.until(minutes=0)
    assert queries.ringing() == 1
    conducting.pick_up(inject="i1", by=exercise.alice, now=clock.now())
    again = conducting.pick_up(inject="i1", by=exercise.bruno, now=clock.now())

    assert queries.ringing() == 0
    assert again.taken_by_id == exercise.alice.user_id
    with pytest.raises(NotFound):
        conducting.pick_up(inject="i2", by=exercise.alice, now=clock.now())


def test_a_second_form_of_the_same_body_is_written_on_its_follow_up_page(request, exercise):
    exercise.begin()
    exercise.until(minutes=6)
    conducting.inject_free(
        channel="formulaire", org="c2", sender="Adjointe", text="Autre chose.",
        by=exercise.bruno, now=clock.now(),
    )  # fmt: skip

    assert Message.objects.get(text="Autre chose.").incident == exercise.delivery("i2").incident


def test_a_mail_from_a_known_address_is_about_its_case(exercise):
    exercise.begin()
    exercise.until(minutes=15)
    said = {"by": exercise.bruno, "now": clock.now(), "org": "cc", "channel": "courriel"}
    sender = "Informatique, informatique@trois-ruisseaux.example"
    row = conducting.inject_free(sender=sender, text="Encore une chose.", **said)
    other = conducting.inject_free(sender="Un passant", text="Je passe.", **said)

    assert row.incident == exercise.delivery("i3").incident
    assert other.incident not in {None, row.incident}


def test_a_skipped_one_never_arrives_and_one_asked_for_comes_at_once(exercise):
    exercise.begin()
    exercise.until(minutes=1)
    conducting.skip(inject="i2", by=exercise.bruno, now=clock.now())
    early = conducting.deliver(inject="i3", by=exercise.bruno, now=clock.now())
    exercise.until(minutes=20)

    assert exercise.delivery("i2").incident is None
    assert early.settled_at == exercise.start + timedelta(minutes=1)
    assert Report.objects.count() == 1


@pytest.mark.parametrize(
    ("bad", "wrong", "reason"),
    [
        ("i2", {"text": "x" * 100_000}, "invalid"),
        ("i3", {"sender": "Une\u2028adjointe"}, "ValueError"),  # no header holds an end of line
    ],
)
def test_one_that_the_desk_refuses_is_left_out_and_the_next_arrive(exercise, bad, wrong, reason):
    Delivery.objects.filter(inject=bad).update(**wrong)
    exercise.begin()
    exercise.until(hours=2)

    assert exercise.delivery(bad).state == Delivery.State.SKIPPED
    assert not queries.waiting().filter(due_at__lte=clock.now()).exists()
    assert queries.delivered().count() == 6
    told = Event.objects.get(kind="inject.failed")
    assert (told.actor, told.data["inject"]) == ("system", bad)
    assert told.data["reason"][0] == reason


def test_paused_nothing_arrives_by_itself(exercise):
    exercise.begin()
    conducting.pause(by=exercise.bruno, real=clock.real())
    exercise.until(hours=2)
    assert not queries.delivered().exists()
    conducting.resume(by=exercise.bruno, real=clock.real())
    exercise.until(hours=2)
    assert queries.delivered().count() == 7


def test_the_clock_stands_goes_and_keeps_its_place_when_the_speed_changes(exercise):
    def shown(play, **later):
        return play.pace.at(play.real_at + timedelta(**later))

    ready = Play.objects.get()
    assert shown(ready, hours=9) == exercise.start
    began = exercise.begin()
    assert shown(began, minutes=10) == exercise.start + timedelta(minutes=10)
    real = began.real_at + timedelta(minutes=10)
    fast = conducting.go(speed=6, by=exercise.bruno, real=real)
    assert shown(fast, minutes=10) == exercise.start + timedelta(minutes=70)
    held = conducting.pause(by=exercise.bruno, real=real + timedelta(minutes=10))
    assert shown(held, hours=9) == exercise.start + timedelta(minutes=70)
    over = conducting.end(by=exercise.bruno, real=real + timedelta(hours=1))
    assert over.ended_at == exercise.start + timedelta(minutes=70)
    with pytest.raises(Conflict):
        conducting.resume(by=exercise.bruno, real=clock.real())


def test_when_its_server_ends_its_clock_stands_until_somebody_resumes_it(exercise):
    conducting.interrupt(real=clock.real())  # it has not begun: nothing to stop
    assert Play.objects.get().state == "ready"

    real = exercise.begin().real_at + timedelta(minutes=10)
    conducting.interrupt(real=real)
    held = Play.objects.get()
    assert (held.state, held.shown_at) == ("paused", exercise.start + timedelta(minutes=10))

    on = conducting.resume(by=exercise.bruno, real=real + timedelta(hours=3))
    assert on.shown_at == held.shown_at
    assert Event.objects.filter(kind="exercise.paused", actor="system").count() == 1


@pytest.mark.parametrize("speed", [0, -1, 0.1, 3601, float("nan")])
def test_a_speed_that_cannot_be_is_refused(exercise, speed):
    with pytest.raises(Invalid):
        conducting.go(speed=speed, by=exercise.bruno, real=clock.real())


@pytest.mark.parametrize(
    "wrong", [{"channel": "pigeon"}, {"org": "elsewhere"}, {"text": "  "}, {"text": "x" * 5_001}]
)
def test_a_free_inject_that_cannot_be_is_refused(exercise, wrong):
    exercise.begin()
    good = {"channel": "courriel", "org": "cc", "sender": "X", "text": "Bonjour."}
    with pytest.raises(Invalid):
        conducting.inject_free(**good | wrong, by=exercise.bruno, now=clock.now())

    assert not Delivery.objects.filter(free=True).exists()


def test_the_worker_of_a_real_desk_plays_nothing(exercise, settings):
    exercise.begin()
    exercise.show(exercise.start + timedelta(hours=2))
    settings.EXERCISE = False

    assert player.turn() == 0
    settings.EXERCISE = True
    assert player.turn() == 7
