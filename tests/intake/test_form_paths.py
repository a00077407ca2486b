"""Every branch of the form can be walked to its end, by every kind of victim, in twelve pages."""

import itertools
import re

import pytest

from csirt.reference.bundle import shipped
from incidents.models import Incident, Report
from tests.intake.conftest import typed
from tests.intake.test_form_pages import text_of

BUNDLE = shipped()
KINDS = itertools.cycle(kind.id for kind in BUNDLE.intake.victim_kinds)
WHAT = [option.id for option in BUNDLE.questions["quoi"].options]
FOR_WHOM = itertools.cycle(option.id for option in BUNDLE.questions["autrui"].options)
ONLY_BODIES = {"site", "lent"}


def branches():
    """Each thing that may happen, told by one kind of victim after the other."""
    for what in WHAT:
        kind = next(KINDS)
        if kind == "particulier" and what in ONLY_BODIES:
            kind = next(KINDS)
        yield what, kind, next(FOR_WHOM)


def last_answers(question, kind):
    """Return the last answer that this question offers: mostly « Je ne sais pas »."""
    options = question.options_for(kind)
    last = options[-1].id if options else ""
    return [last] if question.type == "multi" else last


@pytest.mark.parametrize("what, kind, for_whom", list(branches()))
def test_a_branch_is_walked_to_its_end(visitor, what, kind, for_whom):
    answers = {
        question.id: last_answers(question, kind)
        for question in BUNDLE.intake.questions
        if question.stage == "before" and question.options
    }
    answers |= {"kind": kind, "quoi": what, "autrui": for_whom}

    checked = visitor.fill(typed(answers))
    sent = visitor.send(checked)

    assert len(visitor.seen) + 1 <= BUNDLE.intake.max_pages_before_sending
    case = Incident.objects.get()
    assert case.reference in text_of(sent)
    assert (case.victim_kind, Report.objects.get().answers["quoi"]) == (kind, what)
    assert case.category in BUNDLE.categories
    assert "À faire tout de suite" in text_of(sent)


def test_je_ne_sais_pas_is_offered_wherever_a_fact_is_asked():
    """Who one is, and for whom, one knows; everything else may be unknown or left out."""
    for question in BUNDLE.intake.questions:
        if question.stage != "before" or question.id in {"kind", "autrui", "contact"}:
            continue
        known = question.optional or question.option("nsp") or question.option("autre")
        assert known, question.id


def test_no_page_asks_for_an_account_or_marks_with_an_asterisk(visitor):
    answers = {"danger": "non", "kind": "particulier", "autrui": "moi", "quoi": "autre"}
    answers |= {"quand": "nsp", "continue": "nsp", "argent_parti": "nsp"}
    visitor.fill(typed(answers))

    for path, html in visitor.html.items():
        assert not re.search(r'type="password"', html), path
        assert "*" not in re.sub(r"<[^>]+>", "", html), path
