"""Distress words on the case page: what was heard, in words, and what an analyst says of it."""

import pytest

from csirt.accounts.principals import Victim
from csirt.kernel import codes
from csirt.kernel.clock import now
from incidents.services.following import write_as_victim
from tests.console.case import address, fresh, post, text
from tests.people import agree, client_of, file_case

pytestmark = pytest.mark.django_db
TITLE, FLAG = "Mots à vérifier", "La personne visée a moins de 18 ans"


@pytest.fixture
def case():
    """A calm case in which words point to a minor."""
    incident = file_case(category="hameconnage-courriel").incident
    write_as_victim(
        victim=Victim(incident_id=incident.pk), token=codes.new_token(), text="Au lycée.", now=now()
    )
    return fresh(incident)


def page(user, case, **headers):
    return text(client_of(user, headers=headers).get(address(case)))


def test_it_says_what_was_heard_and_that_it_does_not_count_yet(alice, case):
    said = page(alice, case)

    assert TITLE in said
    assert FLAG in said
    assert "« au lycee »" in said
    assert "Ne compte pas encore dans la priorité." in said
    assert "D'ici là, aucun fichier n'est pris." in said
    assert "Son courriel entier attend" not in said


def test_it_is_in_english_too(alice, case):
    said = page(alice, case, **{"accept-language": "en"})

    assert "Words to check" in said
    assert "The target is under 18" in said


def test_sure_words_are_said_to_count(alice):
    case = file_case(flags=("idees_noires",), text="Je veux en finir.").incident
    said = page(alice, case)

    assert "La personne va peut-être très mal" in said
    assert "« veux en finir »" in said
    assert "Compte déjà dans la priorité." in said


def test_the_queue_shows_it_too(alice, case, denise):
    client = client_of(alice)
    assert text(client.get("/console/")).count(TITLE) == 1
    rows = client.get("/console/snapshot").json()["rows"]

    assert {row["id"]: row["to_check"] for row in rows} == {
        str(case.uuid): True,
        str(denise.incident.uuid): False,
    }


def test_without_any_there_is_no_block(alice, denise):
    assert TITLE not in page(alice, denise.incident)


def test_confirmed_the_priority_follows_and_the_history_says_who(alice, case):
    said = text(post(alice, case, "faire", "mots", flag="mineur", **{"mots-confirmed": "oui"}))

    assert TITLE not in said
    assert f"Alice a vérifié des mots entendus, confirmés : {FLAG}." in said
    assert (fresh(case).priority, fresh(case).danger) == ("P1", True)


def test_cleared_nothing_is_left_of_it(alice, case):
    said = text(post(alice, case, "faire", "mots", flag="mineur", **{"mots-confirmed": "non"}))

    assert TITLE not in said
    assert fresh(case).priority == case.priority
    assert fresh(case).assessment["suspected"] == []


def test_who_was_second_is_told_the_new_state(alice, bruno, case):
    post(bruno, case, "faire", "mots", flag="mineur", **{"mots-confirmed": "non"})
    answer = post(
        alice, case, "faire", "mots", version=case.version, flag="mineur",
        **{"mots-confirmed": "oui"},
    )  # fmt: skip

    assert answer.status_code == 409
    assert "Ce dossier vient de changer." in text(answer)
    assert fresh(case).priority == case.priority


def test_the_words_of_a_duplicate_stand_there_too(alice, case):
    main = file_case(category="hameconnage-courriel").incident
    post(alice, case, "etape", "merge", **{"merge-into": main.reference})

    assert FLAG in page(alice, main)


def test_an_operator_sees_none_of_it_and_settles_nothing(emile, case):
    agree(emile.operators.get(), case)
    assert TITLE not in page(emile, case)

    answer = post(emile, case, "faire", "mots", flag="mineur", **{"mots-confirmed": "oui"})

    assert answer.status_code == 403
    assert fresh(case).assessment["suspected"] == ["mineur"]


def test_for_eve_the_case_does_not_exist(eve, case):
    answer = post(eve, case, "faire", "mots", flag="mineur", **{"mots-confirmed": "oui"})

    assert answer.status_code == 404
    assert fresh(case).assessment["suspected"] == ["mineur"]
