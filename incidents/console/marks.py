"""What stands around a case on its page: tags, observables and where else they were seen, duplicates."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from csirt.accounts.principals import Person
from csirt.prepared import Given, prepared
from incidents import queries
from incidents.models import Incident, Observable, Tag, Tagging


def tags(case: Incident, person: Person) -> list[Any]:
    """Return every tag that *person* knows, by name; ``here``: the case bears it. One query."""
    return _tags(person)(case=case.pk)


@prepared
def _tags(person: Person) -> QuerySet[Tag]:
    borne = Tagging.objects.filter(tag=OuterRef("pk"), incident=Given("case"))
    return queries.tags(person).annotate(here=Exists(borne))


def observables(case: Incident, person: Person) -> list[Observable]:
    """Return the observables of a case; ``elsewhere``: one is in another that *person* sees."""
    return _observables(person)(case=case.pk)


@prepared
def _observables(person: Person) -> QuerySet[Observable]:
    seen = queries.appearances(person, OuterRef("value_digest"))
    elsewhere = Exists(seen.exclude(incident=Given("case")))
    rows = Observable.objects.filter(incident=Given("case")).annotate(elsewhere=elsewhere)
    return rows.order_by("type", "value")


def joined_cases(case: Incident, person: Person) -> list[Incident]:
    """Return the visible cases that hang under this one, and the one that it hangs under."""
    return _joined(person)(case=case.pk, into=case.merged_into_id)


@prepared
def _joined(person: Person) -> QuerySet[Incident]:
    found = Q(merged_into=Given("case")) | Q(pk=Given("into"))
    return queries.visible_to(person).filter(found).order_by("pk")
