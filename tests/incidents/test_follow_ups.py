"""After closing: questions go out once a round, and an answer that says it goes on reopens the case."""

from datetime import timedelta

import pytest
import time_machine

from csirt.accounts.principals import Person, Victim
from csirt.directory import reference
from csirt.journal import drain
from csirt.journal.models import Event
from csirt.kernel import codes
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, Invalid, NotFound
from csirt.management.periodic import STEPS
from csirt.reference.hours import OpeningHours
from incidents.domain import later_questions
from incidents.models import (
    ErasureRequest,
    FollowUp,
    Incident,
    Message,
    News,
    Notice,
    Report,
    Trust,
)
from incidents.notifications import follow_ups as rounds
from incidents.services import erasing, follow_ups, merging, notices, undoing, watching
from tests.incidents.conftest import case_in, follow, last_seq, row
from tests.notifications.conftest import deliver, post, smtp
from tests.people import file_case, person

pytestmark = pytest.mark.django_db(transaction=True)
assert post, smtp  # fixtures of this file too
EMAIL = "denise@mairie-exemple.fr"


def later(case, days):
    """Return a moment so many days after a case was closed when the desk is open."""
    hours = OpeningHours(reference.current().service_hours)
    return hours.next_opening(row(case).closed_at + timedelta(days=days, minutes=1))


def send(case, days):
    return rounds.send_due(later(case, days))


def sent(case):
    return list(FollowUp.objects.filter(incident=case.pk).order_by("pk"))


def answer(case, given, text="", token=None, at=None):
    [*_, last] = sent(case)
    return follow_ups.answer(
        victim=Victim(incident_id=case.pk),
        follow_up=last.uuid,
        answers=given,
        token=token or codes.new_token(),
        text=text,
        now=at or now(),
    )


@pytest.fixture
def closed(alice):
    return case_in("closed", alice)


def test_the_worker_looks_by_itself():
    assert rounds.send_due in {step for _name, _every, step in STEPS}


def test_each_round_goes_out_once_at_its_day(closed):
    assert send(closed, 29) == 0
    for days in (30, 90, 180):
        assert send(closed, days) == 1
        assert send(closed, days) == 0
        assert send(closed, days + 20) == 0

    assert [one.days for one in sent(closed)] == [30, 90, 180]
    assert Message.objects.filter(incident=closed.pk, via="auto").count() == 3
    kinds = Event.objects.filter(incident=closed.pk, kind="followup.sent")
    assert [(one.actor, one.data["days"]) for one in kinds] == [
        ("system", 30),
        ("system", 90),
        ("system", 180),
    ]


def test_a_worker_that_was_away_writes_one_letter_and_not_three(closed):
    assert send(closed, 185) == 1
    assert send(closed, 190) == 0
    assert [one.days for one in sent(closed)] == [180]


def test_a_case_that_was_closed_long_ago_is_left_alone(closed):
    assert send(closed, 211) == 0


def test_at_night_and_on_sunday_it_waits(closed):
    day = later(closed, 30)
    assert rounds.send_due(day.replace(hour=1)) == 0
    sunday = day + timedelta(days=6 - day.weekday())
    assert rounds.send_due(sunday) == 0
    assert send(closed, 40) == 1


def test_two_workers_at_once_write_one_letter(closed):
    at = later(closed, 30)
    [(case, days)] = follow_ups.due(at)
    first = follow_ups.send(incident=case.uuid, days=days, text="Un.", now=at)
    second = follow_ups.send(incident=case.uuid, days=days, text="Deux.", now=at)

    assert first is not None
    assert second is None
    assert Message.objects.filter(incident=closed.pk, via="auto").count() == 1


@pytest.mark.parametrize(
    "state", ["active", "review", "redirected", "rejected", "duplicate, from active"]
)
def test_only_what_is_closed_is_followed(alice, state):
    case_in(state, alice)
    assert not follow_ups.due(now() + timedelta(days=31))


