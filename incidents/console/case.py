"""What the case page shows, read with a fixed number of queries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import DateTimeField, Exists, OuterRef, QuerySet, Subquery, UUIDField
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from csirt.accounts.principals import Person
from csirt.accounts.roles import Role
from csirt.directory.models import Department
from csirt.journal.models import Head
from csirt.kernel import codes
from csirt.kernel.errors import NotFound
from csirt.kernel.tlp import Tlp
from csirt.prepared import Given, prepared
from csirt.reference.bundle import Bundle
from incidents import queries
from incidents.console import chronology, forms, marks, related, timeline
from incidents.console.chronology import Asked
from incidents.console.forms import Returned
from incidents.console.people import around, desk
from incidents.domain import heard
from incidents.domain.lifecycle import State
from incidents.domain.moments import restored
from incidents.domain.observables import ObservableType
from incidents.domain.triage import Assessment, Override, assess
from incidents.domain.zones import OFFERED
from incidents.intake import places
from incidents.models import (
    FollowUp,
    Incident,
    IncomingMail,
    Note,
    ObservableRole,
    Report,
    Review,
)
from incidents.services import casework, text_drafts
from incidents.services.harmless import is_listed
from incidents.services.loading import bundle_of


@dataclass(frozen=True)
class Answered:
    """One question of a report and its answer, in words."""

    label: str
    value: str = ""
    lines: tuple[str, ...] = ()


def page(
    case: Incident, person: Person, language: str, returned: Returned, asked: Asked
) -> dict[str, Any]:
    """Return the page's context; *asked*: which part of the timeline."""
    bundle, drafts = bundle_of(case), text_drafts.of(case, person)
    found = chronology.find(case, person, asked)
    people, names = around(case, timeline.people(found.events))
    names |= timeline.case_names(found.events, person) | timeline.campaign_names(found.events)
    named = [user for user in people if user.named] if case.restricted else people
    tags = marks.tags(case, person)
    assessment = assessed(case, bundle)
    category = bundle.categories.get(case.category)
    english = language == "en"
    observables = marks.observables(case, person)
    others = marks.joined_cases(case, person)
    reports = _reports(person)(case=case.pk)
    asked_where = [code for report in reports for code in places.named(report.answers.get("ou"))]
    towns = places.labels_of(asked_where)
    return {
        "principal": person,
        "case": case,
        "towns": [] if case.commune else list(towns.values()),
        "state_label": gettext(State(case.state).label),
        "state_meaning": gettext(State(case.state).meaning),
        "category": (category.label_en if english else category.label_fr) if category else "",
        "tlp": Tlp(case.tlp),
        "why": [rule.sentence_en if english else rule.sentence_fr for rule in assessment.rules]
        if assessment
        else [],
        **(words(case, person, bundle) if person.works_cases else {}),
        "doors": _doors(assessment, bundle, english=english),
        "reports": [
            {"report": report, "answers": answers(report, bundle, language, towns)}
            for report in reports
        ],
        "talk": queries.talk(person, case),
        "notes": _notes()(case=case.pk),
        "observables": observables,
        "harmless": {one.pk for one in observables if is_listed(one.type, one.value)},
        "related": related.shown(case, person, observables),
        "types": [{"value": t.value, "label": gettext(t.label)} for t in ObservableType],
        "roles": _roles(),
        "lines": chronology.lines(found, names | {str(tag.uuid): tag.name for tag in tags}),
        "older": asked.address(found.after) if found.after else "",
        **chronology.filters(asked, people),
        "zones": OFFERED,
        "tags": [tag for tag in tags if tag.here],
        "known_tags": [tag for tag in tags if not tag.here],
        "watchers": [user for user in named if user.watches],
        "watches": any(user.watches for user in named if user.pk == person.user_id),
        "forms": forms.forms(case, language, returned, drafts) if person.works_cases else [],
        "priority": forms.priority(case, returned, drafts) if person.works_cases else None,
        "people": people,
        "named": named if case.restricted else [],
        "named_ids": {user.pk for user in named} if case.restricted else set(),
        "assignees": [{"value": str(user.uuid), "label": str(user)} for user in named],
        "may_reassign": case.assignee_id in {None, person.user_id} or person.role == Role.LEAD,
        "tlps": [
            {"value": tlp.value, "label": tlp.label}
            for tlp in Tlp
            if tlp > Tlp(case.tlp) or person.role == Role.LEAD
        ],
        "is_lead": person.role == Role.LEAD,
        "duplicates": [one for one in others if one.merged_into_id == case.pk],
        "into": next((one for one in others if one.pk == case.merged_into_id), None),
        "token": codes.new_token(),
        "returned": returned,
        "drafts": drafts,
        "note_begun": drafts["note-text"].text if "note-text" in drafts else "",
        "errors": summary(returned),
        "url": reverse("console-case", args=[case.uuid]),
    }


@prepared
def _reports(person: Person) -> QuerySet[Report]:
    return queries.reports(person).filter(incident=Given("case")).order_by("filed_at")


@prepared
def _notes() -> QuerySet[Note]:
    notes = Note.objects.filter(incident=Given("case"))
    return notes.select_related("author").order_by("-written_at", "-pk")


def _roles() -> dict[str, SafeString]:
    """Return, for each role, the choice of roles where it is the chosen one: drawn once for a table."""
    option = '<option value="{}"{}>{}</option>'
    return {
        chosen: format_html_join(
            "",
            option,
            (
                (one, " selected" if one == chosen else "", said)
                for one, said in ObservableRole.choices
            ),
        )
        for chosen in ObservableRole.values
    }


