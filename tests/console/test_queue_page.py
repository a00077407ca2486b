"""The queue works with links and forms alone, and says the same to everybody who may see it."""

import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine

from csirt.accounts.principals import Person
from csirt.journal import consumers
from csirt.journal.models import Consumer
from csirt.kernel.clock import now
from incidents.console import queue
from incidents.services import casework, following, transitions
from tests.people import agree, client_of, file_case

pytestmark = pytest.mark.django_db(transaction=True)


def references(html):
    return re.findall(r'data-c="reference" href="[^"]+">(OCC-[^<]+)<', html)


def page(user, query=""):
    answer = client_of(user).get(f"/console/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_shows_the_most_urgent_first_and_then_the_oldest(alice):
    late = file_case(category="spam", inputs={"evolution": "tentative"}, asked=None)
    first, second = file_case(), file_case()

    assert references(page(alice)) == [first.reference, second.reference, late.reference]


def test_strangers_are_sent_to_log_in(client):
    answer = client.get("/console/?vue=tous")

    assert answer.status_code == 302
    assert answer["Location"].startswith("/comptes/connexion/?next=%2Fconsole%2F%3Fvue%3Dtous")


@pytest.mark.parametrize("who", ["eve", "chloe", "ada"])
def test_who_sees_no_case_is_told_what_their_role_can_do(who, request, denise):
    answer = client_of(request.getfixturevalue(who)).get("/console/")

    assert answer.status_code == 403
    assert "Votre rôle" in answer.content.decode()
    assert denise.reference not in answer.content.decode()


def test_views_are_addresses(alice, bruno):
    mine, new, done = file_case(), file_case(), file_case()
    by = Person.of(alice)
    transitions.take(incident=mine.incident.uuid, version=1, by=by, now=now())
    transitions.reject(incident=done.incident.uuid, version=1, by=by, reason="Essai.", now=now())

    assert references(page(alice, "?vue=miens")) == [mine.reference]
    assert references(page(bruno, "?vue=miens")) == []
    assert references(page(alice, "?vue=nouveaux")) == [new.reference]
    assert references(page(alice, "?vue=tous")) == [new.reference, mine.reference]  # nobody's first
    assert references(page(alice, "?vue=termines")) == [done.reference]
    assert references(page(alice, "?vue=inconnue")) == [new.reference, mine.reference]


def test_filters_narrow_the_view(alice):
    urgent = file_case()
    slow = file_case(category="spam", inputs={"evolution": "tentative"}, asked=None)
    transitions.take(incident=slow.incident.uuid, version=1, by=Person.of(alice), now=now())

    assert references(page(alice, "?priorite=P1")) == [urgent.reference]
    assert references(page(alice, "?etat=triage")) == [slow.reference]
    assert references(page(alice, "?categorie=spam")) == [slow.reference]
    assert references(page(alice, "?qui=personne")) == [urgent.reference]
    assert references(page(alice, "?qui=moi")) == [slow.reference]
    assert references(page(alice, "?dep=09")) == []
    assert len(references(page(alice, "?qui=%00&etat=x&dep=%27&categorie=%22"))) == 0
    assert len(references(page(alice, "?qui=rien&etat=x&priorite=P9"))) == 2


def test_pages_follow_each_other_without_a_hole(alice, monkeypatch):
    monkeypatch.setattr(queue, "PAGE", 3)
    everything = [file_case().reference for _ in range(8)]
    seen, query = [], ""
    while True:
        html = page(alice, query)
        seen.append(references(html))
        forward = re.search(r'rel="next" href="([^"]+)"', html)
        if not forward:
            break
        query = forward[1].replace("&amp;", "&")

    assert [reference for one in seen for reference in one] == everything
    back = re.search(r'rel="prev" href="([^"]+)"', html)[1].replace("&amp;", "&")
    assert references(page(alice, back)) == seen[-2]


@pytest.mark.parametrize("place", ["", "x", "P1__", "P1_hier_" + "0" * 36, "P1_2026-01-01_é"])
def test_a_broken_place_is_the_first_page(alice, denise, place):
    assert references(page(alice, f"?apres={place}")) == [denise.reference]


def test_counters_stop_at_a_thousand(alice, denise, monkeypatch):
    monkeypatch.setattr(queue, "COUNTED", 1)
    file_case()

    assert page(alice).count('<span class="count">1+</span>') == 3


def test_a_victim_who_writes_after_the_end_comes_back_to_the_top(alice, denise):
    by = Person.of(alice)
    transitions.reject(incident=denise.incident.uuid, version=1, by=by, reason="Non.", now=now())
    assert "A écrit depuis" not in page(alice)
    victim = following.victim_by_code(denise.code)
    following.write_as_victim(victim=victim, token="0" * 32, text="Encore.", now=now())

    html = page(alice)
    assert "A écrit depuis la fin du dossier" in html
    assert references(html) == [denise.reference]


def test_a_restricted_case_is_absent_for_others(alice, bruno, denise):
    by = Person.of(alice)
    casework.restrict(incident=denise.incident.uuid, version=1, by=by, people=[], now=now())

    assert references(page(alice, "?vue=tous")) == [denise.reference]
    assert denise.reference not in page(bruno, "?vue=tous")


def test_an_operator_sees_the_cases_of_those_they_serve(emile, denise):
    other = file_case(organisation_name="Mairie d'Ailleurs")
    agree(emile.operators.get(), denise.incident)
    html = page(emile, "?vue=tous")

    assert references(html) == [denise.reference]
    assert other.reference not in html
    assert 'data-live="poll"' in html


def test_it_says_when_the_worker_is_late(alice):
    file_case()
    Consumer.objects.update_or_create(name=consumers.names()[0], defaults={"seq": 0})
    late = "plus d'une minute de retard"

    assert late not in unescape(page(alice))
    with time_machine.travel(now() + timedelta(minutes=2)):
        assert late in unescape(page(alice))