def test_a_case_reopened_is_not_written_to_and_closed_again_is_counted_anew(closed, alice):
    at = later(closed, 30)
    case = follow("reopen", closed, alice)
    assert rounds.send_due(at) == 0
    with time_machine.travel(now() + timedelta(days=10)):
        follow("resolve", case, alice)
        follow("close", case, alice)
    assert rounds.send_due(at) == 0
    assert send(closed, 30) == 1


def test_closing_that_was_taken_back_leaves_nothing_to_send(alice):
    case = case_in("review", alice)
    undoing.undoably(
        lambda: follow("close", case, alice), act="close", incident=case.uuid,
        by=Person.of(alice), now=now(),
    )  # fmt: skip
    at = later(case, 30)
    undoing.undo(incident=case.uuid, by=Person.of(alice), now=now())

    assert rounds.send_due(at) == 0
    assert not sent(case)


def test_reopening_that_was_taken_back_sends_no_round_twice(closed, alice):
    send(closed, 30)
    undoing.undoably(
        lambda: follow("reopen", closed, alice), act="reopen", incident=closed.uuid,
        by=Person.of(alice), now=now(),
    )  # fmt: skip
    undoing.undo(incident=closed.uuid, by=Person.of(alice), now=now())

    assert send(closed, 31) == 0
    assert send(closed, 90) == 1


def test_sending_changes_neither_the_version_nor_the_place_of_a_case(closed):
    before = row(closed)
    send(closed, 30)
    after = row(closed)

    assert (after.version, after.unread, after.changed_at) == (
        before.version,
        before.unread,
        before.changed_at,
    )


def test_an_erasure_that_was_accepted_stops_it(closed, alice):
    ErasureRequest.objects.create(
        incident=closed, asked_at=now(), answered_at=now(), accepted=True, answered_by=alice
    )
    assert send(closed, 30) == 0


def test_an_erased_case_keeps_no_question_and_no_answer(closed, alice):
    send(closed, 30)
    answer(closed, {"marche": "oui"}, text="Merci à vous")
    ErasureRequest.objects.create(
        incident=closed, asked_at=now(), answered_at=now() - erasing.WAITS, accepted=True,
        answered_by=alice,
    )  # fmt: skip
    at = later(closed, 90)
    assert erasing.erase_due(now=now()) == 1

    assert not FollowUp.objects.exists()
    assert not Message.objects.filter(incident=closed.pk).exists()
    assert rounds.send_due(at) == 0


def test_the_mail_says_that_there_is_news_and_asks_nothing(post, closed):
    Notice.objects.all().delete()
    drain()
    Notice.objects.all().delete()
    with time_machine.travel(later(closed, 30)):
        rounds.send_due(now())
        deliver()

    [text] = post.texts
    assert "/suivi/" in text
    assert "étrange" not in text
    assert "fermé" not in text


@pytest.mark.parametrize("trust", [Trust.COMPROMISED, Trust.DEAD])
def test_an_address_that_is_not_to_be_used_gets_nothing(post, closed, bruno, trust):
    drain()
    Notice.objects.all().delete()
    report = Report.objects.get(first_incident=closed)
    notices.judge_contact(
        incident=closed.uuid, by=Person.of(bruno), report=report.uuid, trust=trust, now=now()
    )
    with time_machine.travel(later(closed, 30)):
        assert rounds.send_due(now()) == 1
        deliver()

    assert post.mails == []
    assert Notice.objects.get(kind="followup.sent").state == "withheld"


def test_the_language_of_the_report_is_that_of_the_questions(alice):
    case = file_case(language="en").incident
    for edge in ("take", "qualify", "resolve", "close"):
        follow(edge, case, alice)
    send(case, 30)

    assert sent(case)[0].message.text.startswith("Hello,")
    assert case.reference in sent(case)[0].message.text
    assert "{" not in sent(case)[0].message.text


