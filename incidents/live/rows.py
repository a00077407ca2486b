"""The row of a case, as the queue shows it, and the digest by which a console knows it is right.

There is one projection for everybody who works cases. Words of the reference files stand in it in
both languages, since one encoding serves every screen; states and kinds are named by their
identifier.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import (
    Aggregate,
    CharField,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce, NullIf

from csirt.directory import reference
from csirt.directory.models import Organisation
from csirt.kernel.clock import stamp
from csirt.reference.bundle import Bundle
from incidents.domain.heard import to_check
from incidents.models import Clock, Incident, Tagging

Row = dict[str, Any]

LIMIT = 2000  # live cases beyond which a console gets no digest
# Of the queue: what needs somebody first, then the most urgent, then the oldest.
ORDER = ("attention", "priority", "opened_at", "pk")
_SAID = 2  # rules named in a row
_FIELDS = (
    "pk",
    "uuid",
    "reference",
    "version",
    "state",
    "title",
    "kind",
    "victim_kind",
    "category",
    "priority",
    "priority_reason",
    "tlp",
    "assessment",
    "reference_version",
    "restricted",
    "danger",
    "apart",
    "unread",
    "attention",
    "progress",
    "next_due",
    "commune_id",
    "organisation__uuid",
    "organisation__commune",
    "opened_at",
    "changed_at",
    "waiting_on",
    "waiting_until",
    "assignee__uuid",
    "assignee__name",
    "campaign__uuid",
)
_NAMES = ("who", "town", "department", "duty")


def mark(case: UUID | str, version: int) -> int:
    """Return ``k``: the first 64 bits of SHA-256 of ``id|version``."""
    return int.from_bytes(hashlib.sha256(f"{case}|{version}".encode()).digest()[:8], "big")


def written(number: int) -> str:
    """Return ``k`` or a digest as it is sent: 16 hexadecimal digits."""
    return f"{number:016x}"


def digest(marks: Iterable[int]) -> int:
    """Return the XOR of *marks*: the same set gives the same digest in any order."""
    total = 0
    for number in marks:
        total ^= number
    return total


def fetch(cases: QuerySet[Incident]) -> dict[int, Row]:
    """Return the rows of *cases* by primary key, in their order, with one query."""
    borne = Tagging.objects.filter(incident=OuterRef("pk")).order_by().values("incident")
    tagged = with_names(cases).annotate(tagged=Subquery(borne.values(said=Joined("tag__name"))))
    found = tagged.values(*_FIELDS, *_NAMES, "tagged")
    return {values["pk"]: row_of(values) for values in found}


class Joined(Aggregate):
    """The values of a group, with a space between them."""

    function = "STRING_AGG"
    template = "%(function)s(%(expressions)s, ' ')"
    output_field = CharField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, function="GROUP_CONCAT", **extra)


def with_names(cases: QuerySet[Incident]) -> QuerySet[Incident]:
    """Add ``who`` (organisation or commune), ``town``, ``department`` (code), ``duty`` to *cases*.

    ``duty`` is that of the clock that ends first.
    """
    clocks = Clock.objects.filter(
        incident=OuterRef("pk"), law=True, running=True, ends_at=OuterRef("next_due")
    )
    return cases.annotate(
        who=Coalesce(
            F("organisation__name"),
            NullIf(F("organisation_name"), Value("")),
            F("commune__name"),
            Value(""),
            output_field=CharField(),
        ),
        town=Coalesce(
            F("commune__name"),
            F("organisation__commune__name"),
            Value(""),
            output_field=CharField(),
        ),
        duty=Subquery(clocks.values("duty")[:1]),
        department=Coalesce(
            F("commune__department_id"),
            NullIf(F("department_only"), Value("")),
            F("organisation__commune__department_id"),
            Value(""),
        ),
    )


def in_department(cases: QuerySet[Incident], code: str) -> QuerySet[Incident]:
    """Return those of *cases* whose row shows the department *code*."""
    return cases.filter(
        Q(commune__department=code)
        | Q(commune=None, department_only=code)
        | Q(commune=None, department_only="", organisation__commune__department=code)
    )


def in_communes(cases: QuerySet[Incident], codes: Collection[str]) -> QuerySet[Incident]:
    """Return those of *cases* whose row shows one of the communes *codes*.

    Both rules are on columns of the case, so that an index answers each.
    """
    theirs = Organisation.objects.filter(commune__in=codes).values("pk")
    return cases.filter(Q(commune__in=codes) | Q(commune=None, organisation__in=theirs))


def row_of(values: Mapping[str, Any]) -> Row:
    """Return one row from the columns that ``fetch`` reads."""
    bundle = reference.begun_with(values["reference_version"])
    category = bundle.categories.get(values["category"])
    waiting = values["waiting_until"]
    assignee = values["assignee__uuid"]
    case = str(values["uuid"])
    return {
        "id": case,
        "reference": values["reference"],
        "version": values["version"],
        "k": written(mark(case, values["version"])),
        "state": values["state"],
        "title": values["title"],
        "kind": values["kind"],
        "victim_kind": values["victim_kind"],
        "category": values["category"],
        "category_label": {
            "fr": category.label_fr if category else values["category"],
            "en": category.label_en if category else values["category"],
        },
        "priority": values["priority"],
        "why": why(bundle, values["assessment"], overridden=bool(values["priority_reason"])),
        "tlp": values["tlp"],
        "who": values["who"],
        "town": values["town"],
        "commune": values["commune_id"] or values["organisation__commune"] or "",
        "organisation": str(values["organisation__uuid"] or ""),
        "department": values["department"],
        "assignee": {"id": str(assignee), "name": values["assignee__name"]} if assignee else None,
        "campaign": str(values["campaign__uuid"] or ""),
        "danger": values["danger"],
        "to_check": bool(to_check(bundle, values["assessment"])),
        "apart": values["apart"],
        "unread": values["unread"],
        "attention": values["attention"],
        "progress": values["progress"],
        "next_due": stamp(values["next_due"]) if values["next_due"] else None,
        "duty": values["duty"] or "",
        "restricted": values["restricted"],
        "tags": sorted((values["tagged"] or "").split()),
        "opened_at": stamp(values["opened_at"]),
        "changed_at": stamp(values["changed_at"]),
        "waiting_on": values["waiting_on"],
        "waiting_until": stamp(waiting) if waiting else None,
    }


def why(bundle: Bundle, assessment: Mapping[str, Any], *, overridden: bool) -> dict[str, str]:
    """Say in a few words, in both languages, where the priority comes from."""
    if overridden:
        return {"fr": "Décision d'un analyste", "en": "An analyst's decision"}
    triage = bundle.triage
    said: dict[str, tuple[str, str]] = {rule.id: (rule.fr, rule.en) for rule in triage.floors}
    said |= {rule.id: (rule.fr, rule.en) for rule in triage.caps}
    said |= {rule.id: (rule.fr, rule.en) for rule in triage.raises}
    fired = [said[name] for name in assessment.get("rules", []) if name in said][:_SAID]
    if fired:
        french, english = zip(*fired, strict=True)
        return {"fr": " ; ".join(french), "en": "; ".join(english)}
    score = assessment.get("score", 0)
    return {"fr": f"Score {score} sur 100", "en": f"Score {score} out of 100"}
