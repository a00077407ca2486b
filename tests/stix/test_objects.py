"""What a case says in STIX 2.1: valid for three readers, stable, and marked."""

import json
import sys
from dataclasses import replace
from subprocess import run

import pytest
import stix2
from stix2patterns.v21.pattern import Pattern
from stix2validator import ValidationOptions, validate_string, validator

from api.stix import checks, markings, objects, schemas_once, writing
from api.stix.case import VALID_DAYS, Case, Desk, Kept, Value
from api.stix.values import FORMS, quoted
from csirt.reference.bundle import shipped
from incidents.domain.observables import ObservableType
from tools.machine import ROOT

T0, T1 = "2026-03-02T10:00:00.000Z", "2026-03-03T10:00:00.000Z"
DESK = Desk("4ca45bf8-9057-4afa-a1a4-4af1c82b3584", "Cyber'Occ", "csirt@cyberocc.example")
SAMPLES = {
    "ipv4": "198.51.100.23",
    "ipv6": "2001:db8::1",
    "cidr": "203.0.113.0/24",
    "domain": "connexion-webmel.example",
    "onion": "abcdefghij234567.onion",
    "url": "http://pirate.example/l'oeuvre?q=%C3%A9",
    "email": "support@connexion-webmel.example",
    "mac": "00:11:22:33:44:55",
    "message_id": "<a'b\\c@pirate.example>",
    "email_subject": "Facture n° 1 « urgente » d'avril",
    "md5": "a" * 31 + "b",
    "sha1": "a" * 39 + "b",
    "sha256": "a" * 63 + "b",
    "sha512": "a" * 127 + "b",
    "filename": "LIRE_MOI_URGENT.txt",
    "filepath": "C:\\ProgramData\\upd\\svchostx.exe",
    "file_extension": ".l0ckd24",
    "registry_key": "HKLM\\Software\\Microsoft\\Windows\\Run",
    "asn": "AS64500",
    "port": "4444",
    "account": "admin-secours",
    "handle": "@pirate",
    "cve": "CVE-2024-1234",
}


def case(**fields):
    values = tuple(
        Value(f"00000000-0000-4000-8000-{n:012}", kind, value, T0, 80, VALID_DAYS.get(kind))
        for n, (kind, value) in enumerate(SAMPLES.items())
    )
    return Case(
        **{
            "reference": "OCC-7F3K-Q2",
            "category": "rancongiciel",
            "label": "Rançongiciel",
            "rsit": ("malicious-code/infected-system",),
            "confirmed": True,
            "closed": False,
            "priority": "P1",
            "tlp": "amber+strict",
            "pap": "amber",
            "victim_kind": "commune",
            "traits": ("sante",),
            "values": values,
            **fields,
        }
    )


def texts(writer):
    return [json.loads(built.text) for built in writer.done]


def kept_of(writer):
    return {
        built.key: Kept(
            built.stix_id, json.loads(built.text)["created"], built.content, built.version
        )
        for built in writer.done
        if built.key
    }


def test_every_type_with_a_form_is_valid_stix():
    assert set(SAMPLES) == set(FORMS)

    checks.check(writing.bundle(objects.build(case(), DESK, {}, T0).done))


@pytest.mark.parametrize("tlp", ["clear", "green", "amber", "amber+strict"])
@pytest.mark.parametrize("pap", ["clear", "green", "amber", "red"])
def test_every_marking_is_valid_and_travels(tlp, pap):
    writer = objects.build(case(tlp=tlp, pap=pap, values=()), DESK, {}, T0)

    checks.check(writing.bundle(writer.done))
    ids = {obj["id"] for obj in texts(writer)}
    for obj in texts(writer):
        assert set(obj.get("object_marking_refs", [])) <= ids
        if obj["type"] != "marking-definition" and obj["id"] != f"identity--{DESK.identity}":
            assert len(obj["object_marking_refs"]) == 2


def test_red_cannot_be_written():
    with pytest.raises(KeyError):
        markings.tlp("red")


@pytest.mark.parametrize("category", sorted(shipped().categories))
def test_every_category_is_valid(category):
    found = shipped().categories[category]
    built = objects.build(
        case(category=category, label=found.label_fr, rsit=tuple(found.rsit), values=()),
        DESK,
        {},
        T0,
    )

    core = next(obj for obj in texts(built) if obj["type"] == "incident")["extensions"]
    assert not checks._extensions({"extensions": core})