def test_a_good_answer_is_kept_and_disturbs_nobody(closed, alice):
    send(closed, 30)
    mark = last_seq()
    answer(closed, {"marche": "oui", "recommence": "rien"})

    case, [one] = row(closed), sent(closed)
    assert (case.state, case.unread) == ("closed", False)
    assert (one.answers, one.bad) == ({"marche": "oui", "recommence": "rien"}, False)
    [event] = Event.objects.filter(seq__gt=mark)
    assert (event.kind, event.actor, event.audience) == ("followup.told", "victim", "victim")
    assert event.data == {"followup": str(one.uuid), "days": 30, "bad": False}


@pytest.mark.parametrize(
    "given", [{"marche": "non"}, {"recommence": "doute"}, {"marche": "oui", "recommence": "oui"}]
)
def test_a_bad_answer_reopens_with_its_reason_and_on_top(closed, alice, given):
    send(closed, 30)
    answer(closed, given)

    case = row(closed)
    assert (case.state, case.unread, case.closed_at) == ("active", True, None)
    assert case.reason.startswith("Suivi à 30 jours.")
    assert sent(closed)[0].bad
    event = Event.objects.filter(incident=case.pk, kind="incident.reopened").get()
    assert (event.actor, event.data) == ("victim", {"state": "active"})


def test_whoever_worked_it_is_told(closed, alice, bruno, eve):
    send(closed, 30)
    answer(closed, {"marche": "non"})
    drain()

    told = News.objects.filter(about=News.About.AGAIN)
    assert [one.user for one in told] == [alice]


def test_who_closed_it_is_told_beside_who_it_is_given_to(alice, bruno):
    case = case_in("review", alice)
    follow("close", case, bruno)
    watcher = person("Wanda", "analyst")
    watching.watch(incident=case.uuid, by=Person.of(watcher), now=now())
    send(case, 30)
    drain()
    News.objects.all().delete()
    answer(case, {"recommence": "oui"})
    drain()

    again = News.objects.filter(about=News.About.AGAIN)
    assert {one.user for one in again} == {alice, bruno}
    assert News.objects.filter(user=watcher, about=News.About.CHANGED).exists()


def test_nobody_who_worked_it_is_left_so_a_lead_is_told(closed, alice, bruno):
    alice.is_active = False
    alice.save()
    send(closed, 30)
    answer(closed, {"marche": "non"})
    drain()

    assert [one.user for one in News.objects.filter(about=News.About.AGAIN)] == [bruno]


def test_the_victim_gets_no_mail_about_what_they_just_said(post, closed):
    drain()
    Notice.objects.all().delete()
    send(closed, 30)
    answer(closed, {"marche": "non"})
    drain()

    assert not Notice.objects.filter(kind="incident.reopened").exists()


def test_words_are_a_message_like_any_other_and_bring_the_case_up(closed):
    send(closed, 30)
    answer(closed, {"marche": "oui"}, text="Le fichier du cadastre manque encore.")

    case = row(closed)
    assert (case.state, case.unread) == ("closed", True)
    assert Message.objects.filter(incident=case.pk, via="", author=None).count() == 1


def test_the_same_answer_twice_is_one_and_another_is_refused(closed):
    send(closed, 30)
    token = codes.new_token()
    for _ in range(2):
        answer(closed, {"marche": "oui"}, text="Merci", token=token)
    with pytest.raises(Conflict):
        answer(closed, {"marche": "non"})

    assert row(closed).state == "closed"
    assert Event.objects.filter(kind="followup.told").count() == 1
    assert Message.objects.filter(incident=closed.pk, via="").count() == 1


def test_words_added_to_the_same_answer_are_heard_once(closed):
    send(closed, 30)
    token = codes.new_token()
    answer(closed, {"marche": "oui"}, token=token)
    for _ in range(2):
        answer(closed, {"marche": "oui"}, text="Encore un courriel.", token=token)

    assert [one.text for one in Message.objects.filter(incident=closed.pk, via="")] == [
        "Encore un courriel."
    ]
    assert row(closed).unread
    assert Event.objects.filter(kind="followup.told").count() == 1


