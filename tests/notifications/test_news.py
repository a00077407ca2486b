"""News for people of the desk: from events, read through what one may see now, mailed without a word."""

from datetime import timedelta

import pytest
from django.core import mail

from csirt.accounts.models import MailChoice, User
from csirt.accounts.principals import Person, Victim
from csirt.accounts.services import disable
from csirt.journal import drain
from csirt.kernel.clock import now
from incidents import kinds_team
from incidents.models import News, Notice
from incidents.notifications import sending
from incidents.services import (
    casework,
    clock_warnings,
    duties,
    following,
    telling,
    transitions,
    undoing,
    untaken,
    watching,
)
from tests.console.case import fresh, told
from tests.incidents.conftest import last_seq
from tests.people import client_of, file_case, person

P1 = {"category": "rancongiciel", "inputs": {"I": 4, "E": 2, "V": 4, "C": 0, "R": 4, "H": 4}}


@pytest.fixture(autouse=True)
def _the_desk_writes(settings):
    settings.MADE_UP = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def news_of(user):
    return [(row.about, row.incident_id) for row in telling.mine(Person.of(user))]


def assign(case, by, to):
    case = fresh(case)
    return casework.assign(
        incident=case.uuid, version=case.version, by=Person.of(by), to=to.uuid, now=now()
    )


def note(case, by, text):
    return casework.add_note(incident=case.uuid, by=Person.of(by), text=text, now=now())


def restrict(case, by):
    case = fresh(case)
    casework.restrict(
        incident=case.uuid, version=case.version, by=Person.of(by), people=[], now=now()
    )


def write(case, text="Du nouveau ?"):
    following.write_as_victim(
        victim=Victim(incident_id=case.pk), token=f"{abs(hash(text)):032x}", text=text, now=now()
    )


def on_duty(by, user, hours=8):
    at = now()
    return duties.add(
        by=Person.of(by), user=user.uuid, begins=at - timedelta(hours=1),
        ends=at + timedelta(hours=hours), phone="", weeks=1, now=at,
    )  # fmt: skip


def a_p1():
    case = file_case().incident
    assert case.priority == "P1"
    return case


def test_each_event_tells_whom_it_concerns(alice, bruno, denise):
    case = denise.incident
    drain()
    News.objects.all().delete()

    assign(case, bruno, alice)
    note(case, alice, "@Bruno, un avis ?")
    write(case)
    drain()

    assert set(news_of(alice)) == {("assigned", case.pk), ("wrote", case.pk)}
    assert news_of(bruno) == [("mentioned", case.pk)]


def test_one_is_told_nothing_of_ones_own_act(alice, denise):
    assign(denise.incident, alice, alice)
    note(denise.incident, alice, "@Alice")
    drain()

    assert news_of(alice) == []


def test_what_repeats_before_it_is_read_is_one_row_with_the_latest_moment(alice, denise):
    assign(denise.incident, alice, alice)
    for text in ("Un", "Deux", "Trois"):
        write(denise.incident, text)
    drain()

    assert news_of(alice) == [("wrote", denise.incident.pk)]
    telling.mark(by=Person.of(alice), read=True, now=now())
    write(denise.incident, "Quatre")
    drain()
    assert len(news_of(alice)) == 2


def test_read_twice_by_the_consumer_it_is_still_one_row(alice, bruno, denise):
    from csirt.journal.models import Event
    from incidents.notifications import teller

    assign(denise.incident, bruno, alice)
    drain()
    before = list(News.objects.values_list("user", "about", "seq"))

    for event in Event.objects.order_by("seq"):
        teller.tell(event)

    assert list(News.objects.values_list("user", "about", "seq")) == before


def test_who_watches_a_case_is_told_of_its_changes_and_not_twice(alice, bruno, denise):
    zoe = person("Zoé", "analyst")
    for user in (alice, zoe):
        watching.watch(incident=denise.incident.uuid, by=Person.of(user), now=now())
    drain()
    News.objects.all().delete()

    assign(denise.incident, bruno, alice)
    drain()

    assert news_of(alice) == [("assigned", denise.incident.pk)]
    assert news_of(zoe) == [("changed", denise.incident.pk)]


