"""Another priority from the case's own page: with its reason, by forms alone, taken back."""

import pytest

from csirt.accounts.principals import Person
from csirt.kernel.clock import now
from incidents.models import TextDraft
from incidents.services import prioritising, text_drafts, transitions
from tests.console.case import address, fresh, post, qualified, text
from tests.people import agree, client_of

FORM = 'action="/console/dossiers/%s/faire/priorite"'


def give(user, case, priority="P3", reason="Le maire est joint.", **more):
    fields = {"priorite-priority": priority, "priorite-reason": reason}
    return post(user, case, "faire", "priorite", **fields, **more)


def shown(user, case):
    return client_of(user).get(address(case)).text


def is_chosen(html, priority):
    return f'name="priorite-priority" value="{priority}" checked' in html


def test_the_form_stands_beside_the_reasons_with_the_present_one_chosen(alice, denise):
    html = shown(alice, denise.incident)

    why = html[html.index('id="why-title"') :].partition("</section>")[0]
    assert FORM % denise.incident.uuid in why
    assert is_chosen(why, denise.incident.priority)
    assert "Changer la priorité" in why


def test_who_only_looks_has_none(emile, eve, denise):
    agree(emile.operators.get(), denise.incident)

    assert FORM % denise.incident.uuid not in shown(emile, denise.incident)
    assert give(emile, denise.incident).status_code == 403
    assert give(eve, denise.incident).status_code == 404
    assert fresh(denise.incident).priority == denise.incident.priority


def test_a_case_that_has_ended_has_none(alice, denise):
    case = transitions.reject(
        incident=denise.incident.uuid, version=1, by=Person.of(alice), reason="Non.", now=now()
    )

    assert FORM % case.uuid not in shown(alice, case)
    refused = give(alice, case)
    assert refused.status_code == 409
    assert "Le maire est joint." in text(refused)


def test_it_is_given_with_its_reason_and_taken_back_whole(alice, denise):
    case = qualified(denise.incident, Person.of(alice))
    answer = give(alice, case)

    assert (fresh(case).priority, fresh(case).priority_reason) == ("P3", "Le maire est joint.")
    assert [note.text for note in case.notes.all()] == ["Le maire est joint."]
    assert "Annuler" in text(answer)
    assert is_chosen(answer.text, "P3")
    assert "Annulé." in text(post(alice, case, "annuler"))
    assert (fresh(case).priority, fresh(case).priority_reason) == (case.priority, "")
    assert not case.notes.exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"priority": ""}, "priority"),
        ({"priority": "P9"}, "priority"),
        ({"priority": "P1"}, "priority"),  # as it is: what was typed would be lost
    ],
)
def test_what_is_wrong_comes_back_open_with_what_was_typed(wrong, field, alice, denise):
    assert denise.incident.priority == "P1"
    answer = give(alice, denise.incident, **wrong)

    assert answer.status_code == 400
    assert f'href="#f-priorite-{field}"' in answer.text
    assert '<details class="act no-print" open><summary>Changer la priorité' in answer.text
    if "reason" not in wrong:
        assert "Le maire est joint.</textarea>" in answer.text
    if "priority" not in wrong:
        assert is_chosen(answer.text, "P3")
    assert fresh(denise.incident).version == denise.incident.version


def test_a_colleague_who_was_first_costs_no_text(alice, bruno, denise):
    seen = fresh(denise.incident).version
    prioritising.prioritise(
        incident=denise.incident.uuid, version=seen, by=Person.of(bruno), priority="P2",
        reason="Une école.", now=now(),
    )  # fmt: skip
    answer = give(alice, denise.incident, version=seen)

    assert answer.status_code == 409
    assert text(answer).count("Le maire est joint.") == 2  # in the notice, and in the form
    assert fresh(denise.incident).priority == "P2"


def test_a_reason_begun_waits_as_a_draft_until_it_is_sent(alice, denise):
    text_drafts.keep(
        incident=denise.incident.uuid, by=Person.of(alice), field="priorite-reason",
        text="Le maire", now=now(),
    )  # fmt: skip
    html = shown(alice, denise.incident)
    assert '<details class="act no-print" open><summary>Changer la priorité' in html
    assert "Le maire</textarea>" in html

    give(alice, denise.incident)
    assert not TextDraft.objects.exists()
