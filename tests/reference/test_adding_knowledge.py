"""``docs/adding-knowledge.md`` does what it says: each example is added to the files, and they load."""

import re

import pytest

from csirt.reference import errors
from csirt.reference.bundle import load
from tools import machine

PAGE = (machine.ROOT / "docs/adding-knowledge.md").read_text(encoding="utf-8")


def example(name):
    return re.search(rf"```yaml {name}\n(.*?)```", PAGE, re.DOTALL)[1]


def added(texts, file, under, name):
    """Return the file's text with the example as the first entry of the list *under*."""
    head, found, rest = texts[file].partition(f"\n{under}:\n")
    assert found, under
    return head + found + example(name) + rest


def copied(texts):
    text = texts["playbooks/rancongiciel.yaml"].replace("id: ran-", "id: imp-")
    text = text.replace("\nid: rancongiciel\n", "\nid: imprimante\n")
    first = re.compile(r"due: PT\S+\n( +)due_from: shown\n")
    bound = r"due: PT72H\n\1due_from: duty\n\1duty: declaration-imprimante\n"
    return first.sub(bound, text, count=1)


def test_a_question_a_playbook_a_category_and_a_clock_are_added_as_the_page_says(texts):
    bundle = load(
        {
            **texts,
            "intake.yaml": added(texts, "intake.yaml", "questions", "question"),
            "playbooks/imprimante.yaml": copied(texts),
            "categories.yaml": added(texts, "categories.yaml", "categories", "category"),
            "duties.yaml": added(texts, "duties.yaml", "clocks", "clock"),
        }
    )

    assert [o.id for o in bundle.questions["imprimante"].options] == [
        "oui_imprimante",
        "non_imprimante",
        "nsp",
    ]
    assert bundle.playbook_for("imprimante-piratee").id == "imprimante"
    meets = [step.duty for step in bundle.playbooks["imprimante"].steps]
    assert meets.count("declaration-imprimante") == 1
    assert str(bundle.duties["declaration-imprimante"].due) == "PT72H"


def test_a_scenario_is_added_as_the_page_says(texts):
    bundle = load({**texts, "exercises/imprimante.yaml": example("scenario")})
    scenario = bundle.exercises["ex-imprimante"]

    assert [inject.channel for inject in scenario.injects] == ["formulaire", "telephone"]
    assert dict(scenario.injects[0].answers) == {"quoi": "autre", "travail": "gene"}


@pytest.mark.parametrize("wrong", ["quoi: rien", "inconnu: autre"])
def test_a_scenario_cannot_answer_what_the_form_does_not_ask(texts, wrong):
    with pytest.raises(errors.ReferenceError, match="the form knows no answer"):
        load(
            {
                **texts,
                "exercises/imprimante.yaml": example("scenario").replace("quoi: autre", wrong),
            }
        )
