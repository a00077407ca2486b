"""What the follow-up pages say: sentences of fifteen words at most, in both languages."""

import re

import pytest
from django.test import Client

from csirt.kernel import codes
from incidents.intake.states import DONE
from tests.intake.test_followup import visit
from tests.intake.test_followup_questions import ANSWERS, INPUTS
from tests.intake.test_plain_words import read_all, sentences
from tests.people import file_case

PATHS = (
    "", "questions/suite-travail/", "questions/suite-copie/", "questions/suite-fait/",
    "questions/suite-argent/", "moment/", "changement/", "resume/", "effacement/", "code-perdu/",
)  # fmt: skip


def pages(language, **fields):
    answers = ANSWERS | {"argent_parti": "moins_72h", "infos_gens": "sensibles"}
    victim = file_case(
        answers=answers, inputs=INPUTS | {"donnees": "sensibles", "argent": "recent"}, **fields
    )
    client = visit(victim, headers={"accept-language": language})
    found = {path: client.get(f"/suivi/{path}").content.decode() for path in PATHS}
    text = client.get("/suivi/telecharger/").content.decode()
    found["all as text"] = "".join(f"<p>{line}</p>" for line in text.splitlines())
    found["code made"] = client.post(
        "/suivi/acces/", {"nom": "Le maire", "envoi": codes.new_token()}
    ).content.decode()
    found["no name"] = client.post("/suivi/acces/", {"envoi": codes.new_token()}).content.decode()
    found["unsaid"] = client.post("/suivi/changement/", {}).content.decode()
    found["over"] = (
        Client(headers={"accept-language": language})
        .post("/suivi/changement/", {"sens": "pire"})
        .content.decode()
    )
    found["another case"] = client.post(
        "/suivi/changement/", {"dossier": "OCC-0000-00"}
    ).content.decode()
    for done in DONE:
        found[done] = client.get(f"/suivi/?fait={done}").content.decode()
    client.post("/suivi/effacement/")
    found["erasure asked"] = client.get("/suivi/effacement/").content.decode()
    return found


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("kind", ["commune", "entreprise", "particulier"])
def test_no_page_holds_a_long_sentence(db, language, kind):
    assert read_all(pages(language, victim_kind=kind), language) == {}


@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_page_of_files_or_of_a_code_read_out_holds_a_long_sentence(db, language):
    options = {"headers": {"accept-language": language}}
    found = {}
    for flags in ((), ("mineur",)):
        client = visit(file_case(flags=flags), **options)
        found[f"files {flags}"] = client.get("/suivi/fichiers/").content.decode()
        sent = client.post("/suivi/fichiers/", {"envoi": codes.new_token()})
        found[f"no file {flags}"] = sent.content.decode()
    client = visit(file_case(channel="phone"), **options)
    found["code read out"] = client.get("/suivi/nouveau-code/").content.decode()
    offer = re.search(r'name="offre" value="([^"]*)"', found["code read out"])[1]
    again = client.post("/suivi/nouveau-code/", {"offre": offer})
    found["not noted"] = again.content.decode()

    assert read_all(found, language) == {}
    assert all(html.count("<h1") == 1 for html in found.values())


def test_no_page_uses_the_words_of_the_trade(db, bundle):
    forbidden = bundle.vocabulary.victim_text_rules.forbidden_words_fr
    wanted = re.compile(rf"\b({'|'.join(map(re.escape, forbidden))})\b", re.IGNORECASE)

    for path, html in pages("fr").items():
        said = " ".join(sentences(html, "fr"))
        assert not wanted.search(said), f"{path}: {wanted.search(said)}"
