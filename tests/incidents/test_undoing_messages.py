"""A message to the victim can be taken back for ten seconds: they do not see it before."""

from datetime import timedelta

import pytest

from csirt.accounts.principals import Person, Victim
from csirt.journal import drain
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, Invalid, NotFound
from incidents import kinds, queries
from incidents.models import Message, Notice, TextDraft
from incidents.notifications import sending
from incidents.services import following, text_drafts, undoing
from tests.incidents.conftest import row
from tests.people import client_of

AGO = timedelta(seconds=11)


def write(case, user, text="Débranchez le serveur.", at=None):
    return undoing.undoably(
        lambda: following.write_to_victim(
            incident=case.uuid, by=Person.of(user), token="0" * 32, text=text, now=at or now()
        ),
        act=undoing.MESSAGE,
        incident=case.uuid,
        by=Person.of(user),
        now=at or now(),
    )


def undo(case, user):
    return undoing.undo(incident=case.uuid, by=Person.of(user), now=now())


def seen_by_victim(denise, client):
    """Return what Denise's page holds."""
    client.post("/suivi/", {"code": denise.code})
    return client.get("/suivi/").content.decode()


def test_the_victim_sees_it_ten_seconds_later_and_not_before(alice, denise, client):
    write(denise.incident, alice)

    fresh = seen_by_victim(denise, client)
    Message.objects.update(written_at=now() - AGO)
    later = seen_by_victim(denise, client)

    assert "Débranchez le serveur." not in fresh
    assert "Nous vous avons écrit." not in fresh
    assert "Débranchez le serveur." in later


def test_taken_back_it_is_gone_and_its_words_wait_as_a_draft(alice, denise, client):
    case = denise.incident
    following.write_as_victim(
        victim=Victim(incident_id=case.pk), token="1" * 32, text="Alors ?", now=now() - AGO
    )
    text_drafts.keep(
        incident=case.uuid,
        by=Person.of(alice),
        field="message-text",
        text="Et ensuite ?",
        now=now(),
    )
    write(case, alice)
    assert not row(case).unread

    undo(case, alice)

    assert row(case).unread  # as it was: nobody has answered
    assert [one.text for one in queries.talk(Person.of(alice), case)] == ["Alors ?"]
    assert TextDraft.objects.get().text == "Débranchez le serveur.\n\nEt ensuite ?"
    events = queries.timeline(Victim(incident_id=case.pk), case).values_list("kind", flat=True)
    assert kinds.DESK_WROTE.name not in events
    assert "Nous vous avons écrit." not in seen_by_victim(denise, client)


def test_its_mail_never_leaves(alice, denise, settings):
    settings.MADE_UP = True
    write(denise.incident, alice)
    undo(denise.incident, alice)
    drain()

    Notice.objects.update(due_at=now())

    sending.send_due(now())

    told = Notice.objects.filter(kind=kinds.DESK_WROTE.name)
    assert [one.state for one in told] == [Notice.State.DROPPED]


def test_after_ten_seconds_it_stays(alice, denise):
    write(denise.incident, alice, at=now() - AGO)

    with pytest.raises(Invalid):
        undo(denise.incident, alice)
    assert Message.objects.get().text == "Débranchez le serveur."


def test_once_the_victim_has_answered_it_stays(alice, denise):
    write(denise.incident, alice)
    following.write_as_victim(
        victim=Victim(incident_id=denise.incident.pk), token="2" * 32, text="Oui.", now=now()
    )

    with pytest.raises(Conflict):
        undo(denise.incident, alice)
    assert Message.objects.count() == 2


def test_eve_takes_nothing_back(alice, eve, denise):
    write(denise.incident, alice)

    with pytest.raises(NotFound):
        undo(denise.incident, eve)


def test_the_page_offers_it_at_once(alice, denise):
    client = client_of(alice)
    address = f"/console/dossiers/{denise.incident.uuid}/"

    page = client.post(
        f"{address}faire/message", {"message-text": "Bonjour.", "token": "0" * 32}, follow=True
    ).content.decode()
    assert f'action="{address}annuler"' in page

    client.post(f"{address}annuler")
    assert not Message.objects.exists()
    assert "Bonjour.</textarea>" in client.get(address).content.decode()
