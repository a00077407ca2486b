"""Whatever the loader refuses in a playbook, its author reads in French where it is and what to do."""

import re
from dataclasses import replace

import pytest

from csirt.reference.bundle import shipped
from csirt.reference.durations import Duration
from playbooks.console.refusals import _AGAIN, explained
from playbooks.domain.writing import written
from playbooks.services.editing import BadPlaybook, checked

pytestmark = pytest.mark.django_db

BOOK = shipped().playbooks["faux-rib-fovi"]
TEXT = shipped().texts["playbooks/faux-rib-fovi.yaml"]


def refused(text):
    with pytest.raises(BadPlaybook) as caught:
        checked(text)
    return explained(caught.value.problems)


@pytest.mark.parametrize(
    ("old", "new", "where", "advice"),
    [
        ("phases:", "phases: [", "", "La ligne est mal écrite"),
        ("version:", "versions:", "champ « versions »", "Ce champ n'existe pas"),
        ("  title_fr:", "  title_xx:", "", "Ce champ n'existe pas"),
        ("role: decideur", "role: maire", "champ « Qui la fait »", "Choisissez l'une de ces valeurs"),
        ("order: 1\n", "order: un\n", "étape 1", "Ce n'est pas la bonne sorte"),
        ("order: 1\n", "order: 7\n", "étape 1", "Numérotez les étapes"),
        ("due: PT15M", "due: 15 min", "pendant, étape 1, champ « Délai »", "Écrivez le délai ainsi"),
        ("id: rib-a1", "id: ran-a1", "", "Une étape d'un autre playbook"),
        ("due_from: shown", "due_from: resolution", "pendant", "Écrivez « shown »"),
        ("required: false", "required: oui", "", "Écrivez true (oui)"),
    ],
)  # fmt: skip
def test_a_problem_says_where_it_is_and_what_to_do(old, new, where, advice):
    assert old in TEXT
    found = refused(TEXT.replace(old, new, 1))

    assert any(where in one.where and one.advice.startswith(advice) for one in found), found
    assert all(one.detail for one in found)
    assert all(re.match(r"Ligne \d+", one.where) or "of both" in one.detail for one in found)


@pytest.mark.parametrize(
    ("changes", "advice"),
    [
        ({"source": ()}, "Choisissez une source au moins."),
        ({"source": ("INCONNUE",)}, "Cette source n'est pas connue ici."),
        ({"basis": "read"}, "Écrivez ce que disent ses sources"),
        ({"due": None}, "Le délai (due), son départ (due_from)"),
        ({"duty": "inconnue"}, "Cette échéance légale n'est pas connue ici."),
        ({"visible_to_victim": True, "role": "prestataire"}, "Une étape du prestataire"),
        ({"due": Duration.parse("P99M")}, "Donnez un délai de cinq ans au plus."),
        ({"title_fr": "Appeler\u202e"}, "Retapez ce texte"),
        ({"id": "a" * 61}, "Écrivez 60 lettres"),
    ],
)
def test_a_step_that_cannot_be_says_what_to_change(changes, advice):
    first, *rest = BOOK.phases.during
    first = replace(first, **changes)
    book = replace(BOOK, phases=replace(BOOK.phases, during=(first, *rest)))

    assert any(one.advice.startswith(advice) for one in refused(written(book)))


def test_as_many_first_gestures_in_both_languages():
    [one] = refused(written(replace(BOOK, dont_en=BOOK.dont_en[:-1])))

    assert one.advice == "Il faut autant de lignes en anglais qu'en français."


def test_a_line_of_another_file_is_not_shown_as_ones_own():
    found = refused(written(replace(BOOK, victim_kinds=())))

    assert {(one.where, one.advice[:34]) for one in found} == {
        ("", "Une catégorie y mène pour ce publi"),
    }


def test_what_nobody_foresaw_still_says_to_mend_it():
    [one] = explained(["something else"])

    assert (one.where, one.advice, one.detail) == ("", str(_AGAIN), "something else")
