"""One loader for all reference data: what it gives, what it refuses, and where it says so."""

import re

import pytest

from csirt.reference.bundle import (
    DATA,
    check_playbook,
    digest,
    load,
    read_playbook,
    shipped,
)
from csirt.reference.errors import ReferenceError as Refused


def _edited(texts, file, old, new):
    assert old in texts[file], old
    return {**texts, file: texts[file].replace(old, new, 1)}


def _line(texts, file, needle):
    return texts[file][: texts[file].index(needle)].count("\n") + 1


def test_the_shipped_data_loads(bundle):
    assert len(bundle.playbooks) == 13
    assert sum(len(p.steps) for p in bundle.playbooks.values()) == 240
    assert len(bundle.categories) == 52
    assert len(bundle.duties) == 13
    assert len(bundle.readiness.questions) == 26
    assert len(bundle.exercises) == 3
    assert len(bundle.contact_file.prefectures) == 13
    assert len(bundle.rsit) == 39


def test_it_is_read_once_per_process():
    assert shipped() is shipped()


def test_a_version_kept_elsewhere_gives_the_same_bundle_back(bundle, texts):
    again = load(texts)

    assert again == bundle
    assert again.sha256 == bundle.sha256 == digest(texts)


def test_another_text_has_another_digest(bundle, texts):
    changed = _edited(texts, "triage.yaml", "Données sensibles", "Données très sensibles")

    assert load(changed).sha256 != bundle.sha256
    assert load(changed).triage.floors[5].fr == "Données très sensibles"


def test_every_category_leads_to_its_playbook(bundle):
    assert bundle.playbook_for("rancongiciel").id == "rancongiciel"
    assert bundle.playbook_for("panne").id == "levee-de-doute"


def test_the_question_of_the_kind_offers_the_kinds(bundle):
    offered = [option.id for option in bundle.questions["kind"].options]

    assert offered == ["commune", "epci", "entreprise", "association", "particulier"]


def test_a_bundle_cannot_be_changed(bundle):
    with pytest.raises(TypeError):
        bundle.categories["x"] = None
    with pytest.raises(AttributeError):
        bundle.sha256 = "x"


