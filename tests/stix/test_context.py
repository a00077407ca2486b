"""What an analyst adds to a release, in STIX: techniques, a note, playbooks, the incident suite."""

import base64
import json
from dataclasses import replace

import pytest

from api.stix import checks, objects, writing
from api.stix.attack import TACTICS, attack, search
from api.stix.case import Course, Details, Task, gate_of
from csirt.reference.bundle import shipped
from tests.stix.test_objects import DESK, T0, T1, case, kept_of, texts

PHISHING, LINK = attack().techniques["T1566"], attack().techniques["T1566.002"]
COURSE = Course(
    id="playbook--952feca7-4842-4a36-be90-c9820819cc30",
    title="Hameçonnage",
    description="Ce qu'il faut faire.",
    created=T0,
    modified=T0,
    cacao=base64.b64encode(b'{"type": "playbook"}').decode(),
)
DETAILS = Details(T0, 75, "pii", (Task("changer-mots-de-passe", "Changer les mots de passe", T0),))


def full(**fields):
    found = case(
        techniques=(PHISHING, LINK),
        note="Même mode opératoire que la semaine passée.",
        courses=(COURSE,),
        details=DETAILS,
    )
    first = replace(found.values[3], technique="T1566.002", confidence=50, days=7)
    values = (*found.values[:3], first, *found.values[4:])
    return replace(found, **{"values": values, **fields})


def of_type(writer, kind):
    return [obj for obj in texts(writer) if obj["type"] == kind]


def test_all_of_it_is_valid_stix():
    checks.check(writing.bundle(objects.build(full(), DESK, {}, T0).done))


def test_nothing_points_to_what_is_not_there():
    written = texts(objects.build(full(), DESK, {}, T0))
    ids = {obj["id"] for obj in written}

    for obj in written:
        for name, value in obj.items():
            if name.endswith("_ref"):
                assert value in ids
            if name.endswith("_refs"):
                assert set(value) <= ids


def test_what_all_collections_get_points_to_nothing_that_only_some_get():
    writer = objects.build(full(), DESK, {}, T0)
    gated = {built.stix_id for built in writer.done if gate_of(built.key)}

    assert {built.type for built in writer.done if built.stix_id in gated} == {
        "course-of-action", "event", "grouping", "impact", "relationship", "task",
    }  # fmt: skip
    for built in writer.done:
        if built.stix_id not in gated:
            assert not any(stix_id in built.text for stix_id in gated)


def test_without_the_options_the_rest_is_the_same_bytes():
    whole = objects.build(full(), DESK, {}, T0)
    bare = objects.build(full(courses=(), details=None), DESK, kept_of(whole), T1)

    wanted = [built.text for built in whole.done if not gate_of(built.key)]
    assert [built.text for built in bare.done] == [
        text.replace(f'"published": "{T0}"', f'"published": "{T0}"') for text in wanted
    ]


def test_a_technique_is_mitres_own_object_whatever_the_case():
    one = objects.build(full(), DESK, {}, T0)
    other = objects.build(full(tlp="clear", reference="OCC-0000-00"), DESK, {}, T1)

    first, second = of_type(one, "attack-pattern"), of_type(other, "attack-pattern")
    assert first == second
    assert first[0]["id"] == "attack-pattern--a62a8db3-f23a-4d8f-afd6-9dbc77e7813b"
    assert first[0]["modified"] == PHISHING.modified
    assert first[1]["external_references"][0]["url"].endswith("/T1566/002")
    marking = next(o for o in texts(one) if o["id"] in first[0]["object_marking_refs"])
    assert "The MITRE Corporation" in marking["definition"]["statement"]


def test_the_indicator_says_its_technique_its_phase_its_confidence_and_its_end():
    writer = objects.build(full(), DESK, {}, T0)
    said = next(o for o in of_type(writer, "indicator") if o["confidence"] == 50)

    assert said["kill_chain_phases"] == [
        {"kill_chain_name": "mitre-attack", "phase_name": "initial-access"}
    ]
    assert said["valid_until"] == "2026-03-09T10:00:00.000Z"
    links = {
        (o["relationship_type"], o["source_ref"], o["target_ref"])
        for o in of_type(writer, "relationship")
    }
    assert ("indicates", said["id"], f"attack-pattern--{LINK.uuid}") in links
    incident = of_type(writer, "incident")[0]["id"]
    assert ("uses", incident, f"attack-pattern--{PHISHING.uuid}") in links


def test_a_technique_that_was_taken_away_is_no_phase_of_anything():
    writer = objects.build(full(techniques=(PHISHING,)), DESK, {}, T0)

    assert not any("kill_chain_phases" in obj for obj in of_type(writer, "indicator"))
    checks.check(writing.bundle(writer.done))


def test_the_playbook_comes_back_out_of_its_object():
    writer = objects.build(full(), DESK, {}, T0)
    extension = next(iter(of_type(writer, "course-of-action")[0]["extensions"].values()))

    assert json.loads(base64.b64decode(extension["playbook_bin"])) == {"type": "playbook"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"status": "ongoing"', '"status": "maybe"'),
        ('"availability_impact": 75', '"availability_impact": 750'),
        ('"loss_type": "confirmed-loss"', '"loss_type": "a bit"'),
        ('"information_type": "pii"', '"information_type": "secrets"'),
        ('"outcome": "successful"', '"outcome": "well"'),
        ('"impact_category": "availability-ext"', '"impact_category": "physical"'),
        ('"playbook_standard": "CACAO"', '"playbook_standard": "BPMN"'),
        ('"playbook_bin": "', '"playbook_bin": "é'),
        ('"start_time_fidelity": "hour"', '"x_more": "hour"'),
    ],
)
def test_our_schemas_look_into_what_no_validator_does(old, new):
    text = writing.bundle(objects.build(full(), DESK, {}, T0).done)
    assert old in text

    with pytest.raises(checks.NotStix):
        checks.check(text.replace(old, new))


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("T1566.002", "T1566.002"),
        ("phishing", "T1566"),
        ("phishing spearphishing link", "T1566.002"),
        ("acces initial phish", "T1566"),
        ("chiffrement", None),
        ("data encrypted", "T1486"),
        ("  ", None),
        ("\u202e%_'", None),
    ],
)
def test_a_technique_is_found_by_id_name_or_tactic_in_both_languages(words, first):
    found = search(words)

    assert (found[0].id if found else None) == first


def test_every_tactic_has_a_french_name_and_every_suggested_technique_is_there():
    known = attack().techniques

    assert {tactic for row in known.values() for tactic in row.tactics} == set(TACTICS)
    suggested = {ident for found in shipped().categories.values() for ident in found.attack}
    assert suggested
    assert suggested <= set(known)
