"""What stands around a case on its page: tags, observables and where else they were seen, duplicates."""

from typing import Any

from django.db.models import Exists, OuterRef, Q

from csirt.accounts.principals import Person
from incidents import queries
from incidents.models import Incident, Observable, Tagging


def tags(case: Incident, person: Person) -> list[Any]:
    """Return every tag that *person* knows, by name; ``here``: the case bears it. One query."""
    borne = Tagging.objects.filter(tag=OuterRef("pk"), incident=case)
    return list(queries.tags(person).annotate(here=Exists(borne)))


def observables(case: Incident, person: Person) -> list[Observable]:
    """Return the observables of a case; ``elsewhere``: one is in another that *person* sees."""
    others = queries.appearances(person, OuterRef("value_digest")).exclude(incident=case)
    rows = Observable.objects.filter(incident=case).annotate(elsewhere=Exists(others))
    return list(rows.order_by("type", "value"))


def joined_cases(case: Incident, person: Person) -> list[Incident]:
    """Return the visible cases that hang under this one, and the one that it hangs under."""
    found = queries.visible_to(person).filter(Q(merged_into=case) | Q(pk=case.merged_into_id))
    return list(found.order_by("pk"))
