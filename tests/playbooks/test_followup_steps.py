"""The victim's part: steps asked in plain words, ticked without an account."""

import re

import pytest
from django.test import Client

from csirt.journal.models import Event
from csirt.kernel.clock import now
from incidents.models import Incident
from playbooks.models import StepState
from playbooks.services import stepping
from tests.intake.test_followup import page_of, visit
from tests.intake.test_form_pages import text_of
from tests.intake.test_plain_words import read_all
from tests.people import client_of, file_case
from tests.playbooks.desk import attach, detach, of, put, qualify, resolve, step

pytestmark = pytest.mark.django_db(transaction=True)
BOX = re.compile(r'name="etape" value="([0-9a-f-]{36})"')


@pytest.fixture
def case(denise, alice):
    found = qualify(denise.incident, alice)
    attach(found, alice)
    return found


def boxes(client):
    return BOX.findall(page_of(client))


def tick(client, *rows, shown=None):
    data = {"vue": boxes(client) if shown is None else shown, "etape": [str(r.uuid) for r in rows]}
    return client.post("/suivi/etapes/", data)


def test_nothing_is_asked_before_a_playbook_is_followed(denise):
    assert boxes(visit(denise)) == []


def test_only_what_is_meant_for_the_victim_is_asked(case, denise, bundle):
    asked = [StepState.objects.get(uuid=one) for one in boxes(visit(denise))]

    book = bundle.playbooks["rancongiciel"]
    assert asked
    assert all(book.step(row.step).visible_to_victim for row in asked)
    assert {row.phase for row in asked} == {"during"}
    assert all(row.concerned for row in asked)


def test_a_tick_is_done_at_once_for_the_desk(case, denise, alice):
    client = visit(denise)
    answer = tick(client, step(case))

    assert answer["Location"] == "/suivi/?fait=etapes#etapes"
    row = step(case)
    assert (row.state, row.by_victim, row.changed_by) == ("done", True, None)
    [event] = Event.objects.filter(kind="step.changed")
    assert (event.actor, event.audience) == ("victim", "desk")
    said = text_of(client_of(alice).get(f"/console/dossiers/{case.uuid}/"))
    assert "la victime" in said
    assert "C'est noté. L'équipe voit ce qui est fait." in text_of(
        client.get("/suivi/?fait=etapes")
    )


def test_the_case_stays_where_it_is_in_the_queue(case, denise):
    before = Incident.objects.get(pk=case.pk)
    tick(visit(denise), step(case))

    after = Incident.objects.get(pk=case.pk)
    assert (after.unread, after.version) == (False, before.version)


def test_the_victim_may_take_back_their_own_tick_and_no_other(case, denise, alice):
    client = visit(denise)
    tick(client, step(case))
    put(step(case, "ran-p2"), alice, "done")
    tick(client)

    assert step(case).state == "todo"
    assert step(case, "ran-p2").state == "done"


def test_what_the_desk_noted_has_no_box(case, denise, alice):
    put(step(case), alice, "done")

    assert str(step(case).uuid) not in boxes(visit(denise))
    assert "Noté par l'équipe le" in text_of(visit(denise).get("/suivi/"))


def test_a_step_that_is_no_longer_shown_is_not_ticked(case, denise, alice):
    client, row = visit(denise), step(case)
    shown = boxes(client)
    stepping.show(step=row.uuid, version=row.version, by=of(alice), visible=False, now=now())
    tick(client, row, shown=shown)

    assert step(case).state == "todo"


def test_hidden_technical_and_foreign_steps_cannot_be_ticked(case, denise, alice):
    other = qualify(file_case().incident, alice)
    attach(other, alice)
    technical = step(case, "ran-p6")
    rows = (technical, step(other))
    tick(visit(denise), *rows, shown=[*(str(row.uuid) for row in rows), "x", "' or 1=1"])

    assert {step(case, "ran-p6").state, step(other).state} == {"todo"}
    assert not Event.objects.filter(kind="step.changed").exists()


def test_after_resolving_what_comes_next_is_asked_too(case, denise, alice):
    resolve(case, alice)
    said = text_of(visit(denise).get("/suivi/"))

    assert "À faire ensuite" in said
    assert "Pour que cela n'arrive plus" in said


def test_a_detached_playbook_asks_nothing(case, denise, alice):
    detach(case, alice)

    assert boxes(visit(denise)) == []


def test_without_a_visit_nothing_is_ticked_and_the_code_is_asked(case, eve):
    for client in (Client(), client_of(eve)):
        answer = client.post(
            "/suivi/etapes/", {"vue": [step(case).uuid], "etape": [step(case).uuid]}
        )
        assert "Quel est votre code de suivi ?" in text_of(answer)
    assert step(case).state == "todo"


@pytest.mark.once
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_shipped_playbook_speaks_in_short_sentences(alice, bundle, language):
    victim = file_case()
    found = qualify(victim.incident, alice)
    for name in bundle.playbooks:
        attach(found, alice, name)
    StepState.objects.update(concerned=True)
    resolve(found, alice)
    html = visit(victim, headers={"accept-language": language}).get("/suivi/").content.decode()

    assert html.count('name="etape"') > 100
    assert read_all({"follow-up": html}, language) == {}
