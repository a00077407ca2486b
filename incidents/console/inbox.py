"""The triage inbox: one new report at a time, what is suggested for it, and one key for each answer."""

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from csirt.accounts.principals import Person
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, DeskError, NotFound
from csirt.kernel.text import clean_line
from csirt.kernel.tlp import Tlp
from csirt.reference.bundle import Bundle
from csirt.web import errors
from incidents import queries
from incidents.console import case as pages
from incidents.console import forms, related
from incidents.console.access import for_desk
from incidents.console.acts import LONGEST_REFERENCE, offer_undo
from incidents.console.verbs import before_lowering, version_of
from incidents.domain.lifecycle import State
from incidents.intake import places
from incidents.live import rows
from incidents.models import Incident, Kind, Priority
from incidents.services import casework, suggesting, undoing
from incidents.services.loading import bundle_of
from incidents.services.suggesting import Suggestion

OTHER = "autre"  # none of the suggested categories
COUNTED = 1000  # beyond, the page says "1000+"
GROUNDS = {
    suggesting.ANSWERS: _("ses réponses au formulaire"),
    suggesting.RULES: _("les règles de triage"),
    suggesting.DOMAIN: _("son nom de domaine"),
    suggesting.TOWN_HALL: _("la mairie de sa commune"),
}


