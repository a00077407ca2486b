"""The question engine: paths, pages, and what the answers of the form mean."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from csirt.reference.bundle import shipped
from incidents.domain.questions import (
    CHECK_PAGE,
    fill,
    knowledge,
    missing,
    next_page,
    page,
    pages,
    previous_page,
    prune,
    routing,
    upload_question,
)
from incidents.domain.triage import assess

BUNDLE = shipped()
NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
KINDS = [kind.id for kind in BUNDLE.intake.victim_kinds]
BRANCHING = sorted(
    {
        name
        for question in BUNDLE.intake.questions
        if question.stage == "before" and question.show_if
        for name in question.show_if.names() & set(BUNDLE.questions)
    }
)


def every_path():
    for kind in KINDS:
        choices = [
            [option.id for option in BUNDLE.questions[name].options_for(kind)] for name in BRANCHING
        ]
        for combination in itertools.product(*choices):
            yield {"kind": kind, **dict(zip(BRANCHING, combination, strict=True))}


def ids(found):
    return [one.id for one in found]


def test_each_form_report_gives_what_is_expected(bundle, form_report):
    expected, only = form_report["expected"], form_report.get("expected_form", {})
    answers = {"kind": form_report["victim_kind"], **form_report["answers"]}

    got = fill(bundle, answers, now=NOW, text=form_report["text_fr"])
    result = assess(
        bundle,
        inputs=got.inputs,
        flags=got.flags,
        category=got.category,
        kind=got.kind,
        traits=got.traits,
        asked=got.asked,
    )

    assert got.inputs == {**expected["inputs"], **only.get("inputs", {})}
    assert got.flags == {*expected["flags"], *only.get("flags", [])}
    assert got.category == only.get("category", expected["category"])
    assert result.score == only.get("score", expected["score"])
    assert list(result.fired) == only.get("rules", expected["rules"])
    assert result.priority == only.get("priority", expected["priority"])


def test_each_form_report_answers_only_what_it_was_asked(bundle, form_report):
    answers = {"kind": form_report["victim_kind"], **form_report["answers"]}

    assert prune(bundle, answers) == answers


def test_the_category_does_not_change_after_sending(bundle, form_report):
    answers = {"kind": form_report["victim_kind"], **form_report["answers"]}

    first = fill(bundle, answers, now=NOW, stages=("before",))
    assert first.category == fill(bundle, answers, now=NOW).category


def test_no_path_has_more_than_twelve_pages_and_each_gives_a_category():
    walked = 0
    for answers in every_path():
        path = pages(BUNDLE, answers)
        names = ids(path)
        walked += 1
        assert len(names) + 1 <= BUNDLE.intake.max_pages_before_sending, answers
        assert len(set(names)) == len(names)
        assert fill(BUNDLE, answers, now=NOW).category in BUNDLE.categories
        shown = {a.question.id for p in path for a in p.asked}
        assert ("age" in shown) == (answers["quoi"] in {"chantage", "reseau"})
    assert walked > 150


def test_walking_forward_and_backward_meets_the_same_pages():
    for answers in every_path():
        names = [*ids(pages(BUNDLE, answers)), CHECK_PAGE]
        forward = [next_page(BUNDLE, answers)]
        while forward[-1] != CHECK_PAGE:
            forward.append(next_page(BUNDLE, answers, forward[-1]))
        backward = [CHECK_PAGE]
        while (before := previous_page(BUNDLE, answers, backward[-1])) is not None:
            backward.append(before)
        assert forward == names
        assert backward[::-1] == names


def test_before_the_kind_is_known_the_path_ends_where_it_is_asked():
    assert ids(pages(BUNDLE, {})) == ["danger", "qui"]
    assert next_page(BUNDLE, {}) == "danger"
    assert previous_page(BUNDLE, {}, "danger") is None
    for wrong in ("martien", ["commune"], None, 3):
        assert ids(pages(BUNDLE, {"kind": wrong})) == ["danger", "qui"]


def test_missing_is_the_first_page_that_still_needs_an_answer():
    assert missing(BUNDLE, {}) == "danger"
    assert missing(BUNDLE, {"danger": "nsp"}) == "qui"
    assert missing(BUNDLE, {"danger": "nsp", "kind": "commune", "autrui": "moi"}) == "quoi"


def test_a_complete_report_lacks_nothing():
    answers = {
        "danger": "non",
        "kind": "particulier",
        "autrui": "moi",
        "quoi": "message",
        "quand": "nsp",
        "continue": "nsp",
        "argent_parti": "nsp",
        "geste": ["nsp"],
        "ou": "nsp",
    }

    assert missing(BUNDLE, answers) is None  # a private person may leave no contact
    assert missing(BUNDLE, {**answers, "kind": "commune"}) == "travail"


def test_a_page_left_behind_leads_to_what_is_missing():
    answers = {"danger": "non", "kind": "commune", "autrui": "moi", "quoi": "site"}

    assert next_page(BUNDLE, answers, "combien") == "moment"
    assert page(BUNDLE, answers, "combien") is None


def test_options_are_those_of_the_kind():
    def offered(kind):
        return [o.id for o in page(BUNDLE, {"kind": kind}, "quoi").asked[0].options]

    assert "site" in offered("commune")
    assert "site" not in offered("particulier")


def test_a_kind_may_lead_to_another_category():
    def category(kind):
        return fill(BUNDLE, {"kind": kind, "quoi": "fuite"}, now=NOW).category

    assert category("commune") == "violation-donnees"
    assert category("particulier") == "mes-donnees-fuitees"


def test_answers_that_became_unreachable_are_dropped():
    answers = {"kind": "commune", "quoi": "fichiers", "combien": "tous", "copie": "non"}

    assert prune(BUNDLE, {**answers, "quoi": "site"}) == {"kind": "commune", "quoi": "site"}
    assert prune(BUNDLE, {**answers, "kind": "particulier"}) == {
        "kind": "particulier",
        "quoi": "fichiers",
    }


def test_options_that_the_kind_does_not_have_are_dropped():
    assert prune(BUNDLE, {"kind": "particulier", "quoi": "site"}) == {"kind": "particulier"}


def test_the_worst_of_several_answers_wins():
    got = fill(
        BUNDLE,
        {"kind": "commune", "quoi": "message", "continue": "rien_fait", "geste": ["clique", "mdp"]},
        now=NOW,
    )

    assert got.inputs["evolution"] == "en_cours"
    assert got.inputs["donnees"] == "sensibles"


def test_asked_without_answer_is_unknown_and_never_asked_is_not():
    got = fill(BUNDLE, {"kind": "commune", "quoi": "site"}, now=NOW)

    assert got.inputs["impact_service"] == "nsp"
    assert got.inputs["secours"] == "sans_objet"
    assert "secours" not in got.asked
    assert {"impact_service", "evolution", "donnees", "perimetre"} <= got.asked


def test_traits_come_from_the_kind_of_place():
    got = fill(BUNDLE, {"kind": "association", "etablissement": ["sante", "informatique"]}, now=NOW)

    assert got.traits == ("sante", "sous_traitant")


def test_danger_shows_numbers_at_once():
    got = fill(BUNDLE, {"danger": "oui"}, now=NOW)

    assert got.flags == {"danger_vie"}
    assert got.show_contacts == ("n17", "n15", "n112", "n114", "n119", "n3114", "n3018")
    assert got.said[0].fr.startswith("Appelez le 17")


def test_words_of_distress_show_a_helpline_and_only_sure_ones_raise_a_flag():
    got = fill(
        BUNDLE,
        {"kind": "commune", "recit": "Il dit qu'il veut en finir : « je veux MOURIR ». Au lycée."},
        now=NOW,
    )

    assert got.flags == {"idees_noires"}
    assert got.suspected == {"mineur"}
    assert [group.id for group in got.distress] == ["suicide", "enfant"]
    assert {"n3114", "n3018"} <= set(got.show_contacts)


@pytest.mark.parametrize(
    ("words", "groups", "flags"),
    [
        ("Il va me tuer.", ["menace"], {"danger_vie"}),
        ("Ils veulent me tuer, il va nous tuer.", ["menace"], {"danger_vie"}),
        ("Mon ex menace de me tuer.", ["menace"], {"danger_vie"}),
        ("Il m'écrit : je vais te tuer.", ["menace"], {"danger_vie"}),
        ("Il veut me faire du mal.", ["menace"], {"danger_vie"}),
        ("Je vais me tuer.", ["suicide"], {"idees_noires"}),
        ("J'ai essayé de me tuer.", ["suicide"], {"idees_noires"}),
        ("Cette histoire, ça va me tuer.", ["suicide"], {"idees_noires"}),
        ("Je veux me faire du mal.", ["suicide"], {"idees_noires"}),
        ("Il va me tuer. Va me tuer ! Je vais me tuer.", ["suicide", "menace"],
         {"danger_vie", "idees_noires"}),
    ],
)  # fmt: skip
def test_a_threat_is_not_despair_and_both_are_heard(words, groups, flags):
    got = fill(BUNDLE, {"kind": "particulier"}, now=NOW, text=words)

    assert [group.id for group in got.distress] == groups
    assert (got.flags, got.suspected) == (flags, set())


@pytest.mark.parametrize("words", BUNDLE.distress.never_trigger_fr)
def test_everyday_words_trigger_nothing(words):
    assert fill(BUNDLE, {"kind": "commune"}, now=NOW, text=words).distress == ()


@pytest.mark.parametrize(
    "answer, hours, ask",
    [
        ("maintenant", 0, False),
        ("aujourd_hui", 4, False),
        ("hier", 24, False),
        ("cette_semaine", 72, False),
        ("avant", 168, True),
        ("nsp", 0, True),
    ],
)
def test_the_moment_of_knowledge_comes_from_the_age_of_the_fact(answer, hours, ask):
    got = knowledge(BUNDLE, {"quand": answer}, filed_at=NOW)

    assert (got.at, got.exact, got.ask) == (NOW - timedelta(hours=hours), False, ask)


def test_a_typed_moment_is_exact_and_a_typed_day_counts_from_its_first_minute():
    typed = knowledge(BUNDLE, {"quand": "2026-11-20T16:25+01:00"}, filed_at=NOW)
    day = knowledge(BUNDLE, {"quand": "2026-11-20"}, filed_at=NOW)

    assert (typed.at, typed.exact, typed.ask) == (
        datetime(2026, 11, 20, 15, 25, tzinfo=UTC),
        True,
        False,
    )
    assert (day.at, day.exact, day.ask) == (datetime(2026, 11, 19, 23, 0, tzinfo=UTC), False, True)


def test_knowledge_is_never_after_the_filing():
    assert knowledge(BUNDLE, {"quand": "2026-11-22T16:03+01:00"}, filed_at=NOW).at == NOW
    assert knowledge(BUNDLE, {}, filed_at=NOW).ask


@pytest.mark.parametrize(
    "typed, level",
    [
        ("2026-11-21", "recent"),
        ("2026-11-19", "recent"),
        ("2026-11-18", "ancien"),
        ("nsp", "ancien"),
        (None, "ancien"),
    ],
)
def test_a_typed_date_of_payment_replaces_the_level(typed, level):
    answers = {"kind": "commune", "quoi": "argent", "argent_parti": "plus_72h"}
    if typed:
        answers["date_paiement"] = typed

    assert fill(BUNDLE, answers, now=NOW).inputs["argent"] == level


def test_a_typed_date_of_payment_leaves_what_another_answer_said():
    answers = {
        "kind": "particulier",
        "quoi": "message",
        "argent_parti": "moins_72h",
        "geste": ["carte"],
        "date_paiement": "2026-11-01",
    }

    assert fill(BUNDLE, answers, now=NOW).inputs["argent"] == "recent"


@pytest.mark.parametrize(
    "answers, priority, closed, expected",
    [
        ({"kind": "particulier"}, "P3", False, ["hors-public"]),
        (
            {"kind": "commune", "quoi": "argent"},
            "P1",
            True,
            ["nuit-p1", "nuit-public-p1", "comptable"],
        ),
        ({"kind": "entreprise"}, "P1", True, ["nuit-p1"]),
        ({"kind": "commune", "ou": "hors_region"}, "P3", False, ["hors-region"]),
        ({"kind": "epci", "ou": ["32256", "32013"]}, "P3", False, ["plusieurs"]),
        ({"kind": "epci", "autrui": "plusieurs"}, "P3", False, ["plusieurs"]),
        ({"kind": "commune", "informatique": "mutualise"}, "P3", False, ["mutualise"]),
        ({"kind": "association", "etablissement": ["sante"]}, "P3", False, ["sante"]),
        ({"kind": "entreprise", "etablissement": ["regulee"]}, "P3", False, ["regulee"]),
    ],
)
def test_routing_says_whom_to_show(answers, priority, closed, expected):
    filled = fill(BUNDLE, answers, now=NOW)

    got = routing(BUNDLE, answers, filled, priority=priority, out_of_hours=closed)

    assert ids(got) == expected


@pytest.mark.parametrize(
    "answers, known, is_open",
    [
        ({"quoi": "chantage"}, {}, False),
        ({"quoi": "reseau", "age": "oui"}, {}, False),
        ({"quoi": "reseau", "age": "nsp"}, {}, False),
        ({"quoi": "reseau", "age": "nsp", "age_su": "nsp"}, {}, False),
        ({"quoi": "reseau", "age": "nsp", "age_su": "oui"}, {}, False),
        ({"quoi": "reseau", "age": "nsp", "age_su": "non"}, {}, True),
        ({"quoi": "chantage", "age": "nsp", "age_su": "non"}, {}, False),
        ({"quoi": "reseau", "age": "nsp", "age_su": "non"}, {"flags": ["mineur"]}, False),
        ({"quoi": "reseau", "age": "non"}, {}, True),
        ({"quoi": "autre"}, {"category": "sextorsion"}, False),
        ({"quoi": "autre"}, {"flags": ["mineur"]}, False),
        ({"quoi": "autre"}, {}, True),
    ],
)
def test_files_are_never_taken_from_a_minor_or_about_sexual_blackmail(answers, known, is_open):
    for kind in KINDS:
        question, got = upload_question(BUNDLE, {"kind": kind, **answers}, **known)
        assert got is is_open
        assert question.closed_contacts == ("n3018", "pharos")


def test_after_sending_only_the_open_questions_are_asked():
    answers = {"kind": "commune", "quoi": "fichiers", "travail": "non", "argent_parti": "non"}

    assert ids(pages(BUNDLE, answers, "after")) == [
        "suite-travail",
        "suite-copie",
        "suite-fait",
        "suite-pieces",
    ]
    assert all(p.complete for p in pages(BUNDLE, answers, "after"))
