"""What a transition asks for: each refusal names its field and changes nothing."""

from datetime import timedelta

import pytest

from csirt.accounts.principals import Person
from csirt.kernel.clock import now
from csirt.kernel.errors import Invalid, NotAllowed
from csirt.kernel.tlp import Tlp
from incidents.domain.lifecycle import State
from incidents.services.casework import set_tlp
from tests.incidents.conftest import case_in, follow, last_seq, row, stored
from tests.people import file_case

LATER = timedelta(days=2)


@pytest.mark.parametrize(
    "place, edge, field, value",
    [
        ("triage", "qualify", "kind", "autre"),
        ("triage", "qualify", "category", "pas-une-categorie"),
        ("triage", "qualify", "priority", "P0"),
        ("triage", "qualify", "tlp", "white"),
        ("triage", "qualify", "reason", "x" * 20_001),
        ("active", "wait", "waiting_on", "godot"),
        ("active", "wait", "reason", "  \n"),
        ("active", "wait", "reason", "\x00"),
        ("active", "wait", "until", timedelta(seconds=-1)),
        ("active", "wait", "until", timedelta(0)),
        ("active", "wait", "until", timedelta(days=181)),
        ("active", "resolve", "reason", ""),
        ("review", "close", "closing_words", " "),
        ("closed", "reopen", "reason", ""),
        ("closed", "reopen", "reason", "x" * 20_001),
        ("new", "redirect", "redirected_to", "chez-mon-cousin"),
        ("new", "redirect", "consent", False),
        ("new", "redirect", "reason", ""),
        ("new", "reject", "reason", ""),
    ],
)
def test_what_is_missing_or_wrong_is_named(place, edge, field, value, alice):
    case = case_in(place, alice)
    before, mark = stored(case), last_seq()
    value = now() + value if isinstance(value, timedelta) else value

    with pytest.raises(Invalid) as refused:
        follow(edge, case, alice, **{field: value})

    assert list(refused.value.fields) == [field]
    assert stored(case) == before
    assert last_seq() == mark


def test_another_priority_than_the_computed_one_needs_a_written_reason(alice):
    case = case_in("triage", alice)
    other = "P4" if case.priority != "P4" else "P1"

    for reason in ("", "  ", "\x00\x00"):
        with pytest.raises(Invalid) as refused:
            follow("qualify", case, alice, priority=other, reason=reason)
        assert list(refused.value.fields) == ["reason"]

    follow("qualify", case, alice, priority=other, reason="Vu avec le maire.\x00")
    assert row(case).priority_reason == "Vu avec le maire."


def test_the_computed_priority_needs_no_reason(alice, since):
    case = case_in("triage", alice)
    since()

    follow("qualify", case, alice, priority=case.priority, reason="")

    ((_kind, data),) = since()
    assert data["overridden"] is False


def test_the_first_qualification_may_choose_any_tlp(alice, since):
    case = case_in("triage", alice)
    since()

    assert follow("qualify", case, alice, tlp="clear").tlp == "clear"
    assert [kind for kind, _ in since()] == ["incident.qualified"]


def test_a_higher_tlp_is_told_apart_since_what_was_shared_is_withdrawn(alice, since):
    case = case_in("triage", alice)
    since()

    follow("qualify", case, alice, tlp="red")

    assert [kind for kind, _ in since()] == ["incident.qualified", "incident.tlp_raised"]


def test_a_tlp_that_somebody_chose_is_lowered_by_a_lead_only(alice, bruno, since):
    case = case_in("triage", alice)
    set_tlp(incident=case.uuid, version=case.version, by=Person.of(alice), tlp=Tlp.RED, now=now())
    before = stored(case)
    since()

    with pytest.raises(NotAllowed):
        follow("qualify", case, alice, tlp="green")
    assert stored(case) == before

    follow("qualify", case, bruno, tlp="green")
    assert [kind for kind, _ in since()] == ["incident.qualified", "incident.tlp_lowered"]


def test_redirecting_keeps_who_answers_now_and_why(alice):
    case = follow("redirect", file_case().incident, alice)

    assert (case.redirected_to, case.reason) == ("17cyber", "Un particulier.")


def test_reopening_forgets_the_end(alice):
    case = follow("reopen", case_in("closed", alice), alice)

    assert (case.closed_at, case.resolved_at) == (None, None)
    assert case.state == State.ACTIVE


def test_waiting_keeps_whom_for_and_until_when_and_resuming_forgets_it(alice):
    until = now() + LATER
    case = follow("wait", case_in("active", alice), alice, until=until)
    assert (case.waiting_on, case.waiting_until) == ("victim", until)

    case = follow("resume", case, alice)
    assert (case.waiting_on, case.waiting_until) == ("", None)


def test_closing_keeps_the_words_for_the_victim(alice):
    case = follow("close", case_in("review", alice), alice, closing_words=" Bravo.\r\nÀ bientôt. ")

    assert row(case).closing_words == "Bravo.\nÀ bientôt."
