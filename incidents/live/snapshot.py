"""What a console asks for: the live set as it starts from it, and one case where no socket brings it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from csirt.accounts.principals import Person
from csirt.journal import consistent_read
from csirt.journal.models import Event, Head
from incidents import queries
from incidents.live import rows


def snapshot(person: Person) -> Mapping[str, Any]:
    """Return ``{epoch, seq, digest, rows}`` as of one moment.

    The rows are the most urgent ``rows.LIMIT`` of the live set, what is set apart last; beyond that
    the digest is null.
    Somebody who does not work cases, an operator, gets rows alone: no number of theirs counts
    what others do. Nor does a row say which campaign it is in.
    """
    with consistent_read():
        live = queries.live(person).order_by("apart", *rows.ORDER)
        found = list(rows.fetch(live[: rows.LIMIT + 1]).values())
        if not person.works_cases:
            return {"rows": [row | {"campaign": ""} for row in found[: rows.LIMIT]]}
        epoch, seq = Head.objects.values_list("epoch", "seq").get(pk=1)
    whole = len(found) <= rows.LIMIT
    marks = (rows.mark(UUID(row["id"]), row["version"]) for row in found)
    return {
        "epoch": str(epoch),
        "seq": seq,
        "digest": rows.written(rows.digest(marks)) if whole else None,
        "rows": found[: rows.LIMIT],
    }


def since(person: Person, case: UUID, *, epoch: str, after: int) -> Mapping[str, Any]:
    """Return ``{version, kinds, cursor}`` of one case: what happened to it after *after*, and where to go on.

    In another epoch than *epoch*: all that ever happened to it. An operator gets the version alone.
    Raises ``NotFound``.
    """
    with consistent_read():
        row = queries.get(person, case)
        if not person.works_cases:
            return {"version": row.version, "kinds": [], "cursor": {}}
        here, seq = Head.objects.values_list("epoch", "seq").get(pk=1)
        new = Event.objects.filter(incident=row.pk, seq__gt=after if epoch == str(here) else 0)
        kinds = list(new.order_by("kind").values_list("kind", flat=True).distinct())
    return {"version": row.version, "kinds": kinds, "cursor": {"epoch": str(here), "after": seq}}
