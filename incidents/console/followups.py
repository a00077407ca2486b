"""The victim's side on the case page: later answers, agreements, codes, erasure; as a panel."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import (
    BooleanField,
    CharField,
    DateTimeField,
    F,
    QuerySet,
    TextField,
    Value,
)
from django.db.models.functions import Cast, Concat
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import get_language

from csirt.accounts.principals import Person, Principal
from csirt.accounts.roles import Role
from csirt.prepared import Given, prepared
from csirt.reference.bundle import Bundle
from csirt.web import panels
from incidents import queries
from incidents.domain.lifecycle import TERMINAL
from incidents.models import (
    About,
    AccessCode,
    CallBack,
    Consent,
    ErasureRequest,
    Incident,
    LaterAnswer,
)
from incidents.services.erasing import WAITS
from incidents.services.loading import bundle_of


@dataclass(frozen=True)
class Row:
    """One code, consent, request, call or answer; ``word`` names it, ``until`` is when it ended."""

    what: str
    word: str
    flag: bool | None
    at: datetime
    until: datetime | None
    by: str
    given: str = ""  # an answer, as JSON; the case of a request

    @property
    def due(self) -> datetime | None:
        """When an accepted request for erasure is carried out."""
        return self.until + WAITS if self.flag and self.until else None

    @property
    def case(self) -> UUID:
        """The case that a request for erasure is about: this one, or a duplicate."""
        return UUID(self.given)

    @property
    def label(self) -> str:
        """What a consent is about, in words."""
        return str(About(self.word).label)


def register() -> None:
    """Fill the slot of the case page; called when the app is ready."""
    panels.register("console.case", "suivi", "Côté victime", draw, order=20)


def draw(request: HttpRequest, case: Incident, principal: Principal) -> str:
    """Draw what the victim said and decided on their page, with one query."""
    bundle, english = bundle_of(case), (get_language() or "fr").startswith("en")
    if not isinstance(principal, Person):
        return ""
    keys = queries.joined_for(principal, case)
    rows = [Row(*row) for row in _rows(len(keys))(case=case.pk, cases=keys)]
    suggested = case.assessment.get("suggested")
    if suggested and suggested["priority"] == case.priority:  # an analyst gave it meanwhile
        suggested = None
    context = {
        "case": case,
        "works": principal.works_cases,
        "leads": principal.role == Role.LEAD,
        "ended": case.state in TERMINAL,
        "suggested": suggested,
        "why": _why(bundle, suggested, english=english) if suggested else [],
        "answers": [
            (row, *_in_words(bundle, row, english=english))
            for row in reversed(rows)
            if row.what == "answer"
        ],
        "consents": [row for row in rows if row.what == "consent"],
        "codes": [row for row in rows if row.what == "code"],
        "calls": [row for row in rows if row.what == "call"],
        "requests": [row for row in rows if row.what == "erasure"],
    }
    return render_to_string("console/followup.html", context, request)


@prepared
def _rows(count: int) -> QuerySet[Any, Any]:
    """Read everything at once, of the case and those it holds: the page has few queries to spend."""
    case, keys = Given("case"), Given("cases", count=count)
    never = Value(None, output_field=DateTimeField())
    yes = Value(True, output_field=BooleanField())  # noqa: FBT003 - an SQL value
    who = Concat(F("name"), Value(", "), F("number"), output_field=CharField())
    codes = AccessCode.objects.filter(incident=case).annotate(
        what=_text("code"), word=_text(F("name")), flag=yes, at=F("issued_at"),
        until=F("revoked_at"), said_by=_text(""),
    )  # fmt: skip
    consents = Consent.objects.filter(incident__in=keys).annotate(
        what=_text("consent"), word=_text(F("about")), flag=F("given"), at=F("changed_at"),
        until=never, said_by=_text(F("text_version")),
    )  # fmt: skip
    requests = ErasureRequest.objects.filter(incident__in=keys).annotate(
        what=_text("erasure"), word=_text(F("answer")), flag=F("accepted"), at=F("asked_at"),
        until=F("answered_at"), said_by=_text(""),
    )  # fmt: skip
    calls = CallBack.objects.filter(incident=case).annotate(
        what=_text("call"), word=_text(who), flag=yes, at=F("called_at"), until=never,
        said_by=_text(F("by__name")),
    )  # fmt: skip
    later = LaterAnswer.objects.filter(incident__in=keys).annotate(
        what=_text("answer"), word=_text(F("question")), flag=yes, at=F("given_at"), until=never,
        said_by=_text(F("name")),
    )  # fmt: skip
    names = ("what", "word", "flag", "at", "until", "said_by")
    every: list[QuerySet[Any, Any]] = [
        rows.annotate(given_=_text("")).values_list(*names, "given_")
        for rows in (codes, consents, calls)
    ]
    about = requests.annotate(given_=_text(F("incident__uuid")))
    every.append(about.values_list(*names, "given_"))
    every.append(later.annotate(given_=_text(F("answer"))).values_list(*names, "given_"))
    return every[0].union(*every[1:], all=True).order_by("at")


def _text(value: Any) -> Cast:
    return Cast(Value(value) if isinstance(value, str) else value, TextField())


def _in_words(bundle: Bundle, row: Row, *, english: bool) -> tuple[str, str]:
    answer, question = json.loads(row.given), bundle.questions.get(row.word)
    if question is None:
        return row.word, str(answer)
    options = {o.id: o.label_en if english else o.label_fr for o in question.options}
    given = answer if isinstance(answer, list) else [answer]
    said = ", ".join(options.get(str(value), str(value)) for value in given)
    return question.en if english else question.fr, said


def _why(bundle: Bundle, suggested: Mapping[str, Any], *, english: bool) -> list[str]:
    """Say the rules behind a suggestion."""
    triage = bundle.triage
    every: tuple[Any, ...] = (*triage.floors, *triage.caps, *triage.raises)
    rules = {rule.id: rule for rule in every}
    found = [rules[name] for name in suggested.get("rules", []) if name in rules]
    return [rule.en if english else rule.fr for rule in found]
