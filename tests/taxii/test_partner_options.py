"""What a collection holds under an option is read by the partners that want it, and by no other."""

import json
import uuid

import pytest

from api.models import Share
from api.sharing import partners
from csirt.accounts.principals import Person
from csirt.accounts.roles import Role
from csirt.kernel.clock import now
from tests.people import person
from tests.taxii import shelf
from tests.taxii.shelf import ids, match, path_of


def task(number):
    """Return an object that only some want."""
    return {
        "type": "task",
        "spec_version": "2.1",
        "id": f"task--{uuid.UUID(int=number, version=4)}",
        "created": "2026-01-31T10:00:00.000Z",
        "modified": "2026-01-31T10:00:00.000Z",
        "name": "Changer les mots de passe",
    }


@pytest.fixture
def mixed(bare):
    """Return a desk whose collection holds, in turn, what all read and what is under an option."""
    bare.communaute.details = bare.communaute.playbooks = True
    bare.communaute.save()
    pairs = [(shelf.indicator(number), task(number)) for number in range(1, 6)]
    bare.rows = shelf.put(bare.communaute, bare.release, [obj for pair in pairs for obj in pair])
    Share.objects.filter(collection=bare.communaute, type="task").update(gate="details")
    bare.usual = [usual["id"] for usual, _task in pairs]
    bare.tasks = [more["id"] for _usual, more in pairs]
    return bare


def wants(desk, *gates):
    desk.voisin.options = dict.fromkeys(gates, True)
    desk.voisin.save()


def test_who_did_not_ask_for_it_reads_the_rest_page_by_page(mixed):
    pages = mixed.reader.pull(mixed.communaute, limit=2)

    assert ids(pages) == mixed.usual
    assert [len(page.json()["objects"]) for page in pages] == [2, 2, 1]
    manifest = mixed.reader.pull(mixed.communaute, "manifest/", limit=2)
    assert ids(manifest) == mixed.usual


def test_who_wants_it_reads_all(mixed):
    wants(mixed, "details")

    assert ids(mixed.reader.pull(mixed.communaute, limit=3)) == [
        obj for pair in zip(mixed.usual, mixed.tasks, strict=True) for obj in pair
    ]


def test_another_option_opens_nothing(mixed):
    wants(mixed, "playbooks")

    assert ids(mixed.reader.pull(mixed.communaute)) == mixed.usual


@pytest.mark.parametrize("rest", ["objects/{id}/", "objects/{id}/versions/"])
def test_what_is_not_wanted_is_not_there(mixed, rest):
    here = path_of(mixed.communaute)
    absent = mixed.reader.get(here + rest.format(id=task(99)["id"]))

    unwanted = mixed.reader.get(here + rest.format(id=mixed.tasks[0]))

    assert (unwanted.status_code, unwanted.content) == (404, absent.content)
    for asked in ({"type": "task"}, {"id": mixed.tasks[0]}, {"type": "task", "version": "all"}):
        assert mixed.reader.objects(mixed.communaute, **match(**asked)).json() == {}
    wants(mixed, "details")
    assert mixed.reader.get(here + rest.format(id=mixed.tasks[0])).status_code == 200


def test_it_ends_within_a_pull(mixed):
    wants(mixed, "details")
    first = mixed.reader.objects(mixed.communaute, limit=2).json()

    wants(mixed)

    rest = mixed.reader.pull(mixed.communaute, limit=2, next=first["next"])
    assert ids(rest) == mixed.usual[1:]


def test_a_keeper_says_what_a_partner_wants_and_it_holds_at_once(mixed):
    bruno = person("Bruno", Role.LEAD, email=f"{uuid.uuid4().hex}@exemple.fr", enrolled=False)

    row = partners.choose_options(
        partner=mixed.voisin.uuid, version=1, playbooks=False, details=True, by=Person.of(bruno),
        now=now(),
    )  # fmt: skip

    assert (row.wants("playbooks"), row.wants("details"), row.version) == (False, True, 2)
    assert set(ids(mixed.reader.pull(mixed.communaute))) == {*mixed.usual, *mixed.tasks}


def test_the_texts_are_the_same_bytes_for_everybody(mixed):
    some = mixed.reader.objects(mixed.communaute).json()["objects"]
    wants(mixed, "details")
    every = mixed.reader.objects(mixed.communaute).json()["objects"]

    assert [obj for obj in every if obj["type"] != "task"] == some
    assert [json.loads(row.bytes) for row in mixed.rows] == every