@pytest.mark.parametrize("kind", ["commune", "epci", "entreprise", "association", "particulier"])
def test_a_victim_is_a_sector_and_a_region(kind):
    writer = objects.build(case(victim_kind=kind, values=()), DESK, {}, T0)

    checks.check(writing.bundle(writer.done))
    victim = next(
        o for o in texts(writer) if o["type"] == "identity" and "contact_information" not in o
    )
    assert victim["name"].endswith("Occitanie")


def test_spec_version_and_language_are_everywhere():
    for obj in texts(objects.build(case(), DESK, {}, T0)):
        assert obj["spec_version"] == "2.1"
        assert obj["id"].startswith(f"{obj['type']}--")
        if "modified" in obj:
            assert obj["lang"] == "fr"


def test_nothing_points_to_what_does_not_travel():
    found = texts(objects.build(case(), DESK, {}, T0))
    ids = {obj["id"] for obj in found}
    refs = {
        ref
        for obj in found
        for name, value in obj.items()
        if name.endswith(("_ref", "_refs"))
        for ref in (value if isinstance(value, list) else [value])
        if "--" in ref
    }

    assert refs <= ids


def test_each_indicator_with_something_observed_was_sighted_at_the_victims():
    found = texts(objects.build(case(), DESK, {}, T0))
    of = {kind: [obj for obj in found if obj["type"] == kind] for kind in ("sighting", "indicator")}
    [victim] = [obj for obj in found if obj.get("sectors")]
    based = {obj["source_ref"] for obj in found if obj.get("relationship_type") == "based-on"}

    assert {obj["sighting_of_ref"] for obj in of["sighting"]} == based
    assert all(obj["where_sighted_refs"] == [victim["id"]] for obj in of["sighting"])
    assert {obj["id"] for obj in of["sighting"]} <= set(
        next(obj for obj in found if obj["type"] == "report")["object_refs"]
    )


@pytest.mark.parametrize(
    "kind, until",
    [
        ("ipv4", "2026-04-01T10:00:00.000Z"),
        ("url", "2026-05-31T10:00:00.000Z"),
        ("domain", "2026-08-29T10:00:00.000Z"),
        ("sha256", None),
    ],
)
def test_an_address_ends_and_a_hash_does_not(kind, until):
    value = Value(
        "00000000-0000-4000-8000-000000000000",
        kind,
        SAMPLES[kind],
        T0,
        80,
        VALID_DAYS.get(kind),
    )
    found = texts(objects.build(case(values=(value,)), DESK, {}, T0))

    assert [obj.get("valid_until") for obj in found if obj["type"] == "indicator"] == [until]


def test_observed_things_have_the_ids_that_python_stix2_gives():
    compared = set()
    for kind, value in SAMPLES.items():
        for obj in FORMS[kind](value).observed:
            without = {name: value for name, value in obj.items() if name != "id"}
            assert stix2.parse(without, version="2.1").id == obj["id"], kind
            compared.add(obj["type"])

    assert len(compared) == 11


def test_our_own_ids_are_random_and_kept():
    first = objects.build(case(), DESK, {}, T0)
    other = objects.build(case(), DESK, {}, T0)
    again = objects.build(case(), DESK, kept_of(first), T1)

    drawn = {k.stix_id for key, k in first.fresh.items() if key != objects.DESK}
    assert not drawn & {k.stix_id for k in other.fresh.values()}
    assert again.fresh == {}
    assert {built.stix_id for built in first.done} == {built.stix_id for built in again.done}


def test_unchanged_content_is_the_same_bytes():
    first = objects.build(case(), DESK, {}, T0)

    again = objects.build(case(), DESK, kept_of(first), T1)

    assert [built.text for built in first.done] == [built.text for built in again.done]


def test_only_what_changed_is_modified():
    first = objects.build(case(), DESK, {}, T0)

    again = objects.build(replace(case(), closed=True), DESK, kept_of(first), T1)

    changed = [new.type for old, new in zip(first.done, again.done, strict=True) if old != new]
    assert changed == ["incident"]
    incident = next(obj for obj in texts(again) if obj["type"] == "incident")
    assert (incident["created"], incident["modified"]) == (T0, T1)


