"""Observables: a pasted text is looked at first, a judgement is undone, a value is found elsewhere."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from csirt.accounts.principals import Person
from csirt.kernel.clock import now
from csirt.kernel.errors import Invalid
from incidents.console import observables as pages
from incidents.models import Incident, Observable
from incidents.services import casework, observing
from tests.console.case import address, fresh, post, text
from tests.people import agree, client_of, file_case

pytestmark = pytest.mark.django_db(transaction=True)
PASTED = "De 203.0.113.9, vers hxxps://piege[.]example/x, pour denise@mairie-exemple.fr"


def paste(user, case, what=PASTED, **more):
    return post(user, case, "coller", **{"coller-text": what, **more})


def digests(answer):
    return re.findall(r'name="choisi" value="([0-9a-f]{64})"', answer.content.decode())


def add(case, user, value, kind="ipv4"):
    return observing.add_observable(
        incident=case.uuid, by=Person.of(user), type=kind, value=value, now=now()
    )


def values(case):
    return set(case.observables.values_list("value", flat=True))


def test_nothing_is_kept_before_it_was_looked_at(alice, denise):
    add(denise.incident, alice, "203.0.113.9")
    version = fresh(denise.incident).version
    answer = paste(alice, denise.incident)
    said = " ".join(text(answer).split())

    assert values(denise.incident) >= {"203.0.113.9"}
    assert "https://piege.example/x" not in values(denise.incident)
    assert fresh(denise.incident).version == version
    new, rest = said.split("Déjà relevé dans ce dossier")
    known, own = rest.split("cela appartient à la victime")
    assert "hxxps://piege[.]example/x" in new
    assert "203[.]0[.]113[.]9" in known
    assert "denise[@]mairie-exemple[.]fr" in own
    assert 'href="http' not in answer.content.decode()


def test_only_what_was_chosen_is_kept(alice, denise):
    found = paste(alice, denise.incident)
    everything = digests(found)
    wanted = observing.value_digest("ipv4", "203.0.113.9")
    assert wanted in everything
    forged = observing.value_digest("ipv4", "198.51.100.1")
    paste(alice, denise.incident, garder="oui", choisi=[wanted, forged])

    assert "203.0.113.9" in values(denise.incident)
    assert not values(denise.incident) & {"198.51.100.1", "https://piege.example/x"}


def test_none_chosen_keeps_nothing_and_an_empty_text_is_told(alice, denise):
    paste(alice, denise.incident, garder="oui")
    assert "203.0.113.9" not in values(denise.incident)
    answer = paste(alice, denise.incident, " ")
    assert answer.status_code == 400
    assert 'href="#f-coller-text"' in answer.content.decode()
    assert "Rien de nouveau dans ce texte" in text(paste(alice, denise.incident, "Bonjour à tous."))


def test_a_judgement_is_undone_by_who_made_it_and_soon(alice, bruno, denise):
    row = add(denise.incident, alice, "203.0.113.9")
    answer = post(alice, denise.incident, "observables", str(row.uuid), version=1, role="indicator")
    way = re.search(r'class="undo" method="post" action="([^"]+)"', answer.content.decode())[1]
    assert way == address(denise.incident, "observables", str(row.uuid), "annuler")

    assert client_of(bruno).post(way).status_code == 400
    assert Observable.objects.get(pk=row.pk).role == "indicator"
    client_of(alice).post(way)
    assert Observable.objects.get(pk=row.pk).role == "seen"
    assert client_of(alice).post(way).status_code == 400  # it is no judgement to take back


def test_it_is_too_late_after_ten_seconds_and_when_a_colleague_judged(alice, bruno, denise):
    row, at = add(denise.incident, alice, "203.0.113.9"), now()
    ids = {"incident": denise.incident.uuid, "observable": row.uuid}
    observing.judge(**ids, version=1, by=Person.of(alice), role="victim", now=at)
    with pytest.raises(Invalid):
        observing.unjudge(**ids, by=Person.of(alice), now=at + timedelta(seconds=11))
    way = ("observables", str(row.uuid), "annuler")
    post(bruno, denise.incident, "observables", str(row.uuid), version=2, role="false-positive")

    assert post(alice, denise.incident, *way).status_code == 409
    assert Observable.objects.get(pk=row.pk).role == "false-positive"


def test_where_else_it_was_seen_names_only_cases_that_one_may_see(alice, bruno, denise):
    here, open_case, hidden = denise.incident, file_case(), file_case()
    rows = [add(case, bruno, "203.0.113.9") for case in (here, open_case.incident, hidden.incident)]
    lone = add(here, bruno, "203.0.113.10")
    add(hidden.incident, bruno, "203.0.113.10")
    casework.restrict(
        incident=hidden.incident.uuid, version=fresh(hidden.incident).version,
        by=Person.of(bruno), people=[], now=now(),
    )  # fmt: skip
    page = address(here, "observables", str(rows[0].uuid))
    html = client_of(alice).get(page).content.decode()
    case = client_of(alice).get(address(here)).content.decode()

    assert open_case.reference in html
    assert hidden.reference not in html
    assert hidden.reference in client_of(bruno).get(page).content.decode()
    assert f"{rows[0].uuid}#ailleurs" in case
    assert f"{lone.uuid}#ailleurs" not in case
    only_hidden = client_of(alice).get(address(here, "observables", str(lone.uuid)))
    assert "Dans aucun autre dossier que vous voyez" in text(only_hidden)
    assert f"{lone.uuid}#ailleurs" in client_of(bruno).get(address(here)).content.decode()


def test_the_other_cases_come_a_page_at_a_time(alice, denise, monkeypatch):
    monkeypatch.setattr(pages, "PAGE", 2)
    row = add(denise.incident, alice, "203.0.113.9")
    others = [file_case() for _ in range(5)]
    for other in others:
        add(other.incident, alice, "203.0.113.9")
    page, seen = address(denise.incident, "observables", str(row.uuid)), []
    query = ""
    while query is not None:
        html = client_of(alice).get(page + query).content.decode()
        seen += re.findall(r'<a class="ref"[^>]*>([^<]+)</a>', html)
        after = re.search(r'rel="next" href="([^"]+)"', html)
        query = after[1].replace("&amp;", "&").replace("+", "%2B") if after else None

    assert seen == [other.reference for other in reversed(others)]


def test_the_live_value_is_shown_on_request_alone_and_is_no_link(alice, denise):
    row = add(denise.incident, alice, "hxxps://piege[.]example/x", "url")
    page = address(denise.incident, "observables", str(row.uuid))
    shown = client_of(alice).get(page).content.decode()
    live = client_of(alice).get(page + "?vive=oui").content.decode()

    assert '<code class="live-value"' not in shown
    assert '<code class="live-value" translate="no">https://piege.example/x</code>' in live
    assert 'href="http' not in live
    case = client_of(alice).get(address(denise.incident)).content.decode()
    assert 'data-copy="https://piege.example/x" data-live="hxxps://piege[.]example/x"' in case
    assert 'hidden data-copy="hxxps://piege[.]example/x"' in case


def test_an_observable_is_reached_by_its_own_case_and_right_alone(alice, eve, emile, denise):
    row = add(denise.incident, alice, "203.0.113.9")
    other = file_case().incident
    agree(emile.operators.get(), denise.incident)
    for user, case, expected in (
        (alice, denise.incident, 200), (alice, other, 404), (alice, Incident(uuid=uuid4()), 404),
        (eve, denise.incident, 404), (emile, denise.incident, 200),
    ):  # fmt: skip
        page = address(case, "observables", str(row.uuid))
        assert client_of(user).get(page).status_code == expected
    assert paste(emile, denise.incident).status_code == 403
    assert paste(eve, denise.incident).status_code == 404
    assert (
        post(emile, denise.incident, "observables", str(row.uuid), role="victim").status_code == 403
    )


def test_what_is_too_long_to_be_kept_comes_back_with_what_was_pasted(alice, denise):
    long = "x" * 20_001
    answer = paste(alice, denise.incident, long, garder="oui")

    assert answer.status_code == 400
    assert 'href="#f-coller-text"' in answer.content.decode()
    assert long in answer.content.decode()


def test_more_values_than_a_form_takes_are_kept_in_two_turns(alice, denise):
    block = "\n".join(f"203.0.{one // 250}.{one % 250}" for one in range(600))
    for left in (600, 200):
        before = len(values(denise.incident))
        looked = paste(alice, denise.incident, block)
        found = digests(looked)
        assert len(found) == min(left, 400)
        assert ("200 autres valeurs suivent" in text(looked)) == (left == 600)
        answer = paste(alice, denise.incident, block, garder="oui", choisi=found)
        assert answer.status_code == 200
        assert len(values(denise.incident)) == before + len(found)