def test_an_act_that_was_taken_back_leaves_no_news(alice, bruno, denise):
    case = denise.incident
    undoing.undoably(
        lambda: assign(case, bruno, alice), act="attribuer", incident=case.uuid,
        by=Person.of(bruno), now=now(),
    )  # fmt: skip
    undoing.undo(incident=case.uuid, by=Person.of(bruno), now=now())
    drain()

    assert news_of(alice) == []


def test_a_new_p1_goes_to_who_is_on_duty_or_to_the_leads(alice, bruno):
    first = a_p1()
    drain()
    on_duty(bruno, alice)
    second = a_p1()
    drain()

    assert news_of(bruno) == [("p1", first.pk)]
    assert news_of(alice) == [("p1", second.pk)]


def test_a_p1_that_nobody_takes_goes_to_the_leads_once(alice, bruno):
    on_duty(bruno, alice)
    case = a_p1()
    mark = last_seq()

    assert untaken.escalate_due(now=now() + timedelta(minutes=14)) == 0
    assert untaken.escalate_due(now=now() + timedelta(minutes=15)) == 1
    assert untaken.escalate_due(now=now() + timedelta(minutes=30)) == 0

    assert told(mark, of=case) == [(kinds_team.UNTAKEN.name, {"minutes": 15})]
    drain()
    assert ("untaken", case.pk) in news_of(bruno)
    assert ("untaken", case.pk) not in news_of(alice)


def test_a_p1_that_somebody_took_is_nobodys_alarm(alice, bruno):
    case = a_p1()
    transitions.take(incident=case.uuid, version=case.version, by=Person.of(alice), now=now())

    assert untaken.escalate_due(now=now() + timedelta(hours=1)) == 0


def test_the_minutes_are_a_setting(bruno, settings):
    settings.P1_UNTAKEN_MINUTES = 5
    a_p1()

    assert untaken.escalate_due(now=now() + timedelta(minutes=6)) == 1


def test_what_one_may_not_see_any_more_is_nowhere(alice, bruno, denise):
    assign(denise.incident, bruno, alice)
    drain()
    restrict(denise.incident, bruno)
    client = client_of(alice)

    assert news_of(alice) == []
    page = client.get("/console/nouvelles/").content.decode()
    assert denise.incident.reference not in page
    assert client.get("/console/nouvelles/compte").json()["unread"] == 0
    row = News.objects.get(user=alice)
    answer = client.post("/console/nouvelles/", {"about": str(row.uuid), "lu": "oui"})
    assert answer.status_code == 404
    assert News.objects.get(pk=row.pk).read_at is None


def test_who_may_not_see_the_case_gets_no_row(alice, bruno, eve, emile, denise):
    restrict(denise.incident, alice)
    drain()
    News.objects.all().delete()

    note(denise.incident, alice, "@Bruno @Émile @Eve")
    write(denise.incident)
    drain()

    assert not News.objects.exists()


def test_rows_are_marked_one_by_one_or_all(alice, bruno, denise):
    other = file_case().incident
    for case in (denise.incident, other):
        assign(case, bruno, alice)
    drain()
    client = client_of(alice)
    assert client.get("/console/nouvelles/compte").json()["unread"] == 2

    one = News.objects.get(user=alice, incident=other)
    client.post("/console/nouvelles/", {"about": str(one.uuid), "lu": "oui"})
    assert client.get("/console/nouvelles/compte").json()["unread"] == 1
    client.post("/console/nouvelles/", {"about": str(one.uuid), "lu": "non"})
    assert client.get("/console/nouvelles/compte").json()["unread"] == 2
    client.post("/console/nouvelles/", {"lu": "oui"})
    assert client.get("/console/nouvelles/compte").json()["unread"] == 0
    assert not News.objects.filter(user=bruno).exclude(read_at=None).exists()


def test_opening_the_case_reads_its_news(alice, bruno, denise):
    assign(denise.incident, bruno, alice)
    drain()

    page = client_of(alice).get(f"/console/dossiers/{denise.incident.uuid}/").content.decode()

    assert '<span class="count" role="status" hidden>0</span>' in page
    assert not News.objects.filter(user=alice, read_at=None).exists()


