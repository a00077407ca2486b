"""A restricted case is never seen by nobody: when all who were named left the desk, the leads get it."""

import pytest

from csirt.accounts.principals import Person
from csirt.accounts.services import change_role, disable, enable
from csirt.kernel.clock import now
from incidents import queries
from incidents.services import casework
from tests.incidents.conftest import case_in, row
from tests.people import client_of, person

pytestmark = pytest.mark.django_db(transaction=True)


def restrict(case, by, *people):
    casework.restrict(
        incident=case.uuid, version=row(case).version, by=Person.of(by),
        people=[one.uuid for one in people], now=now(),
    )  # fmt: skip


def leaves(user, ada):
    disable(user=user.uuid, version=type(user).objects.get(pk=user.pk).version, by=ada, now=now())


def becomes(user, role, ada):
    version = type(user).objects.get(pk=user.pk).version
    change_role(user=user.uuid, version=version, role=role, by=ada, now=now())


def sees(user, case):
    user = type(user).objects.get(pk=user.pk)
    return queries.visible_to(Person.of(user)).filter(pk=case.pk).exists()


@pytest.fixture
def hidden(alice):
    case = case_in("active", alice)
    restrict(case, alice)
    return case


def test_the_leads_are_named_when_the_last_one_leaves_and_all_is_told(
    hidden, alice, bruno, ada, since
):
    zoe = person("Zoé", "analyst")
    version = row(hidden).version
    since()
    leaves(alice, ada)

    assert sees(bruno, hidden)
    assert not sees(zoe, hidden)
    assert row(hidden).version == version + 1
    told = [data for kind, data in since(of=hidden) if kind == "incident.access_changed"]
    assert told == [{"added": [str(bruno.uuid)], "removed": []}]
    restrict(hidden, bruno, zoe)
    assert sees(zoe, hidden)


def test_another_role_is_leaving_too(hidden, alice, bruno, ada):
    becomes(alice, "reader", ada)

    assert sees(bruno, hidden)


def test_while_one_of_them_is_there_nobody_else_sees_it(hidden, alice, bruno, ada):
    zoe = person("Zoé", "analyst")
    restrict(hidden, alice, zoe)
    leaves(alice, ada)
    assert not sees(bruno, hidden)

    leaves(zoe, ada)
    assert sees(bruno, hidden)


def test_without_a_lead_the_first_who_becomes_one_gets_it(hidden, alice, ada):
    zoe = person("Zoé", "analyst")
    leaves(alice, ada)
    assert not sees(zoe, hidden)

    becomes(zoe, "lead", ada)
    assert sees(zoe, hidden)


def test_who_comes_back_is_still_named(hidden, alice, bruno, ada):
    leaves(alice, ada)
    enable(user=alice.uuid, version=type(alice).objects.get(pk=alice.pk).version, by=ada, now=now())

    assert sees(alice, hidden)
    assert sees(bruno, hidden)


def test_the_case_page_says_who_did_it(hidden, alice, bruno, ada):
    leaves(alice, ada)
    page = client_of(bruno).get(f"/console/dossiers/{hidden.uuid}/").content.decode()

    assert "Le système a changé qui voit le dossier : + Bruno ; − personne." in page


def test_eve_is_named_on_nothing(hidden, alice, eve, emile, ada):
    leaves(alice, ada)

    assert not sees(eve, hidden)
    assert not sees(emile, hidden)