@require_safe
@for_desk
def first(request: HttpRequest, person: Person) -> HttpResponse:
    """Lead to the first report that waits, or say that none does."""
    found = waiting(person).values_list("uuid", flat=True).first()
    if found is not None:
        return redirect("console-triage", case=found)
    later = queries.visible_to(person).filter(state=State.NEW, snoozed_until__gt=now())
    context = {"principal": person, "later": later.count()}
    return render(request, "console/inbox_empty.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_desk
def triage(request: HttpRequest, person: Person, case: UUID) -> HttpResponse:
    """Show one new report with its suggestions; settle them (POST) and go on to the next."""
    queries.get(person, case)
    if request.method != "POST":
        return _page(request, person, case, forms.Returned())
    at = now()
    values = {name: request.POST.get(f"accept-{name}", "") for name in FIELDS}
    if values["category"] == OTHER:
        values["category"] = request.POST.get("accept-other", "")
    before_lowering(request, person, case, values["tlp"], first=True)
    try:
        undoing.undoably(
            lambda: suggesting.settle(
                incident=case, version=version_of(request), by=person, now=at, **values
            ),
            act="accept", incident=case, by=person, now=at,
        )  # fmt: skip
    except NotFound:
        raise
    except DeskError as error:
        if error.status >= 500:
            raise
        wrong = getattr(error, "fields", {})
        returned = forms.Returned("accept", request.POST.dict(), wrong)
        more = {"refusal": errors.said(error), "conflict": isinstance(error, Conflict)}
        return _page(request, person, case, returned, status=error.status, **more)
    offer_undo(request, case, gettext("Pris et qualifié"))
    return redirect("console-inbox")


FIELDS = ("kind", "category", "priority", "tlp", "reason", "organisation")


def waiting(person: Person) -> QuerySet[Incident]:
    """Return the new reports that nobody has taken and that are not put off, in the queue's order."""
    here = Q(snoozed_until=None) | Q(snoozed_until__lte=now())
    cases = queries.visible_to(person).filter(here, state=State.NEW, apart__in=[False])
    return cases.order_by(*rows.ORDER)


def _page(
    request: HttpRequest,
    person: Person,
    uuid: UUID,
    returned: forms.Returned,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    case = queries.get(person, uuid)
    if case.state != State.NEW and status == 200:
        return redirect("console-case", case=uuid)  # somebody was faster
    if status == 200:
        casework.opened(case=case, by=person, now=now())
    language = "en" if (get_language() or "fr").startswith("en") else "fr"
    bundle = bundle_of(case)
    order = list(waiting(person).values_list("uuid", flat=True)[: COUNTED + 1])
    at = order.index(uuid) if uuid in order else -1
    assessment = pages.assessed(case, bundle)
    english = language == "en"
    near = related.shown(case, person, list(case.observables.order_by("type", "value")))
    duplicate_of = clean_line(request.GET.get("doublon", ""))[:LONGEST_REFERENCE]
    nearest = next((one.case.reference for one in near.cases if one.target), "")
    joined = forms.Returned("merge", {"merge-into": duplicate_of or nearest})
    context = {
        "principal": person,
        "case": case,
        "category": _label(bundle, case.category, language),
        "reports": _reports(case, person, bundle, language),
        "suggested": _suggested(case, bundle, language, returned),
        "why": [rule.sentence_en if english else rule.sentence_fr for rule in assessment.rules]
        if assessment
        else [],
        "forms": {form.name: form for form in forms.forms(case, language, joined)},
        "related": near,
        "unfolded": "merge" if duplicate_of else "",
        "others": ["merge", "redirect", "reject"],
        "returned": returned,
        "errors": pages.summary(returned),
        "count": f"{COUNTED}+" if len(order) > COUNTED else len(order),
        "position": at + 1,
        "previous": reverse("console-triage", args=[order[at - 1]]) if at > 0 else "",
        "next": reverse("console-triage", args=[order[at + 1]]) if at + 1 < len(order) else "",
        **more,
    }
    return render(request, "console/inbox.html", context, status=status)


def _reports(
    case: Incident, person: Person, bundle: Bundle, language: str
) -> list[dict[str, object]]:
    found = list(queries.reports(person).filter(incident=case).order_by("filed_at"))
    asked = [code for report in found for code in places.named(report.answers.get("ou"))]
    towns = places.labels_of(asked)
    return [
        {"report": report, "answers": pages.answers(report, bundle, language, towns)}
        for report in found
    ]


def _suggested(
    case: Incident, bundle: Bundle, language: str, returned: forms.Returned
) -> dict[str, Any]:
    """Return each field with its choices: what is suggested first, each with its grounds."""
    report = case.reports.order_by("filed_at", "pk").first()
    categories = suggesting.categories(case, report, bundle)
    whose = suggesting.organisation(case, report)
    names = [one.value for one in categories]
    others = [o for o in forms.options("category", language) if o["value"] not in names]
    return {
        "categories": [
            {
                "value": one.value,
                "label": _label(bundle, one.value, language),
                "hint": _grounds(one),
            }
            for one in categories
        ]
        + [{"value": OTHER, "label": gettext("Une autre")}],
        "others": others,
        "other": returned.value("accept", "other"),
        "category": returned.value("accept", "category", names[0] if names else ""),
        "priorities": [{"value": value, "label": label} for value, label in Priority.choices],
        "priority": returned.value("accept", "priority", case.priority),
        "tlps": [{"value": tlp.value, "label": tlp.label} for tlp in Tlp],
        "tlp": returned.value("accept", "tlp", case.tlp),
        "kinds": [{"value": value, "label": label} for value, label in Kind.choices],
        "kind": returned.value("accept", "kind", Kind.INCIDENT),
        "organisation": {
            "value": whose.value,
            "label": whose.label,
            "hint": _grounds(whose),
            "checked": returned.value("accept", "organisation", whose.value) == whose.value,
        }
        if whose
        else None,
    }


def _grounds(one: Suggestion) -> str:
    """Say why something is suggested: the reasons, and the words that matched."""
    said = [str(GROUNDS[ground]) for ground in one.grounds if ground in GROUNDS]
    said += [f"« {term} »" for term in one.terms]
    return gettext("D'après %s") % ", ".join(said) if said else ""


def _label(bundle: Bundle, category: str, language: str) -> str:
    found = bundle.categories.get(category)
    if found is None:
        return category
    return found.label_en if language == "en" else found.label_fr
