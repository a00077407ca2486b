"""REST for acts on several cases: as from the queue, all or none, each refusal named."""

from datetime import timedelta

import pytest
from zeal import zeal_ignore

from csirt.accounts.principals import Person
from csirt.kernel.clock import now
from incidents.models import Campaign, Step
from incidents.services import bulk, casework, transitions
from tests.console.case import fresh, qualified
from tests.people import agree, client_of, file_case

ABSENT = "11111111-2222-4333-8444-555555555555"
LATER = {"category": "spam", "inputs": {"evolution": "tentative"}, "asked": None}  # P4
FIELDS = {
    "take": {},
    "assign": {"to": None},
    "prioritise": {"priority": "P2", "reason": "Une vague."},
    "reject": {"reason": "Un exercice."},
    "snooze": {"until": (now() + timedelta(days=2)).isoformat()},
    "group": {"name": "Vague de mars"},
    "merge": {},
}


@pytest.fixture
def api(alice):
    return client_of(alice)


@pytest.fixture
def two(db):
    return [file_case(**LATER).incident for _ in range(2)]


def seen(case):
    return {"incident": str(case.uuid), "version": fresh(case).version}


def send(client, act, chosen, **fields):
    body = {"cases": chosen, **fields}
    with zeal_ignore():  # each case is a change of its own, with the same guards
        return client.post(f"/api/v1/incidents/bulk/{act}/", body, content_type="application/json")


def fields_of(act, case):
    return {"into": str(case.uuid)} if act == "merge" else FIELDS[act]


def do(client, act, *cases, **fields):
    fields = fields_of(act, cases[0]) | fields
    return send(client, act, [seen(case) for case in cases], **fields)


def test_each_act_does_to_all_what_it_says(api, alice, two):
    assert do(api, "prioritise", *two).status_code == 200
    assert {(fresh(c).priority, fresh(c).priority_reason) for c in two} == {("P2", "Une vague.")}
    do(api, "snooze", *two)
    assert None not in {fresh(case).snoozed_until for case in two}
    do(api, "group", *two)
    assert {fresh(case).campaign.name for case in two} == {"Vague de mars"}
    do(api, "take", *two)
    assert {(fresh(case).state, fresh(case).assignee) for case in two} == {("triage", alice)}
    do(api, "assign", *two)
    assert {fresh(case).assignee for case in two} == {None}
    do(api, "merge", *two)
    assert [fresh(case).state for case in two] == ["triage", "duplicate"]
    do(api, "reject", two[0])
    assert (fresh(two[0]).state, fresh(two[0]).reason) == ("rejected", "Un exercice.")


def test_the_answer_has_the_cases_as_they_are_now_the_newest_first(api, two):
    rows = do(api, "take", *two).json()

    assert [row["uuid"] for row in rows] == [str(case.uuid) for case in reversed(two)]
    assert {(row["state"], row["version"]) for row in rows} == {("triage", 2)}


def test_cases_go_into_a_campaign_that_is_there_and_out_of_it(api, two):
    do(api, "group", *two)
    vague = Campaign.objects.get()
    several = [seen(case) for case in two]

    assert send(api, "group", several, to=None).status_code == 200
    assert {fresh(case).campaign for case in two} == {None}
    send(api, "group", [seen(case) for case in two], to=str(vague.uuid))
    assert {fresh(case).campaign for case in two} == {vague}


def test_one_that_refuses_stops_all_and_every_one_is_named(api, alice, two):
    active = qualified(file_case().incident, Person.of(alice))
    answer = do(api, "reject", *two, active)

    problem = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (409, "application/problem+json")
    assert problem["code"] == "stopped"
    assert active.reference in problem["detail"]
    assert problem["cases"] == [
        {
            "incident": str(active.uuid),
            "reference": active.reference,
            "code": "wrong-state",
            "detail": "Ce dossier a changé d'état : cette action n'est plus possible.",
            "state": "active",
        }
    ]
    assert {fresh(case).state for case in two} == {"new"}


def test_what_a_colleague_changed_stops_all(api, bruno, two):
    chosen = [seen(case) for case in two]
    transitions.take(incident=two[1].uuid, version=1, by=Person.of(bruno), now=now())
    answer = send(api, "take", chosen)

    assert answer.status_code == 409
    [named] = answer.json()["cases"]
    assert (named["incident"], named["code"], named["state"]) == (
        str(two[1].uuid), "conflict", "triage",
    )  # fmt: skip
    assert fresh(two[0]).assignee is None


def test_a_colleagues_case_is_not_taken_from_them(api, bruno, two):
    transitions.take(incident=two[1].uuid, version=1, by=Person.of(bruno), now=now())
    answer = do(api, "take", *two)

    assert answer.status_code == 403
    assert [one["code"] for one in answer.json()["cases"]] == ["not-allowed"]
    assert fresh(two[0]).assignee is None


