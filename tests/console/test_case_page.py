"""The case page: everything about a case, for those who may see it."""

import re
from uuid import uuid4

import pytest

from csirt.accounts.principals import Person
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.web import panels
from incidents import kinds
from incidents.console import timeline
from incidents.console.forms import edges
from incidents.console.timeline import SENTENCES
from incidents.domain.lifecycle import State
from incidents.models import Incident, Message, Note
from incidents.services import casework
from tests.console.case import address, fresh, post, text
from tests.people import agree, client_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_says_what_was_told_and_why_it_is_urgent(alice, denise):
    said = text(client_of(alice).get(address(denise.incident)))

    assert "Tous nos fichiers ont une extension .lockbit depuis ce matin." in said
    assert "Denise Vidal" in said
    assert "Pourquoi P1" in said
    assert "Chiffrement peut-être en cours. Au moins P1." in said
    assert "Signalement reçu (formulaire), priorité P1." in said


def test_opening_it_is_in_the_journal_once_an_hour(alice, bruno, denise):
    for user in (alice, alice, bruno):
        client_of(user).get(address(denise.incident))

    opened = Event.objects.filter(kind="incident.opened").order_by("seq")
    assert [event.actor for event in opened] == [alice.actor, bruno.actor]


@pytest.mark.parametrize("who", ["eve", "chloe", "ada", "emile"])
def test_hidden_and_absent_are_the_same_page(who, request, denise):
    client = client_of(request.getfixturevalue(who))
    for method in (client.get, client.post):
        for rest in ([], ["etape", "take"], ["faire", "note"], ["code"]):
            hidden = method(address(denise.incident, *rest))
            absent = method(address(Incident(uuid=uuid4()), *rest))
            assert hidden.status_code in {404, 405}
            assert hidden.status_code == absent.status_code
            assert _same(hidden) == _same(absent)
    assert Event.objects.exclude(kind__startswith="user.").count() == 1


def _same(answer):
    return re.sub(rb"[0-9a-f]{16}", b"", answer.content)


def test_a_restricted_case_is_absent_for_an_analyst_who_is_not_named(alice, bruno, denise):
    post(alice, denise.incident, "faire", "restreindre")

    assert client_of(alice).get(address(denise.incident)).status_code == 200
    assert client_of(bruno).get(address(denise.incident)).status_code == 404
    post(alice, denise.incident, "faire", "restreindre", **{"restreindre-people": [bruno.uuid]})
    assert client_of(bruno).get(address(denise.incident)).status_code == 200


@pytest.mark.parametrize("state", list(State))
def test_it_offers_exactly_the_edges_that_leave_the_state(state, alice, denise):
    there = {"state": state.value}  # whatever led there
    Incident.objects.filter(pk=denise.incident.pk).update(**there)
    html = client_of(alice).get(address(denise.incident)).content.decode()

    assert re.findall(r'/etape/(\w+)"', html) == [edge.name for edge in edges(state)]


def test_notes_and_messages_are_apart(alice, denise):
    post(alice, denise.incident, "faire", "note", **{"note-text": "Elle semble paniquée."})
    answer = post(
        alice,
        denise.incident,
        "faire",
        "message",
        token="a" * 32,
        **{"message-text": "Nous arrivons."},
    )
    html = answer.content.decode()

    assert Note.objects.get().text == "Elle semble paniquée."
    assert Message.objects.get().text == "Nous arrivons."
    assert html.index("Nous arrivons.") < html.index("Notes internes")
    assert html.index("Notes internes") < html.index("Elle semble paniquée.")


def test_an_operator_reads_and_notes_but_does_not_act(emile, alice, denise):
    agree(emile.operators.get(), denise.incident)
    html = client_of(emile).get(address(denise.incident)).content.decode()
    assert not re.search(r'action="[^"]*/etape/', html)
    assert "data-seq" not in html
    post(emile, denise.incident, "faire", "note", **{"note-text": "Sauvegarde du 3 trouvée."})
    assert Note.objects.count() == 1
    assert post(emile, denise.incident, "etape", "take").status_code == 403
    assert fresh(denise.incident).state == "new"


def test_each_kind_of_event_has_its_sentence():
    names = {kind.name for kind in vars(kinds).values() if hasattr(kind, "audience")}
    assert names - set(SENTENCES) - set(timeline._others) == {
        "incident.assigned"
    }  # three sentences of its own


def test_slots_are_drawn_with_the_case(alice, denise, monkeypatch):
    monkeypatch.setattr(panels, "_panels", {})
    panels.register(
        "console.case",
        "essai",
        "Essai",
        lambda _request, case, _principal: f"<p>{case.reference}!</p>",
    )
    assert (
        f"<p>{denise.reference}!</p>"
        in client_of(alice).get(address(denise.incident)).content.decode()
    )
    panel = client_of(alice).get(address(denise.incident, "panneaux", "console.case", "essai"))
    assert panel.content.decode() == f"<p>{denise.reference}!</p>"


def test_restricting_is_said_with_names(alice, bruno, denise):
    casework.restrict(
        incident=denise.incident.uuid,
        version=1,
        by=Person.of(alice),
        people=[bruno.uuid],
        now=now(),
    )

    assert "Alice a restreint le dossier à Alice, Bruno." in text(
        client_of(alice).get(address(denise.incident))
    )