REFUSED = [
    ("triage.yaml", "flag danger_vie or", "flag x or", "floors[1].when: unknown flag 'x'"),
    ("triage.yaml", "argent == recent", "argent == recemment", "floors[2].when: unknown value 'recemment' of 'argent'"),
    ("triage.yaml", "argent == recent", "argen == recent", "floors[2].when: unknown name 'argen'"),
    ("triage.yaml", "argent == recent", "argent includes recent", "floors[2].when: 'argent' takes one value: use '==' or 'in'"),
    ("triage.yaml", "argent == recent", "argent = recent", "floors[2].when: bad character at 8: '= recent'"),
    ("triage.yaml", "slug: danger,", "slug: danger, slogan: x,", "floors[1].slogan: unknown field"),
    ("triage.yaml", "slug: danger,", "slug: danger, slug: danger,", "floors[1].slug: duplicate key"),
    ("triage.yaml", "slug: danger,", "", "floors[1]: missing field 'slug'"),
    ("triage.yaml", "show_contacts: [n17,", "show_contacts: [n99,", "floors[1].show_contacts[0]: unknown contact 'n99'"),
    ("triage.yaml", "caps_blocked_by: [F2,", "caps_blocked_by: [F99,", "caps_blocked_by[0]: unknown rule 'F99'"),
    ("triage.yaml", "caps_blocked_by: [F2,", "caps_blocked_by: [C1,", "caps_blocked_by: 'C1' is no floor"),
    ("triage.yaml", "priority: P1, min: 60", "priority: P0, min: 60", "score.bands[0].priority: 'P0' is none of P1, P2, P3, P4"),
    ("triage.yaml", "weight: 30", 'weight: "30"', "inputs[0].weight: expected a whole number, got text"),
    ("triage.yaml", "weight: 30", "weight: 31", "inputs: the weights do not add up to 100"),
    ("triage.yaml", "first_human: PT30M", "first_human: 30 minutes", "service_targets.P1.first_human: not a duration: '30 minutes' (write PT30M, PT72H, P2D or P1M)"),
    ("triage.yaml", "order: [score, floors,", "order: [floors, score,", "order: the order is score, floors, caps, raises, category_default, analyst_override"),
    ("categories.yaml", "playbook: rancongiciel", "playbook: rancon", "categories[0].playbook: unknown playbook 'rancon'"),
    ("categories.yaml", "- malicious-code/infected-system", "- malicious-code/virus", "categories[0].rsit[1]: unknown RSIT code 'malicious-code/virus'"),
    ("categories.yaml", "- collectivite", "- collectivites", "categories[0].publics[0]: unknown public 'collectivites'"),
    ("categories.yaml", "id: piratage-systeme", "id: rancongiciel", "categories[1]: 'rancongiciel' stands twice in the list"),
    ("categories.yaml", "chat_17cyber: true\n", "chat_17cyber: yes\n", "categories[0].chat_17cyber: write true or false, not 'yes'"),
    ("intake.yaml", "category: rancongiciel}", "category: rancon}", "questions[3].options[0].category: unknown category 'rancon'"),
    ("intake.yaml", "sets: {perimetre: un}}", "sets: {perimetre: deux}}", "questions[3].options[4].sets: unknown level 'deux' of 'perimetre'"),
    ("intake.yaml", "sets: {perimetre: un}}", "sets: {rayon: un}}", "questions[3].options[4].sets.rayon: unknown input 'rayon'"),
    ("intake.yaml", "traits: [sante]", "traits: [santé]", "unknown trait 'santé'"),
    ("intake.yaml", 'show_if: "quoi in [fichiers, boite', 'show_if: "copie == non and quoi in [fichiers, boite', "show_if: 'copie' is a question of a later page"),
    ("intake.yaml", 'show_if: "autrui in [autre, plusieurs]"', 'show_if: "informatique == nsp"', "show_if: 'informatique' is asked after sending"),
    ("intake.yaml", "duties: [cnil-art33-72h,", "duties: [cnil,", "duties[0]: unknown duty 'cnil'"),
    ("intake.yaml", "type: choice\n", "type: radio\n", "questions[0].type: 'radio' is none of"),
    ("duties.yaml", "start: knowledge_of_breach", "start: breach", "clocks[0].start: unknown duty start 'breach'"),
    ("duties.yaml", "calendar: absolute\n", "calendar: lunar\n", "clocks[0].calendar: unknown calendar 'lunar'"),
    ("duties.yaml", "due: PT72H", "due: P3D", "clocks[0].due: the absolute calendar counts hours"),
    ("duties.yaml", "- CNIL-QR", "- CNIL-XX", "clocks[0].source[0]: unknown source 'CNIL-XX'"),
    ("contacts.yaml", 'phone: "17"', "phone: 17", "contacts[0].phone: expected text, got a whole number; put it in quotes"),
    ("contacts.yaml", '"11": {name_fr', "11: {name_fr", "prefectures.11: a key must be text; put it in quotes"),
    ("distress.yaml", "idees noires", "idées noires", "groups[0].terms: write 'idees noires' instead of 'idées noires'"),
    ("messages.yaml", 'prenom_agent}", en', 'prenom}", en', "unknown placeholder 'prenom'"),
    ("messages.yaml", 'fr: "112 : les urgences"', 'fr: "112 : idées noires"', "helplines[0]: an answer that quotes it triggers 'suicide'"),
    ("service_hours.yaml", '"09:00", "12:30"', '"12:30", "09:00"', "weekly.mon: opening and closing times in pairs, in order"),
    ("service_hours.yaml", '"09:00", "12:30"', '"9:00", "12:30"', "weekly.mon[0][0]: '9:00' is not of the form 09:00"),
    ("service_hours.yaml", "message_template: hors-horaires", "message_template: nuit", "out_of_hours.message_template: unknown template 'nuit'"),
    ("service_hours.yaml", "2026-05-14", "2026-05-15", "holidays.check: 2026 ascension is not 2026-05-15"),
    ("readiness.yaml", "weight: 3", "weight: 2", "scoring.max_weight: not the sum of the weights"),
    ("vocabulary.yaml", "optional: [when, duty]", "optional: [when]", "step_fields: the fields of a step are"),
    ("playbooks/rancongiciel.yaml", "role: prestataire", "role: informaticien", "phases.before[0].role: unknown role 'informaticien'"),
    ("playbooks/rancongiciel.yaml", "order: 2\n", "order: 3\n", "phases.before[1].order: 3, expected 2"),
    ("playbooks/rancongiciel.yaml", "basis: read", "basis: own", "phases.before[0].basis: 'own', but its sources say 'read'"),
    ("playbooks/rancongiciel.yaml", "id: ran-a2", "id: rib-p1", "id: 'rib-p1' is a step of both 'faux-rib-fovi' and 'rancongiciel'"),
    ("playbooks/rancongiciel.yaml", "clock: calendar", "clock: null", "due: due, due_from and clock go together"),
    ("exercises/faux-rib-paie.yaml", "step: rib-p1}", "step: rib-p99}", "unknown step 'rib-p99'"),
    ("exercises/faux-rib-paie.yaml", "org: mairie", "org: prefecture", "injects[0].org: unknown organisation 'prefecture'"),
]  # fmt: skip


