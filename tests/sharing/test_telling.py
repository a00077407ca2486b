"""People hear of what partners say; partners' people hear that what they had read is gone."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import mail

from api.models import Partner, PartnerPerson, Pull
from api.sharing import partners
from csirt.accounts.models import User
from csirt.journal import drain
from csirt.journal.models import Event
from csirt.kernel.clock import now
from incidents.models import Incident, News, Notice
from incidents.notifications import sending
from incidents.services import casework, telling
from tests.people import client_of
from tests.sharing.desk import collection, latest, of, partner, qualified, raise_tlp, release
from tests.sharing.test_received import send, sighting

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _the_desk_writes(settings):
    settings.MADE_UP = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.ORIGINS = ["https://desk.exemple.fr"]


def writing_partner(bruno, identifier="csirt-voisin", reads=()):
    row = partner(bruno, identifier, reads=reads)
    partners.issue_token(
        partner=row.uuid, by=of(bruno), now=now(), scopes=["taxii:read", "taxii:write"]
    )
    return row


def options(found, by, version, *, details):
    return partners.edit_collection(
        collection=found.uuid, version=version, playbooks=False, details=details, by=of(by),
        now=now(),
    )  # fmt: skip


def opinion(of_, said="disagree"):
    moment = "2026-01-31T10:00:00.000Z"
    return {
        "type": "opinion", "spec_version": "2.1", "id": f"opinion--{uuid4()}", "created": moment,
        "modified": moment, "opinion": said, "object_refs": [of_],
    }  # fmt: skip


def indicator_of(found):
    return next(row for row in latest(found) if row.type == "indicator").stix_id


def news_of(user):
    return [row.about for row in telling.mine(of(user))]


def test_a_sighting_and_an_opinion_are_news_for_who_has_the_case(alice, bruno):
    found, case = collection(bruno), qualified(alice)
    case = Incident.objects.get(pk=case.pk)
    if case.assignee is None:
        casework.assign(
            incident=case.uuid, version=case.version, by=of(alice), to=alice.uuid, now=now()
        )
    release(case, alice, found)
    row = writing_partner(bruno)

    send(row, sighting(indicator_of(found)))
    drain()
    assert news_of(alice) == [News.About.PARTNER]

    [push] = send(row, opinion(indicator_of(found)))
    drain()
    event = Event.objects.get(kind="share.opined")
    assert (event.incident, event.data["opinion"]) == (case.pk, "disagree")
    assert push.incident_id == case.pk
    page = client_of(alice).get(f"/console/dossiers/{case.uuid}/").content.decode()
    assert "pas d'accord" in page.replace("&#x27;", "'")


def test_an_opinion_about_nothing_of_ours_is_told_nowhere(alice, bruno):
    row = writing_partner(bruno)

    [push] = send(row, opinion(f"indicator--{uuid4()}"))
    drain()

    assert push.incident_id is None
    assert not Event.objects.filter(kind="share.opined").exists()
    assert not News.objects.filter(about=News.About.PARTNER).exists()


def test_who_may_not_see_the_case_hears_nothing(alice, bruno):
    found, case = collection(bruno), qualified(alice)
    release(case, alice, found)
    Incident.objects.filter(pk=case.pk).update(restricted=True)

    send(writing_partner(bruno), sighting(indicator_of(found)))
    drain()

    assert News.objects.filter(user=alice, about=News.About.PARTNER).count() == 0


def test_who_had_read_what_is_taken_back_gets_one_mail_that_names_no_case(alice, bruno, chloe, eve):
    green, case = collection(bruno), qualified(alice)
    reader, other = (writing_partner(bruno, name, [green]) for name in ("lecteur", "autre"))
    PartnerPerson.objects.create(partner=reader, user=chloe)
    PartnerPerson.objects.create(partner=other, user=eve)
    release(case, alice, green)
    minute = now().replace(second=0, microsecond=0)
    Pull.objects.create(token=reader.tokens.first(), collection=green, minute=minute, count=1)

    raise_tlp(case, alice, "red")
    drain()
    drain()
    sending.send_due(now() + timedelta(minutes=1))

    [letter] = [one for one in mail.outbox if one.to in ([chloe.email], [eve.email])]
    assert letter.to == [chloe.email]
    assert "ne sont plus partagés" in letter.subject
    assert "https://desk.exemple.fr/console/partage/mon-organisation/" in letter.body
    assert case.reference not in letter.subject + letter.body
    assert Notice.objects.filter(about="partage-retire").count() == 1


def test_two_cases_taken_back_are_still_no_list_of_cases(alice, bruno, chloe):
    green = collection(bruno)
    reader = writing_partner(bruno, "lecteur", [green])
    PartnerPerson.objects.create(partner=reader, user=chloe)
    cases = [qualified(alice), qualified(alice)]
    for case in cases:
        release(case, alice, green)
    minute = now().replace(second=0, microsecond=0)
    Pull.objects.create(token=reader.tokens.first(), collection=green, minute=minute, count=1)

    for case in cases:
        raise_tlp(case, alice, "red")
    drain()
    sending.send_due(now() + timedelta(minutes=1))

    theirs = [letter for letter in mail.outbox if letter.to == [chloe.email]]
    assert theirs
    text = "".join(letter.subject + letter.body for letter in theirs)
    assert not any(case.reference in text for case in cases)


def test_who_had_read_under_an_option_that_ends_is_told_in_their_language(alice, bruno, chloe):
    found, case = collection(bruno), qualified(alice)
    found = options(found, bruno, 1, details=True)
    reader, other = (writing_partner(bruno, name, [found]) for name in ("lecteur", "autre"))
    Partner.objects.filter(pk=reader.pk).update(options={"details": True})
    PartnerPerson.objects.create(partner=reader, user=chloe)
    User.objects.filter(pk=chloe.pk).update(language="en")
    release(case, alice, found)
    minute = now().replace(second=0, microsecond=0)
    for one in (reader, other):
        Pull.objects.create(token=one.tokens.first(), collection=found, minute=minute, count=1)

    options(found, bruno, 2, details=False)
    ended = Event.objects.get(kind="share.withdrawn")
    assert ended.data["partners"] == ["lecteur"]
    raise_tlp(case, alice, "red")
    drain()
    drain()

    told = Notice.objects.filter(about="partage-retire", address=chloe.email).order_by("pk")
    assert [(row.incident_id, row.language) for row in told] == [(None, "en"), (case.pk, "en")]
    sending.send_due(now() + timedelta(minutes=1))
    letters = [one for one in mail.outbox if one.to == [chloe.email]]
    assert letters
    assert all("no longer shared" in one.subject for one in letters)
