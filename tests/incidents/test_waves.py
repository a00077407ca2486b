"""Off the request: observables are extracted, and three reports that share one raise each other."""

from datetime import timedelta

import pytest

from csirt.accounts.principals import Anonymous, Person
from csirt.journal import drain
from csirt.journal.models import Consumer
from csirt.kernel import codes
from csirt.kernel.clock import now
from csirt.reference.reports import given_reports
from incidents.models import ObservableRole
from incidents.services.filing import Submission, file_report
from incidents.services.observing import judge
from incidents.services.prioritising import prioritise
from tests.incidents.conftest import case_in, row
from tests.people import file_case

REPORTS = {report["id"]: report for report in given_reports()}
WAVE = ("r03", "r05", "r06")
SHARED = "connexion-webmel.example"


def file(name, *, at=None):
    """File one of the given reports as an operator who knows its expected answers would."""
    given = REPORTS[name]
    expected, contact = given["expected"], given["contact"]
    submission = Submission(
        victim_kind=given["victim_kind"],
        category=expected["category"],
        inputs=expected["inputs"],
        flags=tuple(expected["flags"]),
        text=given["text_fr"],
        contact_phone=contact["phone"] or "",
        contact_email=contact["email"] or "",
        own_domains=tuple(contact["domains"]),
    )
    return file_report(
        token=codes.new_token(), submission=submission, now=at or now(), by=Anonymous()
    ).incident


def values(case):
    return set(case.observables.values_list("type", "value"))


@pytest.mark.parametrize("name", WAVE)
def test_alone_a_report_has_its_own_priority(name, db):
    case = file(name)
    drain()

    assert row(case).priority == REPORTS[name]["expected"]["priority"]
    assert "F10" not in row(case).assessment["rules"]


@pytest.mark.parametrize("name", REPORTS)
def test_each_expected_value_becomes_an_observable_and_none_of_the_victim_s(name, db):
    case = file(name)
    drain()

    expected = REPORTS[name]["expected"]
    automatic = {(o["type"], o["value"]) for o in expected["observables"] if o.get("auto", True)}
    assert automatic <= values(case)
    found = {value for _, value in values(case)}
    assert not found & {str(o["value"]) for o in expected["not_observables"]}
    assert not found & {REPORTS[name]["contact"]["phone"], REPORTS[name]["contact"]["email"]}


def test_three_reports_of_one_wave_raise_each_other(db, since):
    cases = {name: file(name) for name in WAVE}
    since()
    drain()

    assert {name: row(case).priority for name, case in cases.items()} == {
        "r03": "P2",  # never above P2
        "r05": "P3",  # from P4
        "r06": "P2",
    }
    for case in cases.values():
        assert row(case).assessment["rules"][-1] == "F10"
        assert "campagne" in row(case).assessment["flags"]
    told = [(kind, data) for kind, data in since(of=cases["r05"]) if kind == "incident.assessed"]
    assert told == [
        (
            "incident.assessed",
            {"priority": "P3", "previous": "P4", "score": 0, "rules": ["C1", "F10"]},
        )
    ]


def test_it_is_the_third_report_that_makes_the_wave(db):
    first, second = file("r05"), file("r03")
    drain()
    assert row(first).priority == "P4"

    file("r06")
    drain()
    assert row(first).priority == "P3"
    assert row(second).assessment["rules"][-1] == "F10"


def test_a_priority_that_an_analyst_set_is_only_suggested(db, alice, since):
    first = file("r05")
    prioritise(
        incident=first.uuid, version=row(first).version, by=Person.of(alice), priority="P1",
        reason="Le maire insiste.", now=now(),
    )  # fmt: skip
    file("r03"), file("r06")
    since()
    drain()

    assert row(first).priority == "P1"
    assert row(first).assessment["suggested"]["priority"] == "P3"
    assert row(first).assessment["suggested"]["rules"][-1] == "F10"
    assert [kind for kind, _ in since(of=first) if kind.startswith("incident.")] == [
        "incident.suggested"
    ]


def test_a_day_later_it_is_no_wave_any_more(db):
    moment = now()
    first = file("r05", at=moment - timedelta(hours=49))
    file("r03", at=moment - timedelta(hours=24, seconds=1))
    file("r06", at=moment)
    drain()

    assert row(first).priority == "P4"


def test_what_an_analyst_called_a_false_positive_joins_nobody(db, alice):
    first, second = file("r05"), file("r03")
    drain()
    for case in (first, second):
        for seen in case.observables.filter(value__contains="webmel"):
            judge(
                incident=case.uuid,
                observable=seen.uuid,
                version=seen.version,
                by=Person.of(alice),
                role=ObservableRole.FALSE_POSITIVE,
                now=now(),
            )

    third = file("r06")
    drain()
    assert row(third).assessment["rules"] == ["F6", "F7"]


def test_a_public_mail_domain_joins_nobody(db):
    cases = [file_case(text="Tout vient de gmail.com, je crois.") for _ in range(4)]
    drain()

    assert not any("campagne" in row(case.incident).assessment["flags"] for case in cases)


def test_the_victim_s_own_domain_joins_nobody(db):
    cases = [
        file_case(
            text="Tout part de secretariat@mairie-exemple.fr",
            contact_email="secretariat@mairie-exemple.fr",
        )
        for _ in range(4)
    ]
    drain()

    assert not any(values(case.incident) for case in cases)


def test_a_qualified_case_is_left_to_its_analyst(db, alice):
    case = case_in("active", alice)
    before = row(case).priority
    for name in WAVE:
        file(name)
    case.reports.update(text=f"Le lien mène à {SHARED}")
    drain()

    assert row(case).priority == before
    assert "campagne" not in row(case).assessment["flags"]


def test_reading_a_report_twice_finds_nothing_new(db, since):
    case = file("r03")
    drain()
    found = values(case)
    Consumer.objects.update(seq=0)
    since()
    drain()

    assert values(case) == found
    assert since() == []