def _doors(assessment: Assessment | None, bundle: Bundle, *, english: bool) -> list[dict[str, str]]:
    """Return the services that the rules name for such a case, and why."""
    found = []
    for one in assessment.escalations if assessment else ():
        contact = bundle.contacts[one.to]
        name = contact.name_en if english else contact.name_fr
        why = one.sentence_en if english else one.sentence_fr
        found.append(
            {"name": name, "phone": contact.phone or "", "url": contact.url or "", "why": why}
        )
    return found


def tombstone(case: Incident, person: Person, language: str, asked: Asked) -> dict[str, Any]:
    """Return what is left to show of an erased case."""
    category = bundle_of(case).categories.get(case.category)
    said = (category.label_en if language == "en" else category.label_fr) if category else ""
    found = chronology.find(case, person, asked)
    events = found.events
    names = timeline.names(events, person)
    return {
        "principal": person,
        "case": case,
        "state_label": gettext(State(case.state).label),
        "category": said,
        "department": Department.objects.filter(code=case.department_only).first(),
        "mails": case.mails.exists(),
        "lines": chronology.lines(found, names),
        "older": asked.address(found.after) if found.after else "",
        **chronology.filters(asked, desk()),
    }


@dataclass(frozen=True)
class Heard:
    """A flag that distress words gave, and the words; ``counts``: it raised the priority already."""

    flag: str
    label: str
    terms: tuple[str, ...]
    counts: bool


def words(case: Incident, person: Person, bundle: Bundle) -> dict[str, Any]:
    """Return what somebody must confirm or clear, of a case and of all that were merged into it."""
    kept = list(queries.assessments(case).values())
    names = list(dict.fromkeys(name for one in kept for name in heard.to_check(bundle, one)))
    if not names:
        return {}
    texts = [
        *Report.objects.filter(first_incident__in=queries.joined(case)).values_list(
            "text", flat=True
        )
    ]
    texts += [one.text for one in queries.talk(person, case) if one.from_victim]
    held = queries.keeping(case) == queries.Keeping.HELD
    mails = IncomingMail.objects.filter(incident=case, raw__isnull=False)
    return {
        "to_check": [
            Heard(
                name,
                timeline.flag_in_words(name),
                bundle.distress.terms("\n".join(texts), name),
                any(name in one.get("flags", []) for one in kept),
            )
            for name in names
        ],
        "held": held,
        "mail_waits": held and mails.exists(),
    }


def seen(person: Person, case: UUID, at: datetime) -> Any:
    """Return the case for its page, with one query.

    ``epoch`` and ``seq`` are where the journal stood then; ``lately``: this reading is noted already.
    """
    found = _seen(person)(uuid=case, since=at - casework.ONE_READING)
    if not found:
        raise NotFound
    return found[0]


@prepared
def _seen(person: Person) -> QuerySet[Incident]:
    head = Head.objects.filter(pk=1)
    last = FollowUp.objects.filter(incident=OuterRef("pk")).order_by("-pk")
    since = Given("since", DateTimeField())
    cases = queries.whole(person).filter(uuid=Given("uuid", UUIDField()))
    return cases.annotate(
        epoch=Subquery(head.values("epoch")),
        seq=Subquery(head.values("seq")),
        lately=Exists(casework.readings(OuterRef("pk"), person, since)),
        reviewed=Exists(Review.objects.filter(incident=OuterRef("pk"))),
        **{
            f"asked_{what}": Subquery(last.values(column)[:1])
            for what, column in (("days", "days"), ("bad", "bad"), ("answered", "answered_at"))
        },
    )


def cursor(case: Any, person: Person) -> dict[str, str]:
    """Return where the page's socket begins."""
    return {"epoch": str(case.epoch), "seq": str(case.seq)} if person.works_cases else {}


def summary(returned: Returned) -> list[dict[str, str]]:
    """Return the errors of a form that came back, each leading to its field."""
    return [
        {"name": f"{returned.form}-{name}", "text": gettext(text)}
        for name, text in returned.errors.items()
    ]


def assessed(case: Incident, bundle: Bundle) -> Assessment | None:
    """Say again how the priority came about, by the files the case began with."""
    kept = case.assessment
    known = case.organisation.traits if case.organisation else []
    override = None
    if case.priority_reason.strip():
        override = Override(case.priority, case.priority_reason)
    try:
        return assess(
            bundle,
            inputs=kept.get("inputs", {}),
            flags=kept.get("flags", []),
            category=case.category,
            kind=case.victim_kind,
            traits={*kept.get("traits", []), *known},
            asked=kept.get("asked"),
            override=override,
        )
    except ValueError:
        return None


def answers(
    report: Report, bundle: Bundle, language: str, towns: Mapping[str, str]
) -> list[Answered]:
    """Return what was answered on the form, in words, in the order of the form.

    *towns*: how the communes are shown, by INSEE code.
    """
    english = language == "en"
    found = []
    for name, question in bundle.questions.items():
        if name not in report.answers:
            continue
        label = question.en if english else question.fr
        given = report.answers[name]
        options = {o.id: o.label_en if english else o.label_fr for o in question.options}
        options |= towns if question.type == "commune" else {}
        if isinstance(given, list):
            found.append(Answered(label, lines=tuple(options.get(str(v), str(v)) for v in given)))
        elif isinstance(given, Mapping):
            found.append(Answered(label, lines=tuple(str(v) for v in given.values() if v)))
        else:
            found.append(Answered(label, options.get(str(given)) or _typed(str(given))))
    return found


def _typed(given: str) -> str:
    """Return a moment as it would be typed, anything else as it is."""
    moment = restored(given)
    if isinstance(moment, datetime):
        return f"{moment.astimezone(forms.PARIS):%d/%m/%Y %H:%M}"
    return f"{moment:%d/%m/%Y}" if moment else given