@pytest.mark.parametrize("file, old, new, said", REFUSED)
def test_it_refuses_with_file_line_and_field(texts, file, old, new, said):
    with pytest.raises(Refused) as refused:
        load(_edited(texts, file, old, new))

    assert said in str(refused.value)
    assert all(re.match(r"[\w/.-]+:\d+ ", problem) for problem in refused.value.problems)


def test_the_line_is_the_line_of_the_value(texts):
    changed = _edited(texts, "triage.yaml", "flag compte_admin or", "flag x or")

    with pytest.raises(Refused) as refused:
        load(changed)

    line = _line(changed, "triage.yaml", "flag x or")
    assert str(refused.value) == f"triage.yaml:{line} floors[3].when: unknown flag 'x'"


def test_every_wrong_id_is_named_at_once(texts):
    changed = _edited(texts, "triage.yaml", "flag compte_admin or", "flag x or")
    changed = _edited(changed, "categories.yaml", "playbook: rancongiciel", "playbook: y")

    with pytest.raises(Refused) as refused:
        load(changed)

    assert len(refused.value.problems) == 2


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "the file is empty"),
        ("a: [", "not valid YAML"),
        ("a: \0", "not valid YAML"),
        ("- a\n- b\n", "expected a mapping, got a list"),
        ("!!python/object/apply:os.system ['true']", "expected a mapping"),
        ("version: &v [a]\nmatching_en: *v\n", ""),
        ("\ud800: 1", "not valid YAML"),
    ],
)
def test_a_broken_file_is_refused(texts, text, said):
    with pytest.raises(Refused, match=r"^distress.yaml:\d+") as refused:
        load({**texts, "distress.yaml": text})

    assert said in str(refused.value)


def test_an_alias_is_refused(texts):
    once = "publics: &p\n  - collectivite"
    changed = _edited(texts, "categories.yaml", "publics:\n  - collectivite", once)
    head, _, tail = changed["categories.yaml"].partition("- id: piratage-messagerie")
    tail = re.sub(r"publics:\n(  - \w+\n)+", "publics: *p\n", tail, count=1)

    with pytest.raises(Refused, match="aliases are not allowed"):
        load({**changed, "categories.yaml": head + "- id: piratage-messagerie" + tail})


@pytest.mark.parametrize("name", ["triage.yaml", "taxonomies/rsit-machinev1.json"])
def test_a_missing_file_is_refused(texts, name):
    del texts[name]

    with pytest.raises(Refused, match=f"{name}:1: the file is missing"):
        load(texts)


@pytest.mark.parametrize("name", ["other.yaml", "playbooks/x.txt", "../triage.yaml"])
def test_an_unknown_file_is_refused(texts, name):
    with pytest.raises(Refused, match="unknown file"):
        load({**texts, name: "a: b"})


def other(texts):
    text = texts["playbooks/rancongiciel.yaml"].replace("id: ran-", "id: rxn-")
    return text.replace("\nid: rancongiciel\n", "\nid: autre\n")


def test_a_playbook_that_no_category_leads_to_may_be_begun_by_hand(texts):
    assert load({**texts, "playbooks/autre.yaml": other(texts)}).playbooks["autre"].steps


def test_a_category_leads_to_each_shipped_playbook(bundle):
    assert {c.playbook for c in bundle.categories.values()} == set(bundle.playbooks)


def test_one_playbook_is_checked_beside_the_others(bundle, texts):
    text = texts["playbooks/rancongiciel.yaml"]

    assert check_playbook(bundle, text) == bundle.playbooks["rancongiciel"]
    assert check_playbook(bundle, other(texts)).id == "autre"
    with pytest.raises(
        Refused, match=r"^playbooks/rancongiciel.yaml:\d+ .*role: unknown role 'maire'"
    ):
        check_playbook(bundle, text.replace("role: decideur", "role: maire", 1))
    with pytest.raises(Refused, match="'ran-a1' is a step of both 'autre' and 'rancongiciel'"):
        check_playbook(bundle, text.replace("\nid: rancongiciel\n", "\nid: autre\n"))


def test_a_playbook_is_read_by_its_form_even_where_what_it_names_is_gone(texts):
    text = texts["playbooks/rancongiciel.yaml"].replace("role: decideur", "role: maire")

    assert read_playbook(text).id == "rancongiciel"


def test_every_shipped_file_is_in_the_bundle(texts):
    on_disk = {p.relative_to(DATA).as_posix() for p in DATA.rglob("*.yaml")} - {"reports.yaml"}

    assert on_disk <= set(texts)
