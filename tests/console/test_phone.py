"""A report taken on the phone is a report like any other, filed by whoever took it."""

import re
from html import unescape

import pytest

from csirt.journal.models import Event
from incidents.models import Incident, Report
from incidents.services import following
from tests.people import client_of

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "/console/nouveau/"
CALL = {
    "token": "c" * 32,
    "kind": "commune",
    "category": "rancongiciel",
    "text": "Tout est chiffré depuis ce matin.",
    "organisation": "Mairie d'Exemple",
    "name": "Denise Vidal",
    "phone": "05 61 00 00 00",
    "input-impact_service": "tout_arrete",
    "input-evolution": "en_cours",
    "flags": ["serveur"],
}


def text(answer):
    return unescape(re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_it_opens_a_case_and_says_reference_and_code_once(alice):
    answer = client_of(alice).post(ADDRESS, CALL)
    said = text(answer)
    case = Incident.objects.get()
    code = re.search(r"(?:[0-9A-Z]{4}-){5}[0-9A-Z]{4}", said)[0]

    assert case.reference in said
    assert following.victim_by_code(code).incident_id == case.pk
    assert Report.objects.get().channel == "phone"
    assert (case.priority, case.state) == ("P1", "new")
    assert case.assessment["inputs"]["secours"] == "nsp"
    assert case.assessment["flags"] == ["serveur"]
    assert Event.objects.get(kind="report.filed").actor == alice.actor


def test_sent_twice_it_is_one_case_and_the_same_code(alice):
    client = client_of(alice)
    first, second = client.post(ADDRESS, CALL), client.post(ADDRESS, CALL)

    assert Incident.objects.count() == 1
    assert text(first) == text(second)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("kind", "martien", "Choisissez qui appelle."),
        ("category", "", "Choisissez ce qui se passe."),
        ("text", "   ", "Écrivez ce que la personne raconte."),
        ("phone", "", "Notez un numéro ou une adresse où la rappeler."),
        ("input-evolution", "x", "Choisissez une valeur de la liste."),
        ("commune", "Atlantide", "Aucune commune ne porte ce nom ou ce code postal."),
        ("insee", "99999", "Cette commune n'est pas connue."),
        ("token", "x", "Cette page a expiré."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(alice, field, value, said):
    answer = client_of(alice).post(ADDRESS, {**CALL, field: value})

    assert answer.status_code == 400
    assert said in text(answer)
    assert field == "text" or CALL["text"] in text(answer)
    assert Incident.objects.count() == 0


def test_an_unknown_flag_is_left_out(alice):
    client_of(alice).post(ADDRESS, {**CALL, "flags": ["campagne", "rien"]})

    assert Incident.objects.get().assessment["flags"] == []


@pytest.mark.parametrize("who", ["eve", "chloe", "ada", "emile"])
def test_it_is_for_the_desk(who, request):
    client = client_of(request.getfixturevalue(who))

    assert client.get(ADDRESS).status_code == 404
    assert client.post(ADDRESS, CALL).status_code == 404
    assert Incident.objects.count() == 0