@pytest.mark.parametrize("act", FIELDS)
def test_the_same_request_twice_is_done_once(act, api, alice, two):
    if act == "assign":
        do(api, "take", *two)
    chosen = [seen(case) for case in two]
    fields = fields_of(act, two[0])
    first, again = (send(api, act, chosen, **fields) for _ in range(2))

    assert (first.status_code, again.status_code) == (200, 409)
    assert fresh(two[1]).version == chosen[1]["version"] + 1


@pytest.mark.parametrize(
    ("act", "wrong", "field"),
    [
        ("take", {"to": None}, "to"),
        ("assign", {"to": ABSENT}, "to"),
        ("prioritise", {"priority": "P9"}, "priority"),
        ("prioritise", {"reason": " "}, "reason"),
        ("prioritise", {"title": "Mairie"}, "title"),
        ("reject", {"reason": ""}, "reason"),
        ("snooze", {"until": "demain"}, "until"),
        ("snooze", {"until": "2020-01-01T00:00:00Z"}, "until"),
        ("group", {"to": None}, "to"),  # and a name
        ("merge", {"into": "x"}, "into"),
    ],
)
def test_what_is_wrong_is_named_and_changes_nothing(act, wrong, field, api, two):
    answer = do(api, act, *two, **wrong)

    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert [fresh(case).version for case in two] == [1, 1]


def test_the_priority_that_all_have_is_refused_and_that_some_have_is_not(api, two):
    assert do(api, "prioritise", two[0]).status_code == 200
    answer = do(api, "prioritise", two[0], reason="Une autre raison.")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["priority"])

    assert do(api, "prioritise", *two).status_code == 200
    assert {fresh(case).priority for case in two} == {"P2"}
    assert fresh(two[0]).priority_reason == "Une vague."


@pytest.mark.parametrize("fields", [{}, {"to": ABSENT}])
def test_no_campaign_and_one_that_is_not_are_named(fields, api, two):
    answer = send(api, "group", [seen(case) for case in two], **fields)

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["to"])


def test_none_too_many_and_one_twice_are_refused(api, two):
    one = seen(two[0])
    many = [{"incident": f"00000000-0000-4000-8000-{n:012}", "version": 1} for n in range(51)]
    for chosen in ([], many, [one, {**one, "version": 7}]):
        answer = send(api, "take", chosen)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["cases"])

    assert len(many) == bulk.MOST + 1
    unversioned = send(api, "take", [{"incident": one["incident"]}])
    assert list(unversioned.json()["errors"]) == ["cases.0.version"]


@pytest.mark.parametrize("act", FIELDS)
def test_what_a_program_does_leaves_the_undo_of_the_person_as_it_was(act, api, alice, two):
    other, by, at = file_case(**LATER).incident, Person.of(alice), now()
    bulk.reject(cases={other.uuid: 1}, by=by, reason="Non.", now=at)
    kept = list(Step.objects.values())
    assert do(api, act, *two).status_code == 200

    assert list(Step.objects.values()) == kept
    assert [case.pk for case in bulk.undo(by=by, now=at)] == [other.pk]
    assert fresh(other).state == "new"


@pytest.mark.parametrize("act", FIELDS)
def test_one_hidden_case_makes_all_absent(act, api, alice, bruno, two):
    hidden = file_case().incident
    casework.restrict(incident=hidden.uuid, version=1, by=Person.of(bruno), people=[], now=now())
    fields = fields_of(act, two[0])
    answers = [
        send(api, act, [seen(two[0]), other], **fields)
        for other in (seen(hidden), {**seen(hidden), "incident": ABSENT})
    ]

    assert {answer.status_code for answer in answers} == {404}
    told = [answer.json() | {"request_id": ""} for answer in answers]
    assert told[0] == told[1]
    assert fresh(two[0]).version == 1
    assert not Campaign.objects.exists()


def test_a_hidden_case_to_keep_is_as_an_absent_one(api, bruno, two):
    hidden = file_case().incident
    casework.restrict(incident=hidden.uuid, version=1, by=Person.of(bruno), people=[], now=now())
    told = [
        do(api, "merge", *two, into=into).json() | {"request_id": ""}
        for into in (str(hidden.uuid), ABSENT)
    ]

    assert told[0] == told[1]
    assert [fresh(case).version for case in two] == [1, 1]


@pytest.mark.parametrize("act", FIELDS)
def test_who_works_no_case_may_not(act, eve, chloe, emile, two):
    agree(emile.operators.get(), two[0])
    for user in (eve, chloe, emile):
        assert do(client_of(user), act, two[0]).status_code == 403

    assert fresh(two[0]).version == 1