def test_a_bundle_is_one_object_a_line():
    writer = objects.build(case(), DESK, {}, T0)
    text = writing.bundle(writer.done)

    assert writing.lines_of(text) == [built.text for built in writer.done]
    assert json.loads(text)["objects"] == texts(writer)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"determination": "confirmed"', '"determination": "nonsense"'),
        ('"tlp_2_0": "amber+strict"', '"tlp_2_0": "purple"'),
        ('"tlp_2_0": "amber+strict"', '"tlp_2_0": "red"'),
        ('"investigation_status": "open"', '"investigation_status": "paused"'),
        ('"criticality": 90', '"criticality": 900'),
        ('"criticality": 90', '"surprise": 90'),
        ('"detection_methods": ["user-reporting"]', '"detection_methods": ["rumour"]'),
        ("[ipv4-addr:value = '198.51.100.23']", "[ipv4-addr:value = 198.51.100.23]"),
        ("[ipv4-addr:value = '198.51.100.23']", "ipv4-addr"),
        ('"spec_version": "2.1", "id": "url--', '"spec_version": "2.0", "id": "url--'),
        ('"lang": "fr", "name": "Commune', '"x_custom": 1, "lang": "fr", "name": "Commune'),
        ('"first_observed": "2026-03-02T10:00:00.000Z"', '"first_observed": "yesterday"'),
        ('"report_types"', '"report_typos"'),
    ],
)
def test_what_is_not_stix_is_refused(old, new):
    text = writing.bundle(objects.build(case(), DESK, {}, T0).done)
    assert old in text

    with pytest.raises(checks.NotStix):
        checks.check(text.replace(old, new))


def test_schemas_that_are_read_once_find_what_the_library_finds(monkeypatch):
    text = writing.bundle(objects.build(case(), DESK, {}, T0).done)
    wrong = (
        ('"spec_version": "2.1", "id": "url--', '"spec_version": "2.0", "id": "url--'),
        ('"first_observed": "2026-03-02T10:00:00.000Z"', '"first_observed": "yesterday"'),
        ('"report_types"', '"report_typos"'), ('"type": "bundle"', '"type": "bundles"'),
        ('"value": "198.51.100.23"', '"value": 7'), ('"confidence": 80', '"confidence": 800'),
        ("[ipv4-addr:value = '198.51.100.23']", "ipv4-addr"),
    )  # fmt: skip
    texts_ = [text, *(text.replace(old, new, 1) for old, new in wrong)]

    def found():
        options = ValidationOptions(version="2.1", silent=True)
        results = [validate_string(one, options) for one in texts_]
        return [(one.is_valid, sorted(str(error) for error in one.errors)) for one in results]

    ours = found()
    monkeypatch.setattr(validator, "load_validator", schemas_once.of_the_library)

    assert ours == found()
    assert [valid for valid, _errors in ours].count(False) >= 4
    assert len(set(texts_)) == len(texts_)


def test_a_revoked_version_is_valid_and_says_so():
    first = objects.build(case(), DESK, {}, T0)
    indicator = next(obj for obj in texts(first) if obj["type"] == "indicator")

    revoked = writing.revoked(indicator, T1)

    assert (revoked["revoked"], revoked["created"], revoked["modified"]) == (True, T0, T1)
    checks.check(writing.bundle([*first.done[:3], writing.built(revoked)]))


@pytest.mark.parametrize("text", ["'", "\\", "\\'", "a'] OR [file:name = 'b", "é\u202e\n", "%_"])
def test_no_value_gets_out_of_its_literal(text):
    pattern = Pattern(f"[file:name = {quoted(text)}]")

    assert list(pattern.inspect().comparisons) == ["file"]


def test_every_observable_type_has_a_form_or_none_in_the_standard():
    without = {"btc", "eth", "monero", "iban", "phone", "imei", "serial", "other"}

    assert without == {str(kind) for kind in ObservableType} - set(FORMS)


def test_no_request_loads_the_libraries():
    """``csirt.urls`` and TAXII come up without stix2, the validator or the warning lists."""
    script = (
        "import django; django.setup(); import csirt.urls, api.taxii.asgi, sys;"
        "print([m for m in sys.modules if m.split('.')[0] in"
        " {'stix2', 'stix2validator', 'stix2patterns', 'pymispwarninglists', 'jsonschema'}])"
    )
    done = run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.stdout.strip() == "[]", done.stderr