def test_the_daily_mail_leaves_in_the_morning_with_references_and_a_number_alone(
    alice, bruno, denise
):
    other = file_case().incident
    for case in (denise.incident, other):
        assign(case, bruno, alice)
    drain()
    morning = telling.next_morning(now())

    sending.send_due(now())
    assert alice.email not in [one.to[0] for one in mail.outbox]
    due = set(Notice.objects.filter(user=alice).values_list("due_at", flat=True))
    assert due == {morning}
    Notice.objects.filter(user=alice).update(due_at=now())
    sending.send_due(now())

    [sent] = [one for one in mail.outbox if one.to == [alice.email]]
    assert sent.subject == "Du nouveau dans la console : 2 dossier(s)"
    assert {denise.incident.reference, other.reference} <= set(sent.body.split())
    assert "/console/nouvelles/" in sent.body
    for word in ("lockbit", "Mairie", "Bruno", "confié"):
        assert word not in sent.body


def test_each_is_written_to_in_their_own_language(alice, bruno, denise):
    User.objects.filter(pk=alice.pk).update(language="en")
    assign(denise.incident, bruno, alice)
    drain()
    Notice.objects.filter(user=alice).update(due_at=now())
    sending.send_due(now())

    [sent] = [one for one in mail.outbox if one.to == [alice.email]]
    assert sent.subject == "News in the console: 1 case(s)"
    assert sent.body.startswith("Hello,")


def test_nobody_is_mailed_what_they_read_or_may_not_see_or_asked_not_to_be(alice, bruno, denise):
    zoe = person("Zoé", "analyst")
    zoe.mail = MailChoice.NONE
    zoe.save()
    read, hidden = denise.incident, file_case().incident
    assign(read, bruno, alice)
    assign(hidden, bruno, alice)
    assign(file_case().incident, bruno, zoe)
    drain()
    telling.mark(by=Person.of(alice), read=True, now=now(), case=read)
    restrict(hidden, bruno)
    Notice.objects.exclude(user=None).update(due_at=now())

    sending.send_due(now())

    assert [one for one in mail.outbox if one.to[0] in {alice.email, zoe.email}] == []


def test_on_duty_a_p1_is_mailed_at_once_whatever_was_chosen(alice, bruno):
    alice.mail = MailChoice.NONE
    alice.save()
    on_duty(bruno, alice)
    case = a_p1()
    drain()
    mark = last_seq()

    sending.send_due(now())

    [sent] = [one for one in mail.outbox if one.to == [alice.email]]
    assert case.reference in sent.body
    assert (kinds_team.TEAM_MAILED.name, {"about": "equipe", "tries": 1}) in told(mark, of=case)


def test_eve_and_strangers_have_no_news(eve, emile):
    assert client_of(eve).get("/console/nouvelles/").status_code == 404
    assert client_of(eve).get("/console/nouvelles/compte").status_code == 404
    assert client_of().get("/console/nouvelles/").status_code == 302
    # An operator has a page of their own, and neither sound nor mail.
    assert client_of(emile).get("/console/nouvelles/").status_code == 200
    assert (
        client_of(emile).post("/console/nouvelles/reglages", {"mail": "daily"}).status_code == 404
    )


def test_the_choice_is_kept_and_an_unknown_one_is_refused(alice):
    client = client_of(alice)

    client.post("/console/nouvelles/reglages", {"mail": "urgent"})
    alice.refresh_from_db()
    assert (alice.mail, alice.sound_enabled) == ("urgent", False)
    assert client.post("/console/nouvelles/reglages", {"mail": "hourly"}).status_code == 400


def test_a_deadline_of_somebody_who_left_reaches_who_answers(alice, bruno, ada, denise):
    assign(denise.incident, alice, alice)
    disable(user=alice.uuid, version=1, by=ada, now=now())
    drain()
    News.objects.all().delete()
    clock_warnings.warn_due(now=now() + timedelta(days=3))
    drain()

    assert ("clock", denise.incident.pk) in news_of(bruno)


def test_a_restricted_p1_that_nobody_takes_reaches_who_is_named_on_it(alice, bruno):
    case = a_p1()
    restrict(case, alice)
    drain()
    News.objects.all().delete()
    untaken.escalate_due(now=now() + timedelta(minutes=20))
    drain()

    assert news_of(alice) == [("untaken", case.pk)]
    assert news_of(bruno) == []
