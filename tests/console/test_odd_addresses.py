"""Addresses and forms that nobody writes by hand: each is answered, none is a fault, on both engines."""

from urllib.parse import quote

import pytest

from csirt.accounts.principals import Person
from csirt.directory.services import change_setting
from csirt.kernel.clock import now
from csirt.kernel.errors import Invalid
from incidents.models import Clock, Duty, Incident, Observable
from incidents.services import observing
from tests.console.case import address, post
from tests.people import client_of

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE, AFTER = "0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    "query",
    [
        f"?apres={quote(BEFORE)}_e1", f"?apres={quote(AFTER)}_m9", "?du=0001-01-01", "?au=9999-12-31",
        "?groupe=%00&par=%00&modele=%00&doublon=%00",
    ],
)  # fmt: skip
def test_the_timeline_begins_at_no_impossible_moment(query, alice, denise):
    assert client_of(alice).get(address(denise.incident) + query).status_code == 200


@pytest.mark.parametrize("moment", [BEFORE, AFTER])
def test_the_queue_and_where_a_value_was_seen_begin_at_none_either(moment, alice, denise):
    by, case = Person.of(alice), denise.incident
    observing.paste_observables(incident=case.uuid, by=by, text="203.0.113.9", now=now())
    value = Observable.objects.get(incident=case)
    client, place = client_of(alice), quote(f"4_P1_{moment}_{case.uuid}")

    for path in (f"/console/?apres={place}", f"/console/?avant={place}"):
        assert client.get(path).status_code == 200
    seen = f"observables/{value.uuid}?apres={quote(f'{moment}_1')}"
    assert client.get(address(case) + seen).status_code == 200


@pytest.mark.parametrize(
    "question",
    ["depuis:0001-01-01", "avant:9999-12-31", "depuis:31/12/9999", "dep:34 " * 70, "qui:a " * 80],
)
def test_the_search_takes_any_day_and_any_number_of_filters(question, alice, denise):
    client = client_of(alice)

    assert client.get("/console/recherche/", {"q": question}).status_code == 200
    assert client.get("/console/", {"texte": question}).status_code == 200


@pytest.mark.parametrize("name", ["dep", "categorie", "etiquette", "campagne", "texte", "commune"])
def test_a_character_that_no_column_takes_narrows_to_nothing(name, alice, emile, denise):
    for user in (alice, emile):
        assert client_of(user).get(f"/console/?vue=tous&{name}=a%00b").status_code == 200


def test_nor_does_an_address_with_one_name_a_thing(alice, denise):
    client = client_of(alice)
    assert client.get(address(denise.incident, "horloges", "a%00b")).status_code == 404
    answer = post(alice, denise.incident, "faire", "desetiqueter", **{"etiqueter-name": "a\x00b"})
    assert answer.status_code == 200
    run = f"/console/playbooks/dossiers/{denise.incident.uuid}/"
    assert client.post(f"{run}suivre", {"playbook": "a\x00b"}).status_code == 400
    assert client.post(f"{run}retirer", {"playbook": "a\x00b"}).status_code == 409


@pytest.mark.parametrize("year", ["0001", "1999", "9999"])
def test_a_duty_is_of_this_century(year, bruno, alice):
    answer = client_of(bruno).post(
        "/console/astreinte/",
        {
            "user": str(alice.uuid), "begins": f"{year}-12-25T08:00", "ends": f"{year}-12-25T18:00",
            "weeks": "26",
        },
    )  # fmt: skip

    assert answer.status_code == 400
    assert not Duty.objects.exists()


@pytest.mark.parametrize("moment", ["0001-01-01T00:00", "1999-12-31T00:00", "9999-12-31T23:59"])
def test_nobody_knew_before_there_was_a_clock(moment, alice, denise):
    before = Incident.objects.get(pk=denise.incident.pk).knowledge_at
    sent = {
        "savoir-at": moment,
        "start-at": moment,
        "start-reason": "Il l'a dit.",
        "faire": "start",
    }
    assert post(alice, denise.incident, "savoir", follow=False, **sent).status_code == 400
    clock = post(alice, denise.incident, "horloges", "cnil-art33-72h", follow=False, **sent)
    assert clock.status_code == 400
    code = {"code-number": "05 61", "code-name": "Denise", "code-at": moment}
    assert post(alice, denise.incident, "code", follow=False, **code).status_code == 400

    assert Incident.objects.get(pk=denise.incident.pk).knowledge_at == before
    assert not Clock.objects.exclude(own_start_at=None).exists()


@pytest.mark.parametrize("day", ["31/12/9999", "9999-12-31", "01/01/0001"])
def test_a_closed_day_is_of_this_century(day, ada):
    typed = {"mon": "9 h-12 h", "days": day}
    with pytest.raises(Invalid) as refused:
        change_setting(name="hours", version=0, typed=typed, by=Person.of(ada), now=now())

    assert list(refused.value.fields) == ["days"]
