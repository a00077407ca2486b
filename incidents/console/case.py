"""What the case page shows, read with a fixed number of queries."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext

from csirt.accounts.principals import Person
from csirt.accounts.roles import Role
from csirt.directory.models import Department
from csirt.journal.models import Event, Head
from csirt.kernel import codes
from csirt.kernel.tlp import Tlp
from csirt.reference.bundle import Bundle
from incidents import kinds, queries
from incidents.console import forms, related, timeline
from incidents.console.forms import Returned
from incidents.console.people import desk_and
from incidents.domain import heard
from incidents.domain.lifecycle import State
from incidents.domain.observables import ObservableType
from incidents.domain.triage import Assessment, Override, assess
from incidents.intake import places
from incidents.models import Incident, IncidentAccess, IncomingMail, ObservableRole, Report
from incidents.services.loading import bundle_of


@dataclass(frozen=True)
class Answered:
    """One question of a report and its answer, in words."""

    label: str
    value: str = ""
    lines: tuple[str, ...] = ()


def page(
    case: Incident, person: Person, language: str, returned: Returned, *, whole: bool
) -> dict[str, Any]:
    """Return the page's context. *whole*: the timeline in full, readings included."""
    bundle = bundle_of(case)
    events = history(case, person, whole=whole)
    people, names = desk_and(timeline.people(events))
    access = IncidentAccess.objects.filter(incident=case).values_list("user", flat=True)
    named = set(access) if case.restricted else set()
    assessment = assessed(case, bundle)
    category = bundle.categories.get(case.category)
    english = language == "en"
    observables = list(case.observables.order_by("type", "value"))
    reports = list(queries.reports(person).filter(incident=case).order_by("filed_at"))
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
        "notes": list(case.notes.select_related("author").order_by("-written_at", "-pk")),
        "observables": observables,
        "related": related.shown(case, person, observables),
        "types": [{"value": t.value, "label": gettext(t.label)} for t in ObservableType],
        "roles": ObservableRole.choices,
        "lines": timeline.lines(events, names),
        "more": not whole,
        "forms": forms.forms(case, language, returned) if person.works_cases else [],
        "people": people,
        "named": [user for user in people if user.pk in named],
        "named_ids": named,
        "assignees": [
            {"value": str(user.uuid), "label": str(user)}
            for user in people
            if not case.restricted or user.pk in named
        ],
        "may_reassign": case.assignee_id in {None, person.user_id} or person.role == Role.LEAD,
        "tlps": [
            {"value": tlp.value, "label": tlp.label}
            for tlp in Tlp
            if tlp > Tlp(case.tlp) or person.role == Role.LEAD
        ],
        "is_lead": person.role == Role.LEAD,
        "duplicates": list(queries.visible_to(person).filter(merged_into=case).order_by("pk")),
        "into": queries.visible_to(person).filter(pk=case.merged_into_id).first()
        if case.merged_into_id
        else None,
        "token": codes.new_token(),
        "returned": returned,
        "errors": summary(returned),
        "url": reverse("console-case", args=[case.uuid]),
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


def history(case: Incident, person: Person, *, whole: bool) -> list[Event]:
    """Return the events to show, newest first; *whole*: all of them, readings included."""
    events = queries.timeline(person, case).order_by("-seq")
    if not whole:
        events = events.exclude(kind__in=timeline.QUIET - {kinds.MESSAGES_READ.name})
        events = events[: timeline.SHOWN]
    return list(events)


def tombstone(case: Incident, person: Person, language: str, *, whole: bool) -> dict[str, Any]:
    """Return what is left to show of an erased case."""
    category = bundle_of(case).categories.get(case.category)
    said = (category.label_en if language == "en" else category.label_fr) if category else ""
    return {
        "principal": person,
        "case": case,
        "state_label": gettext(State(case.state).label),
        "category": said,
        "department": Department.objects.filter(code=case.department_only).first(),
        "mails": case.mails.exists(),
        "lines": timeline.lines(history(case, person, whole=whole)),
        "more": not whole,
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


def cursor(person: Person) -> dict[str, str]:
    """Return where the journal stands, for the page's socket; read it before the case."""
    if not person.works_cases:
        return {}
    epoch, seq = Head.objects.values_list("epoch", "seq").get(pk=1)
    return {"epoch": str(epoch), "seq": str(seq)}


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
            found.append(Answered(label, options.get(str(given), str(given))))
    return found
