"""The shipped data: plain words for victims, places that exist, nothing of a machine in it."""

import json
import re

import pytest

from csirt.reference.bundle import DATA, LIBRARY, shipped
from csirt.reference.reports import given_reports

BUNDLE = shipped()
RULES = BUNDLE.vocabulary.victim_text_rules
SEPARATORS = re.compile(r"(?<=[.!?])\s+|\s[:;]\s")


def texts_for_victims():
    for playbook in BUNDLE.playbooks.values():
        yield playbook.id, (*playbook.first_minutes_fr, *playbook.dont_fr)
        for step in playbook.steps:
            if step.visible_to_victim:
                yield step.id, (step.title_fr, step.detail_fr)
    for question in BUNDLE.intake.questions:
        said = (question.fr, question.help_fr, question.optional_fr, question.closed_fr)
        yield question.id, tuple(text for text in said if text)
    for group in BUNDLE.distress.groups:
        yield group.id, (group.show_fr,)
    for message in (*BUNDLE.messages.templates, *BUNDLE.messages.closing_words):
        yield message.id, (re.sub(r"\{\w+\}", "x", message.fr),)
    for asked in BUNDLE.readiness.questions:
        yield asked.id, (asked.question_fr, asked.advice_fr)
        assert asked.advice_en, asked.id


def place(name):
    return json.loads((DATA / "places" / f"occitanie-{name}.json").read_text(encoding="utf-8"))


def reports():
    return given_reports()


def test_victims_read_short_sentences_without_jargon():
    forbidden = {word.lower() for word in RULES.forbidden_words_fr}
    for where, texts in texts_for_victims():
        for text in texts:
            assert not set(re.findall(r"[\w-]+", text.lower())) & forbidden, where
            for sentence in SEPARATORS.split(text):
                words = re.findall(r"[\w'’-]+", sentence)
                assert len(words) <= RULES.max_words_per_sentence, (where, sentence)


def test_every_kind_has_something_to_do_at_once():
    for playbook in BUNDLE.playbooks.values():
        category = next(c.id for c in BUNDLE.categories.values() if c.playbook == playbook.id)
        for kind in playbook.victim_kinds:
            env = {"kind": kind, "category": category}
            steps = [
                step
                for step in playbook.phases.during
                if step.visible_to_victim
                and step.required
                and (step.when is None or step.when.evaluate(env))
            ]
            assert len(steps) >= 2, (playbook.id, kind)


def test_there_are_4446_communes_in_thirteen_departments():
    communes, departments = place("communes"), {d["code"] for d in place("departements")}

    assert len(communes) == 4446
    assert {c["dep"] for c in communes} == departments == set(BUNDLE.contact_file.prefectures)
    assert {c["insee"] for c in communes} >= {d["chefLieu"] for d in place("departements")}
    assert {d["id"] for d in place("departements-svg")["locations"]} == departments
    assert {old["vers"] for old in place("anciennes-communes")} <= {c["insee"] for c in communes}


def test_each_given_report_stands_in_a_real_commune_and_leads_to_its_playbook():
    insee = {c["insee"] for c in place("communes")}
    for report in reports():
        expected = report["expected"]
        assert report["place"]["insee"] in insee
        assert BUNDLE.playbook_for(expected["category"]).id == expected["playbook"]
        assert set(expected["rsit"]) <= BUNDLE.rsit


def test_the_generic_playbook_answers_what_has_no_gestures_of_its_own():
    for category in ("levee-de-doute", "demande-conseil", "panne", "perte-donnees", "menace-elu"):
        assert BUNDLE.playbook_for(category).id == "levee-de-doute"


@pytest.mark.parametrize("folder", [DATA, LIBRARY])
def test_every_file_is_named_in_the_readme_beside_it(folder):
    readme = (folder / "README.md").read_text(encoding="utf-8")
    for path in folder.rglob("*"):
        if path.suffix in {".yaml", ".json"}:
            assert path.name in readme, path.name


def test_exercises_use_documentation_addresses_only():
    fictitious = re.compile(r"(192\.0\.2|198\.51\.100|203\.0\.113)\.\d{1,3}")
    for exercise in BUNDLE.exercises.values():
        for inject in exercise.injects:
            text = f"{inject.text_fr} {inject.sender}"
            for address in re.findall(r"\b\d{1,3}(?:\.\d{1,3}){3}\b", text):
                assert fictitious.fullmatch(address)
            for domain in re.findall(r"(?:@|https?://)([\w.-]+)", text):
                assert domain.rstrip(".").endswith(".example")
