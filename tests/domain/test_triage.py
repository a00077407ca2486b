"""Triage: the documented order, every step in words, exactly the expected results."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csirt.reference.bundle import shipped
from incidents.domain.triage import PRIORITIES, Override, assess, worst

BUNDLE = shipped()
CALM = {
    "impact_service": "aucun",
    "evolution": "tentative",
    "donnees": "non",
    "argent": "non",
    "perimetre": "aucun",
    "secours": "sans_objet",
}
levels = st.fixed_dictionaries(
    {i.id: st.sampled_from(sorted(i.levels)) for i in BUNDLE.triage.inputs}
)
flag_sets = st.frozensets(st.sampled_from(sorted(BUNDLE.flags)))
categories = st.sampled_from(sorted(BUNDLE.categories))
kinds = st.sampled_from([kind.id for kind in BUNDLE.intake.victim_kinds])
askeds = st.none() | st.frozensets(st.sampled_from(sorted(BUNDLE.inputs)))


def run(
    flags=(), category="hameconnage-courriel", asked=None, kind="commune", override=None, **inputs
):
    return assess(
        BUNDLE,
        inputs=CALM | inputs,
        flags=flags,
        category=category,
        kind=kind,
        asked=asked,
        override=override,
    )


def test_each_given_report_gets_its_score_rules_and_priority(bundle, given_report):
    expected = given_report["expected"]

    got = assess(
        bundle,
        inputs=expected["inputs"],
        flags=expected["flags"],
        category=expected["category"],
        kind=given_report["victim_kind"],
        traits=given_report.get("facts", {}).get("traits", ()),
    )

    assert got.score == expected["score"]
    assert list(got.fired) == expected["rules"]
    assert got.priority == expected["priority"]


@pytest.mark.parametrize(
    "expected, what, given_",
    [
        ("P4", "a mere attempt", {}),
        ("P1", "danger and attempt", {"flags": ["danger_vie"]}),
        ("P1", "a minor and a bluff", {"flags": ["mineur"], "category": "chantage-bluff"}),
        (
            "P1",
            "dark thoughts and a bluff",
            {"flags": ["idees_noires"], "category": "chantage-bluff"},
        ),
        ("P1", "recent money and a bluff", {"argent": "recent", "category": "chantage-bluff"}),
        ("P1", "a server and an attempt", {"flags": ["serveur"]}),
        ("P2", "a near deadline and an attempt", {"flags": ["horloge_courte"]}),
        ("P3", "a wave raises a capped attempt by one", {"flags": ["campagne"]}),
        ("P2", "a wave stops at P2", {"flags": ["campagne"], "donnees": "sensibles"}),
        ("P1", "a wave leaves P1", {"flags": ["campagne", "danger_vie"]}),
        (
            "P1",
            "half unknown takes the category default",
            {
                "category": "rancongiciel",
                "evolution": "termine",
                "donnees": "nsp",
                "secours": "nsp",
                "asked": {"donnees", "secours", "evolution", "argent"},
            },
        ),
        (
            "P4",
            "inputs never asked do not count",
            {"evolution": "termine", "category": "virus", "asked": {"evolution"}},
        ),
        (
            "P3",
            "the default never lowers",
            {
                "category": "spam",
                "evolution": "nsp",
                "donnees": "nsp",
                "secours": "nsp",
                "perimetre": "nsp",
            },
        ),
        (
            "P2",
            "a defaced site before a poll",
            {"flags": ["periode_electorale"], "category": "defiguration", "evolution": "termine"},
        ),
    ],
)
def test_the_order_decides(expected, what, given_):
    assert run(**given_).priority == expected, what


def test_every_step_is_said_in_words():
    got = run(flags=["campagne"], override=Override("P2", " Mairie déjà touchée hier "))

    assert [(rule.id, rule.kind, rule.effect) for rule in got.rules] == [
        ("S", "score", "P4"),
        ("C1", "cap", "P4"),
        ("F10", "raise", "P4 → P3"),
        ("A", "analyst", "P3 → P2"),
    ]
    assert [rule.sentence_fr for rule in got.rules] == [
        "Score 0 sur 100 : P4.",
        "Simple tentative, rien de fait. Au plus P4.",
        "Vague en cours. Un cran plus haut, sans dépasser P2.",
        "Décision de l'analyste, P2 : Mairie déjà touchée hier",
    ]
    assert got.rules[0].sentence_en == "Score 0 out of 100: P4."


def test_a_floor_and_the_category_default_are_said_in_words():
    floor = run(argent="recent").rules[1]
    default = run(
        category="rancongiciel", evolution="termine", donnees="nsp", asked={"donnees"}
    ).rules[-1]

    assert floor.sentence_fr.endswith("appeler maintenant. Au moins P1.")
    assert floor.effect == "P4 → P1"
    assert default.kind == "category_default"
    assert default.sentence_fr == "Réponses inconnues : 1 sur 1. Rançongiciel compte P1."


def test_the_score_is_explained_input_by_input():
    got = run(impact_service="tout_arrete", donnees="nsp")

    assert {part.input: part.points for part in got.parts if part.points} == {
        "impact_service": 30.0,
        "donnees": 6.0,
    }
    assert got.score == 36


def test_the_analyst_has_the_last_word_both_ways_and_keeps_what_was_computed():
    lowered = run(flags=["danger_vie"], override=Override("P4", "Exercice de secours"))

    assert (lowered.computed, lowered.priority) == ("P1", "P4")
    assert lowered.targets == BUNDLE.triage.service_targets.p4


@pytest.mark.parametrize("priority, reason", [("P2", ""), ("P2", "  \n"), ("P5", "raison")])
def test_an_override_needs_a_priority_and_a_written_reason(priority, reason):
    with pytest.raises(ValueError, match=r"reason|priority"):
        Override(priority, reason)


@pytest.mark.parametrize(
    "wrong",
    [{"flags": ["panique"]}, {"category": "inconnue"}, {"evolution": "vite"}, {"humeur": "bonne"}],
)
def test_what_does_not_exist_is_refused(wrong):
    with pytest.raises(ValueError, match="unknown"):
        run(**wrong)


@pytest.mark.parametrize(
    "given_, expected",
    [
        ({}, []),
        ({"flags": ["danger_vie"]}, ["certfr"]),
        (
            {"flags": ["danger_vie", "campagne", "service_vital"]},
            ["certfr", "certfr", "prefecture"],
        ),
        ({"kind": "particulier"}, ["17cyber"]),
        ({"category": "fovi-faux-rib"}, ["comptable-public"]),
        ({"kind": "entreprise", "category": "fovi-faux-rib"}, []),
    ],
)
def test_escalation_names_whom_to_tell(given_, expected):
    assert [one.to for one in run(**given_).escalations] == expected


def test_escalation_follows_the_final_priority():
    assert run(override=Override("P1", "Crise")).escalations[0].id == "E1"


def test_danger_shows_the_numbers_to_call():
    assert run(flags=["mineur"]).show_contacts == ("n17", "n15", "n112", "n3018", "n3114")


def test_the_worst_level_is_the_highest_number_even_unknown():
    assert worst(BUNDLE, "evolution", ["tentative", "nsp"]) == "nsp"
    assert worst(BUNDLE, "donnees", ["nsp", "ordinaires"]) == "ordinaires"


@given(levels, flag_sets, categories, kinds, askeds)
def test_the_steps_are_a_chain_in_the_documented_order(inputs, flags, category, kind, asked):
    got = assess(BUNDLE, inputs=inputs, flags=flags, category=category, kind=kind, asked=asked)

    order = ["score", "floor", "cap", "raise", "category_default", "analyst"]
    ranks = [order.index(rule.kind) for rule in got.rules]
    assert ranks == sorted(ranks)
    assert [rule.before for rule in got.rules[1:]] == [rule.after for rule in got.rules[:-1]]
    assert got.rules[-1].after == got.priority
    assert 0 <= got.score <= 100
    assert all(rule.sentence_fr and rule.sentence_en for rule in got.rules)
    for rule in got.rules[1:]:
        assert (rule.after >= rule.before) if rule.kind == "cap" else (rule.after <= rule.before)


@given(levels, flag_sets, categories, st.data())
def test_a_worse_level_never_lowers_the_score(inputs, flags, category, data):
    name = data.draw(st.sampled_from(sorted(inputs)))
    numbers = BUNDLE.inputs[name].levels
    worse = data.draw(st.sampled_from([x for x in numbers if numbers[x] >= numbers[inputs[name]]]))

    def score(levels_):
        return assess(BUNDLE, inputs=levels_, flags=flags, category=category, kind="epci").score

    assert score(inputs | {name: worse}) >= score(inputs)


@given(levels, flag_sets, st.sampled_from(sorted(BUNDLE.flags)), categories)
def test_one_more_flag_never_makes_it_less_urgent(inputs, flags, more, category):
    def priority(raised):
        return assess(BUNDLE, inputs=inputs, flags=raised, category=category, kind="epci").priority

    assert priority(flags | {more}) <= priority(flags)


@given(levels, flag_sets, categories)
def test_a_blocking_floor_is_never_undone_by_a_cap(inputs, flags, category):
    got = assess(BUNDLE, inputs=inputs, flags=flags, category=category, kind="commune")

    if set(got.fired) & set(BUNDLE.triage.caps_blocked_by):
        assert not {"C1", "C2"} & set(got.fired)


@given(levels, flag_sets, categories)
def test_a_wave_goes_one_up_and_never_above_p2(inputs, flags, category):
    asked = ()
    calm = assess(
        BUNDLE,
        inputs=inputs,
        flags=flags - {"campagne"},
        category=category,
        kind="epci",
        asked=asked,
    )
    wave = assess(
        BUNDLE,
        inputs=inputs,
        flags=flags | {"campagne"},
        category=category,
        kind="epci",
        asked=asked,
    )

    before = PRIORITIES.index(calm.priority)
    assert PRIORITIES.index(wave.priority) == (before if before <= 1 else before - 1)
