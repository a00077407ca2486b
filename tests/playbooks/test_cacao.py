"""Export and import as CACAO 2.0: valid against the official schemas, and the steps stay in order."""

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import jsonschema
import pytest
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7, DRAFT202012

from csirt.kernel.errors import Invalid
from csirt.reference.bundle import check_playbook, shipped
from playbooks.domain import cacao, cacao_reading
from tools import machine

pytestmark = pytest.mark.once
FOLDER = Path(__file__).parent / "cacao" / "schemas"
AT = datetime(2026, 11, 29, 8, 0, tzinfo=UTC)
OURS = json.loads((machine.ROOT / "playbooks/cacao-extension.json").read_text(encoding="utf-8"))
PLAYBOOKS = sorted(shipped().playbooks)
DONE = cacao.Done(
    UUID(int=7, version=4), "OCC-7F3K-Q2", "amber+strict", {"ran-p1": ("done", AT, "prestataire")}
)


def _validator(draft, specification):
    schemas = [json.loads(path.read_text(encoding="utf-8")) for path in FOLDER.rglob("*.json")]
    if draft is jsonschema.Draft202012Validator:
        schemas = [{k: v for k, v in one.items() if k != "$schema"} for one in schemas]
        for one in schemas:
            if one["title"] == "command-data":  # others extend it, so it cannot be the last word
                del one["unevaluatedProperties"]
    registry = Registry().with_resources(
        (one["$id"], Resource.from_contents(one, default_specification=specification))
        for one in schemas
    )
    root = next(one for one in schemas if one["title"] == "playbook")
    return draft(root, registry=registry)


VALIDATORS = [
    _validator(jsonschema.Draft7Validator, DRAFT7),
    _validator(jsonschema.Draft202012Validator, DRAFT202012),
]


def source(language="fr"):
    return cacao.Source(
        shipped(), language, UUID(int=1, version=4), "https://desk.example/schema.json", AT, AT
    )


def problems(content, validators=VALIDATORS):
    return [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"
        for validator in validators
        for error in validator.iter_errors(content)
    ]


def names_in_order(content):
    """Follow the workflow as a machine would, branches included."""
    workflow, found, name = content["workflow"], [], content["workflow_start"]
    while name:
        step = workflow[name]
        inner = workflow[step["on_true"]] if step["type"] == "if-condition" else step
        if inner["type"] == "action":
            found.append((inner["name"], inner["commands"][0]["command"]))
        name = step.get("on_completion")
    return found


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_every_shipped_playbook_and_a_run_of_it_is_valid_cacao(name):
    book = shipped().playbooks[name]
    whole, run = cacao.exported(book, source()), cacao.exported(book, source("en"), DONE)

    assert problems(whole) == []
    assert problems(run) == []
    assert problems(cacao.stripped(whole), VALIDATORS[:1]) == []


def test_the_schemas_refuse_what_is_wrong():
    content = cacao.exported(shipped().playbooks["rancongiciel"], source())
    step = next(one for one in content["workflow"].values() if one["type"] == "action")
    step["phase"] = "during"
    assert problems(content)
    assert problems(content | {"spec_version": "cacao-1.0"})


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("name", PLAYBOOKS)
def test_without_the_extension_it_says_the_same_steps_in_the_same_order(name, language):
    book = shipped().playbooks[name]
    content = cacao.stripped(cacao.exported(book, source(language)))

    assert cacao.EXTENSION not in json.dumps(content)
    assert names_in_order(content) == [
        (getattr(step, f"title_{language}"), getattr(step, f"detail_{language}"))
        for step in book.steps
    ]


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_the_extension_follows_its_published_schema(name):
    content = cacao.exported(shipped().playbooks[name], source(), DONE)
    judge = jsonschema.Draft202012Validator(OURS)
    extensions = [one["step_extensions"] for one in content["workflow"].values() if "agent" in one]
    for one in (content["playbook_extensions"], *extensions):
        judge.validate(one[cacao.EXTENSION])


