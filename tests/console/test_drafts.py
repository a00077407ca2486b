"""Drafts: what was typed and not sent survives a closed tab, for its author alone."""

from datetime import timedelta

import pytest

from csirt.accounts.principals import Person
from csirt.kernel.clock import now
from csirt.kernel.errors import Invalid
from incidents.models import TextDraft
from incidents.services import text_drafts
from tests.console.case import address, post, qualified, text
from tests.people import client_of

JSON = {"HTTP_ACCEPT": "application/json"}


def keep(user, case, words, field="note-text"):
    return text_drafts.keep(
        incident=case.uuid, by=Person.of(user), field=field, text=words, now=now()
    )


def test_a_draft_comes_back_in_its_field_for_its_author_alone(alice, bruno, denise):
    case = denise.incident
    client_of(alice).post(
        address(case, "brouillons", "message-text"), {"text": "Bonjour Denise,"}, **JSON
    )

    mine = client_of(alice).get(address(case))
    theirs = client_of(bruno).get(address(case))

    assert "Bonjour Denise,</textarea>" in mine.content.decode()
    assert "Brouillon du" in text(mine)
    assert "Bonjour Denise," not in theirs.content.decode()
    assert "Brouillon du" not in text(theirs)


def test_without_a_script_a_button_keeps_it_and_another_throws_it_away(alice, denise):
    case, client = denise.incident, client_of(alice)
    page = address(case, "brouillons", "note-text")

    kept = client.post(page, {"note-text": "À relire."}, follow=True)
    assert "Votre brouillon est gardé." in text(kept)
    assert "À relire.</textarea>" in kept.content.decode()

    gone = client.post(page, {"note-text": "À relire.", "jeter": "oui"}, follow=True)
    assert "À relire." not in gone.content.decode()
    assert not TextDraft.objects.exists()


def test_the_long_texts_of_an_edge_are_kept_and_its_form_stands_open(alice, denise):
    case = qualified(denise.incident, Person.of(alice))
    keep(alice, case, "Tout est rétabli.", "resolve-reason")

    page = client_of(alice).get(address(case)).content.decode()

    assert "Tout est rétabli.</textarea>" in page
    assert '<details class="act" open><summary>Résoudre' in page


def test_sending_empties_it(alice, denise):
    case = denise.incident
    keep(alice, case, "Rappeler demain.")
    keep(alice, case, "Bonjour", "message-text")

    post(alice, case, "faire", "note", **{"note-text": "Rappeler demain."})

    assert [row.field for row in TextDraft.objects.all()] == ["message-text"]


def test_what_could_not_be_sent_keeps_its_draft(alice, denise):
    case = denise.incident
    keep(alice, case, "Rappeler {heure_rappel}.", "message-text")

    post(
        alice,
        case,
        "faire",
        "message",
        **{"message-text": "Rappeler {heure_rappel}.", "token": "0" * 32},
    )

    assert TextDraft.objects.get().text == "Rappeler {heure_rappel}."


def test_a_reply_that_is_picked_comes_after_what_was_typed(alice, denise):
    keep(alice, denise.incident, "Bonjour,", "message-text")

    page = client_of(alice).get(address(denise.incident) + "?modele=reponse-p4").content.decode()

    assert "Bonjour,\n\nBonjour. Votre signalement" in page


def test_an_empty_draft_is_forgotten_and_a_huge_one_refused(alice, denise):
    keep(alice, denise.incident, "Un mot.")
    assert keep(alice, denise.incident, "  \n") is None
    assert not TextDraft.objects.exists()

    with pytest.raises(Invalid):
        keep(alice, denise.incident, "x" * 20_001)
    answer = client_of(alice).post(
        address(denise.incident, "brouillons", "note-text"), {"text": "x" * 20_001}, **JSON
    )
    assert answer.status_code == 400
    assert answer.json()["code"] == "too-long"


def test_nobody_keeps_forty_one_drafts_on_one_case(alice, denise):
    for number in range(text_drafts.MOST):
        keep(alice, denise.incident, "Un mot.", f"champ-{number}")

    with pytest.raises(Invalid):
        keep(alice, denise.incident, "Un mot.", "champ-de-trop")
    assert keep(alice, denise.incident, "Un autre.", "champ-1").text == "Un autre."


def test_thirty_days_later_they_are_gone(alice, denise):
    keep(alice, denise.incident, "Un mot.")

    assert text_drafts.forget_old(now=now() + timedelta(days=29)) == 0
    assert text_drafts.forget_old(now=now() + timedelta(days=31)) == 1


def test_nobody_keeps_one_on_a_case_that_they_do_not_see(eve, emile, denise):
    for user in (eve, emile):
        answer = client_of(user).post(
            address(denise.incident, "brouillons", "note-text"), {"text": "Un mot."}, **JSON
        )
        assert answer.status_code == 404
    assert not TextDraft.objects.exists()
