"""The digest kept as events pass is the digest computed from scratch, for everybody."""

import hashlib
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csirt.accounts.principals import Person
from incidents.live import rows
from incidents.live.replica import Replica
from incidents.live.rows import digest, mark, written
from incidents.live.snapshot import snapshot
from tests.people import agree, client_of, file_case

EPOCH = UUID(int=99)
CASES = st.integers(0, 5).map(lambda n: UUID(int=n))
USERS = st.integers(1, 3)
CHANGES = st.lists(
    st.tuples(
        CASES, st.integers(1, 9), st.none() | st.frozensets(USERS, max_size=3), st.booleans()
    ),
    max_size=40,
)


@given(CHANGES, st.integers(0, 40))
def test_it_equals_the_digest_from_scratch(changes, begun):
    truth, replica = {}, None
    for number, (case, version, named, leaves) in enumerate(changes):
        if number == begun:
            replica = Replica(EPOCH, 0, [(c, v, n) for c, (v, n) in truth.items()])
        if leaves:
            truth.pop(case, None)
        else:
            truth[case] = (version, named)
        if replica is not None:
            replica.drop(case) if leaves else replica.put(case, version, named)
    replica = replica or Replica(EPOCH, 0, [(c, v, n) for c, (v, n) in truth.items()])

    for user in (1, 2, 3, 4):
        seen = [(c, v) for c, (v, named) in truth.items() if named is None or user in named]
        assert replica.digest(user) == written(digest(mark(c, v) for c, v in seen))
    assert len(replica) == len(truth)


def test_above_the_limit_there_is_no_digest(monkeypatch):
    monkeypatch.setattr("incidents.live.replica.LIMIT", 2)
    replica = Replica(EPOCH, 0, [(UUID(int=1), 1, None), (UUID(int=2), 1, frozenset({7}))])
    assert replica.digest(7) is not None

    replica.put(UUID(int=3), 1, None)
    assert replica.digest(7) is None
    assert replica.digest(8) is not None


def test_a_mark_is_64_bits_of_the_hash_of_id_and_version():
    case = UUID("6f9619ff-8b86-d011-b42d-00cf4fc964ff")
    expected = hashlib.sha256(b"6f9619ff-8b86-d011-b42d-00cf4fc964ff|7").hexdigest()[:16]

    assert written(mark(case, 7)) == expected


@pytest.mark.django_db
def test_the_snapshot_has_the_marks_of_its_rows(alice, denise):
    start = snapshot(Person.of(alice))
    assert start["digest"] == written(digest(int(row["k"], 16) for row in start["rows"]))
    assert [row["reference"] for row in start["rows"]] == [denise.reference]


@pytest.mark.django_db
def test_above_the_limit_the_snapshot_has_the_most_urgent_and_no_digest(alice, monkeypatch):
    monkeypatch.setattr(rows, "LIMIT", 2)
    late = file_case(category="spam", inputs={"evolution": "tentative"}, asked=None)
    urgent = {file_case().reference for _ in range(2)}
    start = snapshot(Person.of(alice))

    assert start["digest"] is None
    assert {row["reference"] for row in start["rows"]} == urgent
    assert late.reference not in urgent


@pytest.mark.django_db
def test_an_operator_gets_rows_and_no_number(emile, denise):
    agree(emile.operators.get(), denise.incident)
    file_case(organisation_name="Ailleurs")
    start = snapshot(Person.of(emile))

    assert set(start) == {"rows"}
    assert [row["reference"] for row in start["rows"]] == [denise.reference]


@pytest.mark.django_db
def test_a_row_names_no_victim(alice, denise):
    said = str(snapshot(Person.of(alice)))
    for hidden in ("Denise", "Vidal", "05 61", "@mairie", ".lockbit", denise.code):
        assert hidden not in said


@pytest.mark.parametrize(("who", "status"), [("eve", 403), ("ada", 403), ("chloe", 403)])
@pytest.mark.django_db
def test_who_sees_no_cases_gets_no_snapshot(who, status, request):
    answer = client_of(request.getfixturevalue(who)).get("/console/snapshot")
    assert (answer.status_code, answer.json()) == (status, {"code": "not-allowed"})


@pytest.mark.django_db
def test_strangers_get_no_snapshot(client):
    answer = client.get("/console/snapshot")
    assert (answer.status_code, answer.json()) == (401, {"code": "login"})