def test_a_run_says_how_far_it_came_and_no_word_of_anybody():
    content = cacao.exported(shipped().playbooks["rancongiciel"], source(), DONE)
    states = {
        one["step_extensions"][cacao.EXTENSION]["id"]: one["step_extensions"][cacao.EXTENSION]
        for one in content["workflow"].values()
        if "agent" in one
    }
    assert states["ran-p1"]["state"] == "done"
    assert states["ran-p1"]["role"] == "prestataire"
    assert "state" not in states["ran-p2"]
    [marking] = content["data_marking_definitions"].values()
    assert marking["tlpv2_level"] == "TLP:AMBER+STRICT"
    assert content["derived_from"] == [
        cacao.exported(shipped().playbooks["rancongiciel"], source())["id"]
    ]


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("name", PLAYBOOKS)
def test_our_own_export_comes_back_as_the_same_playbook(name, language):
    book = shipped().playbooks[name]
    found = cacao_reading.read(json.dumps(cacao.exported(book, source(language))))

    assert found.lost == []
    assert check_playbook(shipped(), found.text) == book


def uid(kind, number):
    return f"{kind}--{UUID(int=number, version=4)}"


def foreign():
    """A playbook of somebody else, with everything that ours cannot say."""
    action = {"commands": [{"type": "manual", "command": "Do it."}], "agent": uid("individual", 1)}
    automatic = {"commands": [{"type": "bash", "command": "ls"}], "agent": uid("individual", 1)}
    end = {"type": "end"}
    steps = {
        uid("start", 1): {"type": "start", "on_completion": uid("parallel", 2)},
        uid("parallel", 2): {
            "type": "parallel", "name": "Both", "on_completion": uid("if-condition", 5),
            "next_steps": [uid("action", 3), uid("action", 4)],
        },
        uid("action", 3): {"type": "action", "name": "A", **action, "on_completion": uid("end", 9)},
        uid("action", 4): {"type": "action", "name": "B", **automatic, "on_completion": uid("end", 10)},
        uid("if-condition", 5): {
            "type": "if-condition", "name": "Big?", "condition": "__x__:value = 'y'",
            "on_true": uid("action", 6), "on_false": uid("action", 7),
            "on_completion": uid("while-condition", 8),
        },
        uid("action", 6): {"type": "action", "name": "C", **action, "on_completion": uid("end", 11)},
        uid("action", 7): {"type": "action", "name": "D", **action, "on_completion": uid("end", 12)},
        uid("while-condition", 8): {
            "type": "while-condition", "name": "Again", "condition": "__x__:value = 'y'",
            "on_true": uid("action", 13), "on_completion": uid("end", 14),
        },
        uid("action", 13): {"type": "action", "name": "E", **action, "on_completion": uid("while-condition", 8)},
        **{uid("end", number): end for number in (9, 10, 11, 12, 14)},
    }  # fmt: skip
    return {
        "type": "playbook", "spec_version": "cacao-2.0", "id": uid("playbook", 20),
        "name": "Somebody else's", "created_by": uid("identity", 21),
        "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z",
        "workflow_start": uid("start", 1), "workflow": steps,
        "agent_definitions": {uid("individual", 1): {"type": "individual", "name": "Somebody"}},
    }  # fmt: skip


def test_branches_of_somebody_else_are_flattened_and_it_is_said():
    assert problems(foreign()) == []
    found = cacao_reading.read(json.dumps(foreign()))
    book = check_playbook(shipped(), found.text)

    assert [step.title_fr for step in book.steps] == ["A", "B", "C", "D", "E"]
    assert book.steps[0].detail_en == "Do it."
    assert found.lost == [
        ("parallel", "Both"),
        ("command", "B"),
        ("if-condition", "Big?"),
        ("while-condition", "Again"),
    ]
    assert all(kind in cacao_reading.FLATTENED_SENTENCES for kind, _name in found.lost)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"spec_version": "cacao-2.0"}', '{"spec_version": "cacao-2.0", "workflow": {"a": 1}}',
     '{"spec_version": "cacao-1.1", "workflow": {}}', "[" * 100_000],
)  # fmt: skip
def test_what_is_no_cacao_is_refused_with_a_sentence(text):
    with pytest.raises(Invalid):
        cacao_reading.read(text)


def test_too_many_steps_are_refused():
    content = foreign()
    for number in range(300):
        name = uid("action", 1000 + number)
        after = uid("action", 1001 + number)
        content["workflow"][name] = {
            **content["workflow"][uid("action", 3)],
            "on_completion": after,
        }
    content["workflow"][uid("start", 1)]["on_completion"] = uid("action", 1000)
    with pytest.raises(Invalid, match="trop d'étapes"):
        cacao_reading.read(json.dumps(content))
