"""The page of one note: two people save it at once, and nobody's text is lost."""

import random
import time

import pytest

from csirt.accounts.principals import Person
from csirt.kernel.clock import now
from incidents.console import notes
from incidents.models import Note, TextDraft
from incidents.services import casework
from tests.console.case import address, fresh, post, text
from tests.people import client_of, person

WORDS = " ".join(random.Random(7).choices("abcdefgh", k=1_000))


def noted(case, user, words="Le pare-feu est fermé."):
    return casework.add_note(incident=case.uuid, by=Person.of(user), text=words, now=now())


def save(user, note, words, version, **more):
    case = note.incident
    data = {"note-text": words, "version": version, **more}
    return client_of(user).post(address(case, "notes", f"{note.uuid}/"), data)


def test_two_texts_saved_at_once_stand_side_by_side_with_their_difference(alice, bruno, denise):
    note = noted(denise.incident, alice)
    save(bruno, note, "Le pare-feu est fermé depuis midi.", 1)

    answer = save(alice, note, "Le pare-feu est ouvert.", 1)

    assert answer.status_code == 409
    shown = answer.content.decode()
    assert "Le pare-feu est fermé depuis midi." in shown
    assert "Le pare-feu est ouvert." in shown
    assert "<del>" in shown
    assert "<ins>" in shown
    assert Note.objects.get().text == "Le pare-feu est fermé depuis midi."
    # The tab may be closed now: the text waits as a draft, beside what is saved.
    again = client_of(alice).get(address(note.incident, "notes", f"{note.uuid}/"))
    assert "Votre texte, pas encore enregistré" in text(again)
    assert "Le pare-feu est ouvert." in text(again)


def test_the_person_chooses_and_saves_again(alice, bruno, denise):
    note = noted(denise.incident, alice)
    save(bruno, note, "Celui de Bruno.", 1)
    save(alice, note, "Celui d'Alice.", 1)

    answer = save(alice, note, "Celui d'Alice.", 2, both="oui")

    assert answer.status_code == 302
    assert Note.objects.get().text == "Celui de Bruno.\n\nCelui d'Alice."
    assert not TextDraft.objects.exists()


def test_the_earlier_texts_can_be_read(alice, bruno, denise):
    note = noted(denise.incident, alice, "Un http://mal.exemple/a")
    save(alice, note, "Deux", 1)

    shown = text(client_of(bruno).get(address(note.incident, "notes", f"{note.uuid}/")))

    assert "Version 2, de Alice" in shown
    assert "http://mal" not in shown
    assert "hxxp" in shown


def test_who_did_not_write_it_reads_it_and_is_told_who_may_change_it(alice, denise):
    note = noted(denise.incident, alice)
    zoe = person("Zoé", "analyst")

    page = client_of(zoe).get(address(note.incident, "notes", f"{note.uuid}/"))

    assert "Seul son auteur ou un responsable" in text(page)
    assert save(zoe, note, "Autre", 1).status_code == 403


def test_who_is_mentioned_and_may_not_see_the_case_is_named_plainly(alice, denise):
    person("Zoé", "analyst")
    case = fresh(denise.incident)
    casework.restrict(
        incident=case.uuid, version=case.version, by=Person.of(alice), people=[], now=now()
    )

    answer = post(alice, case, "faire", "note", **{"note-text": "@Zoé, un avis ?"})

    assert "Zoé ne voit pas ce dossier : aucun avis ne part" in text(answer)


def test_eve_is_told_that_there_is_no_such_page(eve, alice, denise):
    note = noted(denise.incident, alice)

    answer = client_of(eve).get(address(note.incident, "notes", f"{note.uuid}/"))

    assert answer.status_code == 404
    assert save(eve, note, "Autre", 1).status_code == 404


def test_many_texts_stand_on_several_pages(alice, bruno, denise):
    note = noted(denise.incident, alice, "Texte 1")
    for version in range(1, 25):
        save(alice, note, f"Texte {version + 1}", version)
    client = client_of(bruno)
    first = text(client.get(address(note.incident, "notes", f"{note.uuid}/")))
    second = text(client.get(address(note.incident, "notes", f"{note.uuid}/?avant=6")))

    assert "Version 25, de Alice" in first
    assert "Version 6, de Alice" in first
    assert "Version 5, de Alice" not in first
    assert "Versions plus anciennes" in first
    assert "Version 5, de Alice" in second
    assert "Version 1, de Alice" in second
    assert "Versions plus anciennes" not in second


COSTLY = {
    "one line, thousands of times": ("a\n" * 9_999, "a\n" * 9_998 + "b"),
    "one word, then another": ("a " * 9_999, "b " * 9_999),
    "two words in turn": ("a b " * 4_999, "b a " * 4_999),
    "few words, backwards": (WORDS, WORDS[::-1]),
    "empty lines": ("\n" * 19_000 + "a", "\n" * 19_000 + "b"),
}


@pytest.mark.parametrize(("before", "after"), COSTLY.values(), ids=COSTLY)
def test_two_texts_that_are_made_to_cost_are_shown_whole(before, after):
    begun = time.process_time()
    pieces = notes.compared(before, after)

    assert time.process_time() - begun < 1
    assert "".join(one.text for one in pieces if one.how != "ins") == before
    assert "".join(one.text for one in pieces if one.how != "del") == after
