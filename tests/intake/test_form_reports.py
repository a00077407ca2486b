"""Each given report that came by the form, filed as its author would file it."""

import re

from csirt.directory import reference
from incidents.domain.questions import fill
from incidents.domain.triage import assess
from incidents.models import Draft, Incident, Report
from tests.intake.conftest import of_report


def at_sending(report, bundle):
    """Return what the desk must find: what is asked after sending is not known yet."""
    before = {q.id for q in bundle.intake.questions if q.stage == "before"}
    answers = {"kind": report["victim_kind"], **report["answers"]}
    now = {name: answer for name, answer in answers.items() if name in before}
    filled = fill(bundle, now, now=None, text=report["text_fr"], stages=("before",))
    return filled, assess(
        bundle,
        inputs=filled.inputs,
        flags=filled.flags,
        category=filled.category,
        kind=filled.kind,
        traits=filled.traits,
        asked=filled.asked,
    )


def test_it_is_filed_with_the_expected_priority_score_and_place(visitor, form_report, bundle):
    expected, only = form_report["expected"], form_report.get("expected_form", {})

    response = visitor.send(visitor.fill(of_report(form_report)))

    assert response.status_code == 200
    case = Incident.objects.get()
    _, alone = at_sending(form_report, bundle)
    assert case.priority == only.get("priority", expected["priority"])
    assert case.assessment["score"] == alone.score
    assert case.assessment["rules"] == only.get("rules", expected["rules"])
    if not form_report["answers"].keys() & {"copie", "date_paiement"}:  # asked after sending
        assert case.assessment["score"] == only.get("score", expected["score"])
    assert case.category == expected["category"]
    assert case.commune_id == form_report["place"]["insee"]
    assert case.organisation_name == (form_report["organisation"] or "")
    assert case.victim_kind == form_report["victim_kind"]


def test_it_takes_twelve_pages_at_most(visitor, form_report):
    visitor.fill(of_report(form_report))

    assert len(visitor.seen) + 1 <= 12


def test_the_reference_and_the_code_are_shown_and_the_draft_is_gone(visitor, form_report):
    html = visitor.send(visitor.fill(of_report(form_report))).content.decode()

    assert Incident.objects.get().reference in html
    assert re.search(r"\b([0-9A-Z]{4}-){5}[0-9A-Z]{4}\b", html)
    assert Draft.objects.count() == 0


def test_words_and_contact_are_kept_once_in_their_own_columns(visitor, form_report):
    visitor.send(visitor.fill(of_report(form_report)))

    report = Report.objects.get()
    assert report.text.split() == form_report["text_fr"].split()
    assert report.contact_phone.endswith(form_report["contact"]["phone"].replace(" ", "")[1:])
    assert report.answers.keys().isdisjoint({"recit", "contact"})


def test_the_case_keeps_the_reference_files_it_began_with(visitor, form_report):
    visitor.send(visitor.fill(of_report(form_report)))

    assert Incident.objects.get().reference_version_id == reference.current().sha256
