"""A view of one's own: an address under a name, with a counter, seen by nobody else."""

import re
from html import unescape
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from csirt.accounts.principals import Person
from csirt.journal.models import Event
from csirt.kernel.clock import now
from incidents.console import filters
from incidents.models import SavedView
from incidents.services import views
from tests.console.test_queue_page import page, references
from tests.people import client_of, file_case

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "/console/vues/"


def tabs(html):
    """Return each view's name and counter as the page shows them."""
    found = re.findall(
        r'<li><a href="\?vue=[^"]*"[^>]*>([^<]+?)(?: <span class="count">([^<]+)</span>)?</a>', html
    )
    return {unescape(name): count for name, count in found}


def keep(user, name, address):
    return client_of(user).post(ADDRESS, {"name": name, "address": address}, follow=True)


def test_it_is_kept_counted_and_current(alice):
    urgent = file_case()
    file_case(category="spam", inputs={"evolution": "tentative"}, asked=None)
    answer = keep(alice, "  Feu  ", "?vue=tous&priorite=P1&inconnu=1")

    view = SavedView.objects.get()
    assert (view.name, view.address) == ("Feu", "?vue=tous&priorite=P1")
    html = answer.content.decode()
    assert tabs(html)["Feu"] == "1"
    assert re.search(r'aria-current="page"[^>]*>Feu', html)
    assert references(html) == [urgent.reference]
    assert Event.objects.filter(kind="view.kept", object_id=str(view.uuid)).exists()


def test_a_name_that_is_there_is_given_the_new_address(alice):
    keep(alice, "Feu", "?vue=tous&priorite=P1")
    keep(alice, "Feu", "?vue=tous&priorite=P2")

    assert SavedView.objects.get().address == "?vue=tous&priorite=P2"


def test_a_view_that_asks_for_words_has_no_counter(alice, denise):
    answer = keep(alice, "Verrou", "?vue=tous&texte=lockbit")

    assert tabs(answer.content.decode())["Verrou"] == ""


def test_the_words_of_a_kept_view_are_looked_for_on_its_own_page_alone(alice, monkeypatch):
    looked = []
    monkeypatch.setattr(filters, "matching", lambda _person, text: looked.append(text))
    for number in range(3):
        keep(alice, f"Mots {number}", f"?vue=tous&texte=mot{number}")
    looked.clear()
    page(alice, "?vue=tous")
    assert looked == []

    page(alice, "?vue=tous&texte=mot1")
    assert looked == ["mot1"]


def test_it_is_let_go_of(alice, bruno):
    keep(alice, "Feu", "?vue=tous&priorite=P1")
    view = SavedView.objects.get()
    assert client_of(bruno).post(f"{ADDRESS}{view.uuid}/effacer").status_code == 404
    assert client_of(alice).post(f"{ADDRESS}{uuid4()}/effacer").status_code == 404
    client_of(alice).post(f"{ADDRESS}{view.uuid}/effacer")

    assert not SavedView.objects.exists()
    assert Event.objects.filter(kind="view.forgotten", object_id=str(view.uuid)).exists()


def test_nobody_else_sees_it(alice, bruno, denise):
    keep(alice, "Feu", "?vue=tous&priorite=P1")

    assert "Feu" in tabs(page(alice))
    assert "Feu" not in tabs(page(bruno))


@pytest.mark.parametrize("name", ["", "   ", "x" * 41])
def test_a_name_that_cannot_be_taken_is_told(alice, name):
    answer = keep(alice, name, "?vue=tous&priorite=P1")

    assert "Donnez un nom court" in unescape(answer.content.decode())
    assert not SavedView.objects.exists()


def test_there_is_an_end_to_them(alice):
    by = Person.of(alice)
    for number in range(views.MOST):
        views.keep_view(by=by, name=f"Vue {number}", address="?vue=tous", now=now())
    answer = keep(alice, "Une de trop", "?vue=miens&priorite=P1")

    assert "Effacez-en une" in unescape(answer.content.decode())
    assert SavedView.objects.count() == views.MOST


@pytest.mark.parametrize("who", ["eve", "chloe", "ada"])
def test_who_sees_no_case_keeps_nothing(who, request):
    answer = client_of(request.getfixturevalue(who)).post(
        ADDRESS, {"name": "Feu", "address": "?vue=tous"}
    )

    assert answer.status_code == 404
    assert not SavedView.objects.exists()


def test_rows_stand_as_close_as_one_likes(alice, bruno, denise):
    client = client_of(alice)
    assert 'class="console wide"' in re.sub(" +", " ", page(alice))
    answer = client.post("/console/densite", {"density": "compact", "address": "?vue=tous"})
    assert answer["Location"] == "/console/?vue=tous"
    alice.refresh_from_db()
    assert alice.density == "compact"

    assert 'class="console compact wide"' in page(alice)
    assert "compact wide" not in page(bruno)
    client.post("/console/densite", {"density": "serrée"})
    alice.refresh_from_db()
    assert alice.density == "compact"
    client.post("/comptes/moi/", {"keys_enabled": "on", "density": "comfortable"})
    alice.refresh_from_db()
    assert alice.density == "comfortable"


def test_filters_that_are_too_long_are_told_and_none_is_cut(alice):
    long = urlencode({"organisation": "à" * 70, "texte": "é" * 70})
    keep(alice, "Longue", f"?vue=tous&{long}")
    assert SavedView.objects.get().address == f"?vue=tous&{long}"

    answer = keep(alice, "Plus longue", f"?vue=tous&{long}&{urlencode({'commune': 'ù' * 70})}")
    assert "Ces filtres sont trop longs" in unescape(answer.content.decode())
    assert SavedView.objects.count() == 1
