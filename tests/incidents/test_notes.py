"""Notes that change: nobody's text is lost, and who may see the case is told of a mention."""

import pytest

from csirt.accounts.principals import Person
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, NotAllowed, NotFound
from incidents.models import Note
from incidents.services import casework, notes
from tests.incidents.conftest import case_in, row
from tests.people import person


def add(case, user, text="Le pare-feu est fermé."):
    return casework.add_note(incident=case.uuid, by=Person.of(user), text=text, now=now())


def edit(note, user, text, version=None):
    return notes.edit_note(
        incident=note.incident.uuid,
        note=note.uuid,
        version=version or Note.objects.get(pk=note.pk).version,
        by=Person.of(user),
        text=text,
        now=now(),
    )


def test_each_text_that_a_note_had_is_kept_with_who_wrote_it(alice, bruno, since):
    note = add(case_in("active", alice), alice)
    since()

    edit(note, alice, "Le pare-feu est fermé depuis 9 h.")
    edit(note, bruno, "Le pare-feu est fermé depuis 9 h 30.")

    kept = [(one.version, one.editor, one.text) for one in notes.versions(note)]
    assert kept == [
        (3, bruno, "Le pare-feu est fermé depuis 9 h 30."),
        (2, alice, "Le pare-feu est fermé depuis 9 h."),
        (1, alice, "Le pare-feu est fermé."),
    ]
    uuid = str(note.uuid)
    assert since() == [
        ("note.edited", {"note": uuid, "number": 2}),
        ("note.edited", {"note": uuid, "number": 3}),
    ]


def test_the_second_of_two_texts_saved_at_once_is_refused_and_neither_is_lost(alice, bruno):
    note = add(case_in("active", alice), alice)
    edit(note, bruno, "Le texte de Bruno.", version=1)

    with pytest.raises(Conflict) as refused:
        edit(note, alice, "Le texte d'Alice.", version=1)

    assert refused.value.code == "note-changed"
    assert Note.objects.get(pk=note.pk).text == "Le texte de Bruno."


def test_saving_the_very_same_text_again_is_no_change(alice, since):
    note = add(case_in("active", alice), alice)
    edit(note, alice, "Deux.", version=1)
    since()

    assert edit(note, alice, "Deux.", version=1).version == 2
    assert since() == []


def test_only_its_author_or_a_lead_changes_a_note(alice, bruno):
    zoe = person("Zoé", "analyst")
    note = add(case_in("active", alice), alice)

    with pytest.raises(NotAllowed):
        edit(note, zoe, "Autre chose.")
    assert edit(note, bruno, "Autre chose.").text == "Autre chose."


def test_who_does_not_see_the_case_knows_of_no_note(alice, outsiders):
    note = add(case_in("active", alice), alice)

    for user in outsiders:
        with pytest.raises(NotFound):
            edit(note, user, "Autre chose.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@Bruno regarde", {"Bruno"}),
        ("Vu avec @bruno, puis @Zoé.", {"Bruno", "Zoé"}),
        ("@zoe : oui", {"Zoé"}),
        ("écrire à bruno@exemple.fr", set()),
        ("@Brunoise", set()),
        ("@Émile et @Eve", set()),
        ("@Jean Petit et @Jean Grand", {"Jean Petit", "Jean Grand"}),
        ("@Jean seul ne dit pas qui", set()),
        ("rien @ personne", set()),
    ],
)
def test_a_mention_is_an_at_sign_and_a_name(text, expected, alice, bruno, outsiders):
    for number, name in enumerate(("Zoé", "Jean Petit", "Jean Grand")):
        person(name, "analyst", email=f"p{number}@exemple.fr")
    case = case_in("active", alice)

    assert {str(user) for user in notes.mentioned(case, text).told} == expected


def test_who_may_not_see_the_case_is_not_told(alice, bruno, since):
    zoe = person("Zoé", "analyst")
    case = case_in("active", alice)
    casework.restrict(
        incident=case.uuid, version=row(case).version, by=Person.of(alice), people=[], now=now()
    )
    since()

    add(case, alice, "@Zoé et @Alice")

    assert [kind for kind, _data in since()] == ["note.written"]
    found = notes.mentioned(case, "@Zoé et @Alice")
    assert (found.told, found.blind) == ((alice,), (zoe,))


def test_an_edit_tells_only_whom_it_mentions_anew(alice, bruno, since):
    zoe = person("Zoé", "analyst")
    note = add(case_in("active", alice), alice, "@Bruno")
    since()

    edit(note, alice, "@Bruno et @Zoé")

    data = {"note": str(note.uuid), "people": [str(zoe.uuid)]}
    assert since()[1:] == [("note.mentioned", data)]


def test_a_note_full_of_at_signs_costs_what_its_length_does(alice, monkeypatch):
    for number in range(40):
        person(f"Collègue Numéro {number}", "analyst", enrolled=False)
    case, looked = case_in("active", alice), []
    monkeypatch.setattr(notes, "fold", lambda word: looked.append(word) or word)
    notes.mentioned(case, " ".join(f"@{number:x}" for number in range(1_000)))

    assert len(looked) < 5_000
