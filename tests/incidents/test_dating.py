"""Dated events: what happened at the victim's, at its own moment."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from csirt.accounts.principals import Person
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from incidents import queries
from incidents.models import DatedEvent
from incidents.services import casework, dating
from tests.incidents.conftest import follow, row
from tests.people import agree, file_case

TOLD = {
    "day": "12/11/2026",
    "hour": "03:00",
    "zone": "Asia/Tokyo",
    "approximate": False,
    "text": "Premier chiffrement vu.",
}


def date(case, user, **given):
    return dating.date_event(incident=case.uuid, by=Person.of(user), now=now(), **(TOLD | given))


def shown(case, user):
    return [one.text for one in queries.dated(Person.of(user), row(case)).order_by("at")]


def test_it_is_kept_in_its_zone_with_its_precision(alice, denise, since):
    case = denise.incident
    version = row(case).version
    since()

    event = date(case, alice, approximate=True)

    event = DatedEvent.objects.get(pk=event.pk)
    assert event.at == datetime(2026, 11, 11, 18, 0, tzinfo=UTC)
    assert (event.zone, event.precision, event.approximate) == ("Asia/Tokyo", "minute", True)
    assert row(case).version == version + 1
    assert since() == [("dated.written", {})]


def test_it_is_said_better_and_taken_off_and_put_back(alice, bruno, denise, since):
    case = denise.incident
    event = date(case, alice)
    since()
    ids = {"incident": case.uuid, "event": event.uuid}

    better = dating.redate(
        **ids, version=1, by=Person.of(bruno), now=now(), **(TOLD | {"hour": "", "text": "Vu."})
    )
    assert (better.precision, better.version, better.author) == ("day", 2, alice)
    dating.undate(**ids, version=2, by=Person.of(alice), now=now())
    assert shown(case, alice) == []
    dating.put_back(**ids, by=Person.of(alice), now=now())
    dating.put_back(**ids, by=Person.of(alice), now=now())

    assert shown(case, alice) == ["Vu."]
    assert [kind for kind, _data in since()] == ["dated.edited", "dated.removed", "dated.put_back"]


def test_who_saw_an_older_version_changes_nothing(alice, bruno, denise):
    case = denise.incident
    event = date(case, alice)
    ids = {"incident": case.uuid, "event": event.uuid, "version": 1}
    dating.redate(**ids, by=Person.of(bruno), now=now(), **(TOLD | {"text": "Le mien."}))

    with pytest.raises(Conflict):
        dating.redate(**ids, by=Person.of(alice), now=now(), **TOLD)
    with pytest.raises(Conflict):
        dating.undate(**ids, by=Person.of(alice), now=now())
    assert shown(case, alice) == ["Le mien."]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"day": "31/02/2026"}, "day"),
        ({"hour": "27:00"}, "hour"),
        ({"zone": "Lune"}, "zone"),
        ({"text": " "}, "text"),
        ({"text": "x" * 2_001}, "text"),
        ({"day": "2099-01-01"}, "day"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(given, field, alice, denise):
    with pytest.raises(Invalid) as refused:
        date(denise.incident, alice, **given)

    assert list(refused.value.fields) == [field]
    assert not DatedEvent.objects.exists()


def test_nobody_reaches_it_from_another_case_or_without_the_right(alice, bruno, eve, emile, denise):
    event = date(denise.incident, alice)
    other = file_case().incident
    agree(emile.operators.get(), denise.incident)
    ids = {"event": event.uuid, "version": 1, "now": now()}

    for case, user, error in (
        (other.uuid, alice, NotFound),
        (uuid4(), alice, NotFound),
        (denise.incident.uuid, eve, NotFound),
        (denise.incident.uuid, emile, NotAllowed),
    ):
        with pytest.raises(error):
            dating.undate(incident=case, by=Person.of(user), **ids)
    casework.restrict(
        incident=denise.incident.uuid, version=row(denise.incident).version, by=Person.of(alice),
        people=[], now=now(),
    )  # fmt: skip
    with pytest.raises(NotFound):
        dating.undate(incident=denise.incident.uuid, by=Person.of(bruno), **ids)
    assert shown(denise.incident, alice) == ["Premier chiffrement vu."]


def test_that_of_a_duplicate_is_shown_with_the_case_that_holds_it(alice, denise):
    other = file_case().incident
    date(other, alice, text="Vu chez le voisin.")
    follow("merge", other, alice, into=denise.incident.uuid)

    assert shown(denise.incident, alice) == ["Vu chez le voisin."]
