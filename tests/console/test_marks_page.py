"""Tags and watching on the case page, in the queue and in the search."""

import re

import pytest

from csirt.accounts.principals import Person
from csirt.kernel.clock import now
from incidents import queries
from incidents.models import Tag
from incidents.services import casework, tagging
from tests.console.case import address, fresh, post, text
from tests.people import client_of, file_case

pytestmark = pytest.mark.django_db(transaction=True)


def tag(user, case, name):
    return post(user, case, "faire", "etiqueter", **{"etiqueter-name": name})


def restrict(user, case, people=()):
    casework.restrict(
        incident=case.uuid, version=fresh(case).version, by=Person.of(user),
        people=[one.uuid for one in people], now=now(),
    )  # fmt: skip


def suggested(user, case):
    html = client_of(user).get(address(case)).content.decode()
    found = re.search(r'<datalist id="known-tags">(.*?)</datalist>', html, re.DOTALL)[1]
    return re.findall(r'value="([^"]+)"', found)


def test_a_tag_is_put_shown_suggested_elsewhere_and_taken_off(alice, bruno, denise):
    other = file_case().incident
    answer = tag(alice, denise.incident, "LockBit 3")
    assert "#lockbit-3" in text(answer)
    assert "Alice a mis l'étiquette lockbit-3." in text(answer)
    assert suggested(bruno, denise.incident) == []
    assert suggested(bruno, other) == ["lockbit-3"]

    answer = post(
        bruno, denise.incident, "faire", "desetiqueter", **{"etiqueter-name": "lockbit-3"}
    )
    assert "#lockbit-3" not in text(answer)
    assert "Bruno a retiré l'étiquette disparue depuis." in text(answer)


def test_what_is_no_tag_comes_back_with_its_error(alice, denise):
    answer = tag(alice, denise.incident, "<script>alert(1)</script>")
    html = answer.content.decode()

    assert answer.status_code == 400
    assert 'href="#f-etiqueter-name"' in html
    assert "<script>alert" not in html
    assert not Tag.objects.exists()


def test_the_tag_of_a_hidden_case_is_suggested_and_found_by_nobody_else(alice, bruno, denise):
    other = file_case().incident
    tag(alice, denise.incident, "maire")
    restrict(alice, denise.incident)

    assert suggested(bruno, other) == []
    assert suggested(alice, other) == ["maire"]
    said = text(client_of(bruno).get("/console/recherche/?q=tag:maire"))
    nothing = text(client_of(bruno).get("/console/recherche/?q=tag:autre"))
    assert said.replace("maire", "") == nothing.replace("autre", "")


def test_who_watches_is_listed_and_stops(alice, bruno, denise):
    version = fresh(denise.incident).version
    answer = post(alice, denise.incident, "faire", "suivre")
    assert "Suivi par Alice" in " ".join(text(answer).split())
    answer = post(bruno, denise.incident, "faire", "suivre")
    assert "Suivi par Alice, Bruno" in " ".join(text(answer).split())
    assert "Ne plus suivre" in text(answer)
    assert fresh(denise.incident).version == version

    answer = post(bruno, denise.incident, "faire", "ne-plus-suivre")
    assert "Suivi par Alice" in " ".join(text(answer).split())
    assert queries.watchers(denise.incident.pk) == [alice]


def test_eve_neither_tags_nor_watches(eve, denise):
    for verb in ("etiqueter", "desetiqueter", "suivre", "ne-plus-suivre"):
        answer = post(eve, denise.incident, "faire", verb, **{"etiqueter-name": "x"})
        assert answer.status_code == 404
    assert not Tag.objects.exists()
    assert queries.watchers(denise.incident.pk) == []


def test_changing_who_sees_the_case_is_told_by_name(alice, bruno, denise):
    restrict(alice, denise.incident, [bruno])
    post(bruno, denise.incident, "faire", "suivre")
    assert queries.watchers(denise.incident.pk) == [bruno]
    restrict(alice, denise.incident)

    answer = client_of(alice).get(address(denise.incident))
    assert "Alice a changé qui voit le dossier : + personne ; − Bruno." in text(answer)
    assert queries.watchers(denise.incident.pk) == []
    assert client_of(bruno).get(address(denise.incident)).status_code == 404


@pytest.fixture
def tagged(alice, denise):
    """Three cases, of which two bear a tag."""
    other, bare = file_case(), file_case()
    for case, name in ((denise, "lockbit"), (other, "lockbit"), (other, "vague")):
        tagging.tag(incident=case.incident.uuid, by=Person.of(alice), name=name, now=now())
    return denise, other, bare


def references(user, address):
    html = client_of(user).get(address).content.decode()
    body = html.partition('id="queue"')[2] or html
    return set(re.findall(r">(OCC-[0-9A-Z]{4}-[0-9A-Z]{2})</a>", body))


def test_the_queue_and_the_search_are_filtered_by_tag(tagged, alice):
    denise, other, _bare = tagged

    queue = "/console/?vue=tous&etiquette="
    assert references(alice, queue + "lockbit") == {denise.reference, other.reference}
    assert references(alice, queue + "vague") == {other.reference}
    assert references(alice, queue + "rien") == set()
    search = "/console/recherche/?q="
    assert references(alice, search + "tag:LockBit") == {denise.reference, other.reference}
    assert references(alice, search + "etiquette:vague+tag:lockbit") == {
        denise.reference,
        other.reference,
    }
    assert "ne désigne rien de connu" in text(client_of(alice).get(search + "tag:rien"))


def test_a_live_row_bears_its_tags(tagged, alice):
    _denise, other, bare = tagged
    rows = client_of(alice).get("/console/snapshot").json()["rows"]
    tags = {row["reference"]: row["tags"] for row in rows}

    assert tags[other.reference] == ["lockbit", "vague"]
    assert tags[bare.reference] == []


def test_a_lead_renames_on_the_page_of_tags(tagged, alice, bruno, eve, denise):
    page = "/console/etiquettes/"
    said = " ".join(text(client_of(bruno).get(page)).split())
    assert "lockbit 2" in said
    assert "vague 1" in said
    assert "Renommer" not in text(client_of(alice).get(page))
    assert client_of(eve).get(page).status_code == 404
    way = f"{page}{Tag.objects.get(name='vague').uuid}"
    sent = {"seen": "vague", "renommer-name": "LockBit"}
    assert client_of(alice).post(way, sent).status_code == 403
    assert client_of(eve).post(way, sent).status_code == 404
    stale = client_of(bruno).post(way, sent | {"seen": "avant"})
    assert stale.status_code == 409
    wrong = client_of(bruno).post(way, sent | {"renommer-name": "=1"})
    assert wrong.status_code == 400
    assert 'value="=1"' in wrong.content.decode()

    client_of(bruno).post(way, sent)

    assert [one.name for one in queries.tags(Person.of(alice))] == ["lockbit"]
    answer = client_of(alice).get(address(tagged[1].incident))
    assert "Bruno a renommé une étiquette : elle s'appelle lockbit." in text(answer)
