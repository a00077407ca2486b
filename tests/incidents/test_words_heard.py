"""Distress words in what a victim writes later: what is sure counts, the rest waits for a person."""

import pytest

from csirt.accounts.principals import Person, Victim
from csirt.kernel import codes
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, NotAllowed, NotFound
from incidents import queries
from incidents.services.answering import (
    settle_suggestion,
    settle_words,
    situation_changed,
)
from incidents.services.following import write_as_victim
from tests.incidents.conftest import follow, row
from tests.people import agree, file_case

pytestmark = pytest.mark.django_db
SURE, UNSURE = "Je veux en finir.", "C'est au lycée."


def calm():
    """File a case that nothing hurries."""
    return file_case(category="hameconnage-courriel").incident


def say(case, text, token=None):
    write_as_victim(
        victim=Victim(incident_id=case.pk), token=token or codes.new_token(), text=text, now=now()
    )
    return row(case)


def settle(case, user, flag, *, confirmed, version=None):
    return settle_words(
        incident=case.uuid, version=version or row(case).version, by=Person.of(user), flag=flag,
        confirmed=confirmed, now=now(),
    )  # fmt: skip


def words(case):
    kept = row(case).assessment
    return kept["flags"], kept["suspected"]


def test_sure_words_raise_the_priority_at_once(since):
    case = calm()
    assert case.priority != "P1"
    since()
    case = say(case, SURE)

    assert (case.priority, case.danger, case.unread) == ("P1", True, True)
    assert words(case) == (["idees_noires"], [])
    assert [kind for kind, _ in since()] == ["incident.assessed", "message.received"]


def test_unsure_words_wait_and_raise_nothing():
    before = calm()
    case = say(before, UNSURE)

    assert (case.priority, case.danger) == (before.priority, False)
    assert words(case) == ([], ["mineur"])
    assert queries.keeping(case) == "held"


def test_plain_words_change_nothing():
    case = say(calm(), "Merci, le disque est mort.")

    assert words(case) == ([], [])


def test_the_same_message_again_is_heard_once(alice):
    case, token = calm(), codes.new_token()
    say(case, UNSURE, token)
    settle(case, alice, "mineur", confirmed=False)
    say(case, UNSURE, token)

    assert words(case) == ([], [])


def test_said_with_a_change_of_situation_they_count_too():
    case = calm()
    situation_changed(
        victim=Victim(incident_id=case.pk), token=codes.new_token(), worse=True,
        text=f"C'est pire.\n{SURE}", answers={}, now=now(),
    )  # fmt: skip

    assert (row(case).priority, words(case)) == ("P1", (["idees_noires"], []))


def test_a_priority_that_an_analyst_set_is_only_suggested(alice):
    case = follow("take", calm(), alice)
    case = follow("qualify", case, alice, category=case.category, priority="P3", reason="Vu.")
    case = say(case, SURE)

    assert (case.priority, case.danger, case.unread) == ("P3", True, True)
    assert case.assessment["suggested"]["priority"] == "P1"
    settle_suggestion(
        incident=case.uuid, version=case.version, by=Person.of(alice), follow=True, now=now()
    )
    assert row(case).priority == "P1"


def test_confirmed_they_count(alice, since):
    case = say(calm(), UNSURE)
    since()
    case = settle(case, alice, "mineur", confirmed=True)

    assert (case.priority, case.danger) == ("P1", True)
    assert words(case) == (["mineur"], [])
    assert not queries.takes_files(case)
    [settled, assessed] = since()
    assert settled == ("words.settled", {"flag": "mineur", "confirmed": True})
    assert assessed[0] == "incident.assessed"


def test_cleared_they_are_gone(alice):
    before = calm()
    say(before, UNSURE)
    case = settle(before, alice, "mineur", confirmed=False)

    assert (case.priority, case.danger) == (before.priority, False)
    assert words(case) == ([], [])


def test_sure_words_may_be_cleared_after_a_call(alice):
    before = calm()
    say(before, SURE)
    case = settle(before, alice, "idees_noires", confirmed=False)

    assert (case.priority, case.danger) == (before.priority, False)


def test_what_was_answered_stays_a_danger_when_words_are_cleared(alice):
    case = file_case(flags=("danger_vie",)).incident
    say(case, SURE)
    case = settle(case, alice, "idees_noires", confirmed=False)

    assert (case.priority, case.danger) == ("P1", True)


def test_sure_words_once_confirmed_are_not_asked_again(alice):
    case = say(calm(), SURE)
    settle(case, alice, "idees_noires", confirmed=True)
    say(case, SURE)

    with pytest.raises(Conflict):
        settle(case, alice, "idees_noires", confirmed=True)


def test_words_said_again_after_they_were_cleared_wait_again(alice):
    case = say(calm(), UNSURE)
    settle(case, alice, "mineur", confirmed=False)
    say(case, UNSURE)

    assert words(case) == ([], ["mineur"])


def test_of_a_duplicate_both_cases_know(alice):
    own, main = calm(), calm()
    follow("merge", own, alice, into=main.uuid)
    say(own, UNSURE)
    say(own, SURE)
    assert words(own) == words(main) == (["idees_noires"], ["mineur"])
    assert row(main).danger
    assert row(main).assessment["suggested"]["priority"] == "P1"

    settle(main, alice, "mineur", confirmed=True)

    assert words(own) == words(main) == (["idees_noires", "mineur"], [])


def test_heard_before_a_merge_they_are_settled_on_the_case_that_is_worked_on(alice):
    own, main = say(calm(), UNSURE), calm()
    follow("merge", own, alice, into=main.uuid)

    settle(main, alice, "mineur", confirmed=True)

    assert words(own) == words(main) == (["mineur"], [])
    assert row(main).priority == "P1"


def test_who_was_second_is_told(alice, bruno):
    case = say(calm(), UNSURE)
    settle(case, alice, "mineur", confirmed=False)

    with pytest.raises(Conflict):
        settle(case, bruno, "mineur", confirmed=True, version=case.version)
    assert words(case) == ([], [])
    assert queries.takes_files(row(case))


@pytest.mark.parametrize("flag", ["danger_vie", "compte_admin", "", "x"])
def test_what_nobody_heard_is_not_settled(alice, flag):
    case = say(calm(), UNSURE)

    with pytest.raises(Conflict):
        settle(case, alice, flag, confirmed=True)


def test_only_the_desk_settles(outsiders, emile):
    case = say(calm(), UNSURE)
    for user in outsiders:
        with pytest.raises(NotFound):
            settle(case, user, "mineur", confirmed=True)
    agree(emile.operators.get(), row(case))
    with pytest.raises(NotAllowed):
        settle(case, emile, "mineur", confirmed=True)
