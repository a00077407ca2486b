"""Duties: exactly those expected, and the doubtful ones said to be doubtful."""

import pytest

from csirt.reference.bundle import shipped
from incidents.domain.duties import applying, evaluate
from incidents.domain.environment import environment

BUNDLE = shipped()


def env(*, kind="commune", category=None, inputs=None, nis2=False, traits=(), **facts):
    return environment(
        BUNDLE,
        kind=kind,
        category=category,
        inputs=inputs or {},
        facts=facts,
        traits=traits,
        nis2_in_force=nis2,
    )


@pytest.mark.parametrize("in_force", [False, True])
def test_each_given_report_has_exactly_its_duties(bundle, given_report, in_force):
    expected = given_report["expected"]
    traits = given_report.get("facts", {}).get("traits", ())
    got = evaluate(
        bundle,
        environment(
            bundle,
            kind=given_report["victim_kind"],
            category=expected["category"],
            inputs=expected["inputs"],
            answers=given_report.get("answers"),
            facts=given_report.get("facts"),
            traits=traits,
            priority=expected["priority"],
            nis2_in_force=in_force,
        ),
        expected["flags"],
    )

    wanted = expected["duties"]
    if in_force:
        wanted = expected.get("duties_nis2_in_force", wanted)
    assert set(applying(got)) == set(wanted)
    assert list(got) == list(bundle.duties)
    assert all(duty.reason for duty in got.values())


@pytest.mark.parametrize(
    "given_, flags, duty, expected",
    [
        ({"category": "perte-vol", "vol": "vole"}, (), "plainte-vol", "applies"),
        ({"category": "perte-vol", "vol": "nsp"}, (), "plainte-vol", "unknown"),
        ({"category": "perte-vol"}, (), "plainte-vol", "unknown"),
        ({"category": "perte-vol", "vol": "perdu"}, (), "plainte-vol", "no"),
        ({"inputs": {"donnees": "nsp"}}, (), "cnil-art33-72h", "unknown"),
        (
            {"kind": "epci", "inputs": {"donnees": "nsp"}, "category": "rancongiciel"},
            (),
            "cnil-art33-72h",
            "applies",
        ),
        ({"inputs": {"donnees": "non"}}, (), "cnil-art33-72h", "no"),
        (
            {"category": "panne", "inputs": {"evolution": "termine"}},
            (),
            "plainte-assurance-72h",
            "unknown",
        ),
        (
            {"category": "virus", "inputs": {"evolution": "tentative"}},
            (),
            "plainte-assurance-72h",
            "no",
        ),
        ({"inputs": {"argent": "nsp"}}, (), "banque-rappel-immediat", "unknown"),
        ({"inputs": {"argent": "ancien"}}, (), "banque-rappel-immediat", "applies"),
        ({"inputs": {"argent": "demande"}}, (), "banque-rappel-immediat", "no"),
        ({"age": "nsp"}, (), "mineur-signalement", "unknown"),
        ({"age": "oui"}, ("mineur",), "mineur-signalement", "applies"),
        (
            {"traits": ["sante"], "inputs": {"evolution": "en_cours"}},
            (),
            "sante-signalement",
            "applies",
        ),
        (
            {"traits": ["sous_traitant"], "inputs": {"donnees": "sensibles"}},
            (),
            "sous-traitant-alerte",
            "applies",
        ),
        ({"kind": "particulier", "category": "fraude-carte"}, (), "perceval", "applies"),
    ],
)
def test_a_duty_applies_is_open_or_does_not(given_, flags, duty, expected):
    assert evaluate(BUNDLE, env(**given_), flags)[duty].state == expected


@pytest.mark.parametrize("in_force, expected", [(False, "no"), (True, "applies")])
def test_nis_2_hangs_on_its_setting(in_force, expected):
    given_ = env(
        kind="epci",
        category="virus",
        traits=["importante"],
        inputs={"evolution": "en_cours"},
        nis2=in_force,
    )

    assert evaluate(BUNDLE, given_)["nis2-art23"].state == expected


@pytest.mark.parametrize("category", sorted(BUNDLE.categories))
@pytest.mark.parametrize("data", ["non", "nsp", "ordinaires", "sensibles", "publiees"])
def test_a_commune_and_an_epci_owe_the_same_and_a_private_person_owes_nothing(category, data):
    def owed(kind):
        inputs = {"donnees": data, "evolution": "en_cours", "argent": "nsp"}
        found = evaluate(BUNDLE, env(kind=kind, category=category, inputs=inputs, nis2=True))
        return {name: duty.state for name, duty in found.items()}

    controllers = {"cnil-art33-72h", "rgpd-art34", "rgpd-registre", "plainte-assurance-72h"}
    assert owed("commune") == owed("epci")
    assert not {d for d, state in owed("particulier").items() if state == "applies"} & controllers


def test_what_applies_says_why():
    duty = evaluate(BUNDLE, env(inputs={"argent": "recent"}))["banque-rappel-immediat"]

    assert duty.applies
    assert duty.reason == "De l'argent est parti."
