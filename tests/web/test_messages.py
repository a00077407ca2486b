"""Each sentence of a screen has its English, and a catalogue holds nothing else."""

import ast

import polib
import pytest

from tools import messages
from tools.messages import Message


@pytest.fixture(scope="module")
def all_problems():
    return messages.problems(messages.find())


@pytest.mark.parametrize("name", messages.ROOMS)
def test_the_translations_of_each_room_are_complete(name, all_problems):
    assert [said for said in all_problems if said.startswith(f"{name}: ")] == []


@pytest.mark.parametrize(
    "source, expected",
    [
        ('{% translate "Bonjour" %}', Message("Bonjour")),
        ('{% translate "Retour d\'expérience" %}', Message("Retour d'expérience")),
        ('{% translate "100 % sûr" %}', Message("100 %% sûr")),
        ('{% translate "Clos" context "état" %}', Message("Clos", context="état")),
        ('{% include "x.html" with label=_("Envoyer") only %}', Message("Envoyer")),
        ('{{ value|default:_("Rien") }}', Message("Rien")),
        (
            "{% blocktranslate with n=name trimmed %}\n  Bonjour\n  {{ n }}\n{% endblocktranslate %}",
            Message("Bonjour %(n)s"),
        ),
        (
            "{% blocktranslate count n=n %}{{ n }} cas{% plural %}{{ n }} fois{% endblocktranslate %}",
            Message("%(n)s cas", "%(n)s fois"),
        ),
    ],
)
def test_it_finds_what_a_template_says(source, expected):
    assert list(messages.in_template(source)) == [expected]


def in_python(source, *, plain=False):
    tree = ast.parse(source)
    errors = messages.error_names([tree])
    return sorted(messages.in_python(tree, errors, plain=plain))


@pytest.mark.parametrize(
    "source, expected",
    [
        ("gettext('Un')", Message("Un")),
        ("x = _('Un ' 'deux')", Message("Un deux")),
        ("translation.gettext_lazy('Un')", Message("Un")),
        ("ngettext('Un', 'Deux', n)", Message("Un", "Deux")),
        ("pgettext('où', 'Un')", Message("Un", context="où")),
        ("npgettext_lazy('où', 'Un', 'Deux', n)", Message("Un", "Deux", "où")),
        ("panels.register('a', 'b', 'Titre', f)", Message("Titre")),
        ("class Late(DeskError):\n    sentence = 'Trop tard.'", Message("Trop tard.")),
        ("from csirt.kernel.errors import DeskError\nraise DeskError('Non.')", Message("Non.")),
        ("NO = 'Non.'\nclass Bad(DeskError): ...\nraise Bad(NO, code='no')", Message("Non.")),
    ],
)
def test_it_finds_what_python_says(source, expected):
    assert in_python(source) == [expected]


def test_it_finds_the_sentences_of_the_fields_of_an_error():
    source = "class Bad(DeskError): ...\nraise Bad('Non.', fields={'a': 'Écrivez.'})"

    assert in_python(source) == [Message("Non."), Message("Écrivez.")]


@pytest.mark.parametrize(
    "source",
    [
        "_STATE_LABELS = {State.NEW: 'Nouveau'}",
        "edge(label='Nouveau')",
        "@dataclass\nclass Edge:\n    name: str\n    label: str\nEdge('new', 'Nouveau')",
    ],
)
def test_plain_python_speaks_through_telling_names(source):
    assert in_python(source, plain=True) == [Message("Nouveau")]
    assert in_python(source, plain=False) == []


def test_an_error_of_a_library_is_none_of_ours():
    source = "from rest_framework.exceptions import NotFound\nraise NotFound('No.')"
    tree = ast.parse(source)

    assert list(messages.in_python(tree, {"NotFound"}, plain=False)) == []


@pytest.mark.parametrize(
    "path, room",
    [
        ("incidents/intake/templates/intake/page.html", "incidents/intake"),
        ("incidents/domain/lifecycle.py", "incidents"),
        ("csirt/kernel/errors.py", "incidents"),
        ("csirt/settings.py", "csirt/web"),
        ("csirt/accounts/roles.py", "csirt/accounts"),
    ],
)
def test_a_sentence_belongs_to_the_nearest_room(path, room):
    assert messages.home(messages.Path(path)) == room


@pytest.fixture
def room(tmp_path, monkeypatch):
    """A project of one room that says one sentence, translated and compiled."""
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    monkeypatch.setattr(messages, "ROOMS", ("api",))
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "views.py").write_text("gettext('Il reste %(n)s jours')")
    messages.extract(["api"])
    translate("Il reste %(n)s jours", "%(n)s days left")
    return tmp_path / "api"


def translate(french, english):
    catalogue = messages.load("api")
    catalogue.find(french).msgstr = english
    catalogue.save(str(messages.catalogue("api")))
    messages.compile_all()


def problems():
    return messages.problems(messages.find())


def test_a_complete_room_has_no_problem(room):
    assert problems() == []


def test_a_new_sentence_is_missing_until_it_is_translated(room):
    (room / "new.py").write_text("gettext('Bonjour')")
    assert problems() == ['api: missing "Bonjour"']

    messages.extract(["api"])
    messages.compile_all()
    assert problems() == ['api: empty "Bonjour"']

    translate("Bonjour", "Hello")
    assert problems() == []


def test_a_sentence_that_nobody_says_any_more_is_obsolete(room):
    (room / "views.py").write_text("")
    assert problems() == ['api: obsolete "Il reste %(n)s jours"']

    messages.extract(["api"])
    assert len(messages.load("api")) == 0


def test_a_string_that_is_translated_by_its_name_is_not_obsolete(room):
    (room / "views.py").write_text("chosen = 'Il reste %(n)s jours'")

    assert problems() == []


def test_a_translation_keeps_the_placeholders(room):
    translate("Il reste %(n)s jours", "%(days)s days left")

    assert problems() == ['api: other placeholders in "Il reste %(n)s jours"']


def test_a_fuzzy_translation_is_none(room):
    catalogue = messages.load("api")
    catalogue[0].flags = ["fuzzy"]
    catalogue.save(str(messages.catalogue("api")))

    assert 'api: fuzzy "Il reste %(n)s jours"' in problems()


def test_a_stale_compiled_catalogue_is_said(room):
    catalogue = messages.load("api")
    catalogue[0].msgstr = "%(n)s more days"
    catalogue.save(str(messages.catalogue("api")))

    assert problems() == ["api: the compiled catalogue is stale (make messages)"]


def test_two_rooms_may_not_translate_one_sentence_in_two_ways(room, monkeypatch):
    monkeypatch.setattr(messages, "ROOMS", ("api", "playbooks"))
    (room.parent / "playbooks").mkdir()
    (room.parent / "playbooks" / "views.py").write_text((room / "views.py").read_text())
    messages.extract(["playbooks"])
    catalogue = messages.load("playbooks")
    catalogue[0].msgstr = "still %(n)s days"
    catalogue.save(str(messages.catalogue("playbooks")))
    messages.compile_all()

    assert problems() == [
        'playbooks: "Il reste %(n)s jours" is "still %(n)s days", but "%(n)s days left" in api'
    ]


def test_a_catalogue_is_sorted_and_bears_no_date_and_no_line_number(room):
    (room / "views.py").write_text("gettext('b'); gettext('a')")
    messages.extract(["api"])
    text = messages.catalogue("api").read_text()

    assert [entry.msgid for entry in polib.pofile(text)] == ["a", "b"]
    assert "#:" not in text
    assert "Date" not in text
