"""Who follows two cases in one browser: a page of the first does nothing to the second."""

import re

import pytest

from csirt.kernel import codes
from incidents.models import (
    AccessCode,
    Consent,
    ErasureRequest,
    Evidence,
    Incident,
    LaterAnswer,
    Message,
)
from tests.evidence.conftest import empty_store, send
from tests.intake.test_followup import page_of, visit
from tests.intake.test_followup_questions import ANSWERS, INPUTS
from tests.intake.test_form_pages import text_of
from tests.people import file_case

assert empty_store  # a fixture that every test here uses by itself
TEXT = "Le mot de passe du maire a fui."
PAGES = ("/suivi/", "/suivi/changement/", "/suivi/effacement/", "/suivi/questions/suite-fait/")
FORM = re.compile(r'<form[^>]*method="post"([^>]*)>(.*?)</form>', re.DOTALL)
NAMED = re.compile(r'type="hidden" name="(\w+)" value="([^"]*)"')
TYPED = {
    "message": TEXT, "sens": "pire", "accord": "oui", "nom": "Le maire", "quand": "hier",
    "fait": ["1"], "deja_fait": ["eteint"], "informatique": "personne",
}  # fmt: skip
NOT_OF_A_CASE = {"/langue/", "/suivi/quitter/"}


@pytest.fixture
def first(db):
    answers = ANSWERS | {"quand": "nsp", "infos_gens": "sensibles"}
    return file_case(answers=answers, inputs=INPUTS | {"donnees": "sensibles"})


def forms(client):
    """Return every form of the pages of a visit: where it goes, and what it holds."""
    found = {}
    for page in PAGES:
        for attributes, inside in FORM.findall(text_of(client.get(page))):
            action = re.search(r'action="([^"]*)"', attributes)
            held = dict(NAMED.findall(inside))
            held.pop("csrfmiddlewaretoken", None)
            found.setdefault(action[1] if action else page, held)
    return {where: held for where, held in found.items() if where not in NOT_OF_A_CASE}


def written(case):
    """Return how much hangs on a case, and its version."""
    models = (AccessCode, Consent, ErasureRequest, Evidence, LaterAnswer, Message)
    rows = [model.objects.filter(incident=case).count() for model in models]
    return [*rows, Incident.objects.get(pk=case.pk).version]


def test_each_form_of_the_first_asks_for_its_code_and_changes_nothing(first):
    client, second = visit(first), file_case()
    client.post("/suivi/acces/", {"envoi": codes.new_token(), "nom": "Son DSI"})
    pages = forms(client)
    assert len(pages) >= 10
    client.post("/suivi/", {"code": second.code})
    before = written(first.incident), written(second.incident)

    for where, held in pages.items():
        if where == "/suivi/fichiers/":
            continue
        answer = client.post(where, held | TYPED)
        said = f"Cette page est du dossier {first.reference}. Tapez son code."
        assert said in text_of(answer), where
    assert (written(first.incident), written(second.incident)) == before
    assert second.reference in page_of(client)


def test_a_file_of_the_first_is_not_taken_for_the_second(first):
    client, second = visit(first), file_case()
    client.post("/suivi/", {"code": second.code})

    answer = send(client, dossier=first.reference)

    assert f"Cette page est du dossier {first.reference}." in text_of(answer)
    assert not Evidence.objects.exists()
    assert send(client, dossier=second.reference).status_code == 302


def test_the_message_goes_with_the_code_of_its_case_and_with_no_other(first):
    client, second = visit(first), file_case()
    held = forms(client)["/suivi/message/"] | {"message": TEXT}
    client.post("/suivi/", {"code": second.code})
    asked = dict(NAMED.findall(text_of(client.post("/suivi/message/", held))))
    assert asked["message"].replace("&#x27;", "'") == TEXT

    refused = client.post("/suivi/", asked | {"code": second.code})
    assert f"Cette page est du dossier {first.reference}." in text_of(refused)
    assert not Message.objects.exists()

    client.post("/suivi/", asked | {"code": first.code})
    assert Message.objects.get().incident_id == first.incident.pk
    assert TEXT in page_of(client)


def test_what_waits_for_its_code_after_the_visit_ended_knows_its_case_too(first, client):
    held = forms(visit(first))["/suivi/message/"] | {"message": TEXT}

    asked = dict(NAMED.findall(text_of(client.post("/suivi/message/", held))))

    assert asked["dossier"] == first.reference
