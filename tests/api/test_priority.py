"""REST for a case's priority: given with its reason, by who works it, as the page does."""

import pytest

from tests.console.case import fresh
from tests.people import agree, client_of

REASON = "Le maire est joint."


def give(client, case, **fields):
    body = {"version": fresh(case).version, "priority": "P3", "reason": REASON} | fields
    return client.post(
        f"/api/v1/incidents/{case.uuid}/priority/", body, content_type="application/json"
    )


@pytest.fixture
def case(denise):
    return denise.incident


def test_it_is_given_with_its_reason(alice, case):
    answer = give(client_of(alice), case)

    assert answer.status_code == 200
    told = answer.json()
    assert (told["priority"], told["priority_reason"], told["version"]) == ("P3", REASON, 2)
    assert [note.text for note in case.notes.all()] == [REASON]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"priority": "P9"}, "priority"),
        ({"reason": " "}, "reason"),
        ({"reason": None}, "reason"),
        ({"version": "x"}, "version"),
        ({"title": "Mairie"}, "title"),
    ],
)
def test_what_is_wrong_is_named_and_changes_nothing(wrong, field, alice, case):
    answer = give(client_of(alice), case, **wrong)

    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert fresh(case).version == 1


def test_the_same_request_twice_is_done_once(alice, case):
    client = client_of(alice)
    first, again = give(client, case, version=1), give(client, case, version=1)

    assert (first.status_code, again.status_code) == (200, 409)
    assert again.json()["state"] == "new"
    assert case.notes.count() == 1


def test_the_one_that_it_has_is_refused_as_its_reason_would_be_lost(alice, case):
    answer = give(client_of(alice), case, priority="P1")

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert list(answer.json()["errors"]) == ["priority"]
    assert fresh(case).version == 1
    assert not case.notes.exists()


def test_an_operator_may_not_and_others_see_nothing(emile, eve, case):
    agree(emile.operators.get(), case)

    assert give(client_of(emile), case).status_code == 403
    assert give(client_of(eve), case).status_code == 404
    assert fresh(case).priority == "P1"
