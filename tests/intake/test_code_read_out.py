"""A code that was read out opens nothing but the page that replaces it, whoever heard it."""

from dataclasses import replace

import pytest
from django.test import Client

from csirt.accounts.principals import Person
from csirt.kernel import codes
from csirt.kernel.clock import now
from csirt.kernel.errors import NotFound
from incidents.models import Incident, Message
from incidents.services.following import reissue_code
from tests.intake.test_followup import REPLACE, page_of, replaced, visit
from tests.people import called, file_case


def issued_again(victim, user):
    """Return the victim with the code that an analyst reads out after a call-back."""
    case = Incident.objects.get(pk=victim.incident.pk)
    code = reissue_code(
        incident=case.uuid, version=case.version, by=Person.of(user), called=called(), now=now()
    )
    return replace(victim, code=code)


@pytest.fixture(params=["taken on the phone", "issued again"])
def heard(request, alice):
    """A victim whose code others may have heard."""
    if request.param == "taken on the phone":
        return file_case(channel="phone")
    return issued_again(file_case(), alice)


def test_the_first_visit_gives_a_code_that_nobody_heard(heard):
    client = visit(heard)
    assert client.get("/suivi/")["Location"] == REPLACE
    html = client.get(REPLACE).content.decode()
    assert heard.reference not in html

    fresh = replaced(client)
    assert heard.reference in page_of(client)
    assert fresh != codes.grouped(heard.code)
    other = Client()
    assert heard.reference not in other.post("/suivi/", {"code": heard.code}).content.decode()
    other.post("/suivi/", {"code": fresh})
    assert heard.reference in page_of(other)


@pytest.mark.parametrize(
    "path",
    ["/suivi/questions/", "/suivi/resume/", "/suivi/telecharger/", "/suivi/changement/",
     "/suivi/fichiers/", "/suivi/effacement/", "/suivi/moment/"],
)  # fmt: skip
def test_until_then_no_page_shows_the_case(heard, path):
    client = visit(heard)
    response = client.get(path)

    assert response["Location"] in {REPLACE, "/suivi/"}
    assert client.get("/suivi/nouvelles/").status_code == 204


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/suivi/message/", {"message": "Bonjour"}),
        ("/suivi/message/", {}),
        ("/suivi/acces/", {"nom": "Eve"}),
        ("/suivi/accord/", {"quoi": "share"}),
        ("/suivi/effacement/", {}),
    ],
)
def test_until_then_nothing_is_written(heard, path, data):
    client = visit(heard)
    response = client.post(path, {**data, "envoi": codes.new_token()})

    assert response["Location"] == REPLACE
    assert not Message.objects.exists()


def test_what_was_written_before_the_code_is_kept(heard):
    client = Client()
    data = {"code": heard.code, "envoi": codes.new_token(), "message": "Bonjour"}
    assert client.post("/suivi/", data)["Location"] == "/suivi/"

    assert Message.objects.get().text == "Bonjour"
    assert client.get("/suivi/")["Location"] == REPLACE


def test_an_answer_that_is_lost_locks_nobody_out(heard):
    visit(heard).get(REPLACE)

    client = visit(heard)
    replaced(client)
    assert heard.reference in page_of(client)


def test_whoever_only_heard_it_comes_too_late(heard):
    replaced(visit(heard))
    late = Client()

    assert "Aucun dossier" in late.post("/suivi/", {"code": heard.code}).content.decode()


def test_a_code_of_their_own_is_not_asked_to_be_replaced(denise):
    assert denise.reference in page_of(visit(denise))


def test_eve_issues_no_code(denise, eve):
    with pytest.raises(NotFound):
        issued_again(denise, eve)
    assert denise.reference in page_of(visit(denise))
