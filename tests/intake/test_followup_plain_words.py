"""What the follow-up pages say: sentences of fifteen words at most, in both languages."""

import re

import pytest

from csirt.kernel import codes
from tests.intake.test_followup import visit
from tests.intake.test_followup_questions import ANSWERS, INPUTS
from tests.intake.test_plain_words import sentences, too_long
from tests.people import file_case

PATHS = (
    "", "questions/suite-travail/", "questions/suite-copie/", "questions/suite-fait/",
    "questions/suite-argent/", "changement/", "resume/", "effacement/", "code-perdu/",
)  # fmt: skip
# The labels of the law itself, and one question of the intake file.
EXCEPTIONS = {
    "fr": {"Des informations sur des habitants, clients ou agents ont-elles pu être vues, prises ou perdues ?"},
    "en": {"Could information about residents, clients or staff have been seen, taken or lost?"},
}  # fmt: skip


def pages(language, **fields):
    answers = ANSWERS | {"argent_parti": "moins_72h", "infos_gens": "sensibles"}
    victim = file_case(
        answers=answers, inputs=INPUTS | {"donnees": "sensibles", "argent": "recent"}, **fields
    )
    client = visit(victim, headers={"accept-language": language})
    found = {path: client.get(f"/suivi/{path}").content.decode() for path in PATHS}
    found["code made"] = client.post(
        "/suivi/acces/", {"nom": "Le maire", "envoi": codes.new_token()}
    ).content.decode()
    found["no name"] = client.post("/suivi/acces/", {"envoi": codes.new_token()}).content.decode()
    found["unsaid"] = client.post("/suivi/changement/", {}).content.decode()
    for done in ("reponses", "changement", "accord", "retrait", "fin"):
        found[done] = client.get(f"/suivi/?fait={done}").content.decode()
    client.post("/suivi/effacement/")
    found["erasure asked"] = client.get("/suivi/effacement/").content.decode()
    return found


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("kind", ["commune", "entreprise", "particulier"])
def test_no_page_holds_a_long_sentence(db, language, kind):
    allowed = {re.split(r" (?=Non|Oui|No|Yes)", one)[0] for one in EXCEPTIONS[language]}
    long = {
        (path, one)
        for path, html in pages(language, victim_kind=kind).items()
        for one in too_long(html, language)
        if not any(one.startswith(known[:60]) for known in allowed)
    }

    assert long == set()


def test_no_page_uses_the_words_of_the_trade(db, bundle):
    forbidden = bundle.vocabulary.victim_text_rules.forbidden_words_fr
    wanted = re.compile(rf"\b({'|'.join(map(re.escape, forbidden))})\b", re.IGNORECASE)

    for path, html in pages("fr").items():
        said = " ".join(sentences(html, "fr"))
        assert not wanted.search(said), f"{path}: {wanted.search(said)}"