@pytest.mark.parametrize(
    "given", [{}, {"marche": "peut-etre"}, {"inconnue": "oui"}, {"sauvegarde": "oui"}]
)
def test_what_is_no_answer_of_this_round_leaves_nothing(closed, given):
    send(closed, 30)
    mark = last_seq()
    with pytest.raises(Invalid):
        answer(closed, given)

    assert last_seq() == mark
    assert sent(closed)[0].answered_at is None


def test_questions_fit_the_case(alice):
    case = case_in("closed", alice)
    send(case, 30)
    [one] = sent(case)

    assert [asked.id for asked in follow_ups.questions(one, row(case))] == [
        "marche",
        "recommence",
        "publie",
        "mots-de-passe",
    ]


def test_the_victim_of_another_case_answers_nothing(closed, alice):
    send(closed, 30)
    other = file_case().incident
    with pytest.raises(NotFound):
        follow_ups.answer(
            victim=Victim(incident_id=other.pk), follow_up=sent(closed)[0].uuid,
            answers={"marche": "non"}, token=codes.new_token(), text="", now=now(),
        )  # fmt: skip

    assert row(closed).state == "closed"


def test_an_answer_that_meets_a_case_reopened_meanwhile_only_brings_it_up(closed, alice):
    send(closed, 30)
    follow("reopen", closed, alice)
    answer(closed, {"marche": "non"})

    assert (row(closed).state, row(closed).unread) == ("active", True)
    assert Event.objects.filter(kind="incident.reopened").count() == 1


@pytest.mark.parametrize("state", ["review", "closed"])
def test_what_an_earlier_closing_asked_reopens_no_later_one(closed, alice, state):
    send(closed, 30)
    case = follow("reopen", closed, alice)
    with time_machine.travel(now() + timedelta(days=40)):
        follow("resolve", case, alice)
        if state == "closed":
            follow("close", case, alice)
        answer(closed, {"marche": "non"}, text="Depuis mars.")

    case, [one] = row(closed), sent(closed)
    assert (case.state, case.unread) == (state, True)
    assert (one.answers, one.bad) == ({"marche": "non"}, True)
    assert Message.objects.filter(incident=case.pk, text="Depuis mars.").exists()
    assert Event.objects.filter(kind="incident.reopened").count() == 1


def test_an_answer_from_before_a_merge_does_not_reopen_the_case_of_somebody_else(closed, alice):
    send(closed, 30)
    follow("reopen", closed, alice)
    main = file_case().incident
    case = row(closed)
    merging.merge(
        incident=case.uuid, version=case.version, by=Person.of(alice), into=main.uuid, now=now()
    )
    for edge in ("take", "qualify", "resolve", "close"):
        follow(edge, main, alice)
    Incident.objects.filter(pk=main.pk).update(unread=False)
    answer(closed, {"marche": "non"})

    assert (row(main).state, row(main).unread) == ("closed", True)
    assert sent(closed)[0].answers == {"marche": "non"}


def test_a_case_reopened_and_merged_is_asked_no_more_and_a_late_answer_reaches_the_main_one(
    closed, alice
):
    send(closed, 30)
    follow("reopen", closed, alice)
    main = file_case().incident
    case = row(closed)
    merging.merge(
        incident=case.uuid, version=case.version, by=Person.of(alice), into=main.uuid, now=now()
    )
    assert follow_ups.waiting(row(closed)) is None
    answer(closed, {"marche": "non"})

    assert row(closed).state == "duplicate"
    assert Incident.objects.get(pk=main.pk).unread
    assert Event.objects.filter(incident=main.pk, kind="followup.told").get().audience == "desk"


def test_who_will_be_erased_is_heard_and_not_reopened(closed, alice):
    send(closed, 30)
    ErasureRequest.objects.create(
        incident=closed, asked_at=now(), answered_at=now(), accepted=True, answered_by=alice
    )
    answer(closed, {"marche": "non"})

    assert (row(closed).state, row(closed).unread) == ("closed", True)


def test_each_round_ends_where_the_next_begins():
    found = [
        (one.days, begins.days, until.days)
        for one, begins, until in later_questions.windows(reference.current().reviews)
    ]
    assert found == [(30, 30, 90), (90, 90, 180), (180, 180, 210)]
