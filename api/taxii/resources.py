"""The resources of TAXII 2.1 (sections 4 and 5) over what was released."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from django.conf import settings

from api.taxii import moments
from api.taxii.answers import MEDIA, Answer, Headers, not_found, text
from api.taxii.gate import Caller, Collection, moment_of
from api.taxii.query import ALL, FIRST, LAST, Query
from api.taxii.store import Columns, Store, number_of, text_of

ROOT = "desk"
EVERY_FIELD = frozenset({"id", "type", "version", "spec_version"})


@dataclass(frozen=True)
class Listing:
    """A way of listing what a collection holds, one row a version, oldest first."""

    columns: str  # beside the moment at which it was added
    fields: frozenset[str]  # what match[] may name
    versions: str = LAST  # when the client does not say
    name: str = "objects"


OBJECTS = Listing("s.bytes", EVERY_FIELD)
OBJECT = Listing("s.bytes", frozenset({"version", "spec_version"}))
MANIFEST = Listing("s.stix_id, s.version, s.spec_version", EVERY_FIELD)
VERSIONS = Listing("s.version", frozenset({"spec_version"}), ALL, "versions")

_COLUMN = {"id": "stix_id", "type": "type", "spec_version": "spec_version"}
_IS_FIRST = """NOT EXISTS (
    SELECT 1 FROM {table} o
     WHERE o.collection_id = s.collection_id AND o.stix_id = s.stix_id AND o.version < s.version)"""
_EXISTS = "SELECT 1 FROM {table} s WHERE {where} LIMIT 1"
_STATUS = """
    SELECT status, requested_at, total_count, successes, failures, pendings, expires_at
      FROM api_status WHERE uuid = %(status)s AND partner_id = %(partner)s
"""


def discovery(base: str) -> Answer:
    """Section 4.1. Absolute addresses: some clients use ``default`` as it is."""
    root = f"{base}/taxii2/{ROOT}/"
    return Answer(
        text(
            {
                "title": settings.DESK_NAME,
                "description": "What the incident desk has released to this partner.",
                "contact": settings.DESK_EMAIL,
                "default": root,
                "api_roots": [root],
            }
        )
    )


def api_root() -> Answer:
    """Section 4.2."""
    return Answer(
        text(
            {
                "title": settings.DESK_NAME,
                "versions": [MEDIA],
                "max_content_length": settings.BODY_LIMIT,
            }
        )
    )


def collections(caller: Caller) -> Answer:
    """Section 5.1, in the order of the identifiers."""
    listed = [_described(one) for one in caller.collections]
    return Answer(text({"collections": listed} if listed else {}))


def collection(one: Collection) -> Answer:
    """Section 5.2."""
    return Answer(text(_described(one)))


def _described(one: Collection) -> dict[str, object]:
    fields = {
        "id": str(one.uuid),
        "title": one.title,
        "description": one.description,
        "alias": one.alias,
        "can_read": one.can_read,
        "can_write": one.can_write,
        "media_types": one.media_types,
    }
    return {key: value for key, value in fields.items() if value not in ("", [])}


async def status(store: Store, caller: Caller, uuid: UUID, now: datetime) -> Answer:
    """Section 4.3: what became of a post of this partner's, until 24 hours after its end."""
    columns = await store.columns(_STATUS, {"status": uuid, "partner": caller.machine.partner_id})
    rows = list(zip(*columns, strict=True))
    if not rows or moment_of(rows[0][6]) <= now:
        raise not_found()
    state, requested, total, successes, failures, pendings, _expires = rows[0]
    lists = {
        "success": json.loads(text_of(successes)),
        "failure": json.loads(text_of(failures)),
        "pending": json.loads(text_of(pendings)),
    }
    plural = {"success": "successes", "failure": "failures", "pending": "pendings"}
    return Answer(
        text(
            {
                "id": str(uuid),
                "status": text_of(state),
                "request_timestamp": moments.written(moments.milliseconds(moment_of(requested))),
                "total_count": number_of(total),
                **{f"{name}_count": len(lines) for name, lines in lists.items()},
                **{plural[name]: lines for name, lines in lists.items() if lines},
            }
        )
    )


async def page(
    store: Store, one: Collection, listing: Listing, raw: bytes, stix_id: str | None = None
) -> Answer:
    """Sections 5.3, 5.4, 5.6 and 5.8: a page of *listing*, of one object or of all.

    One row more than asked for tells whether there is more; an empty page never says so. The
    headers of an empty page repeat where the client stands, so that nobody is led past anything.
    """
    query = Query.parse(raw, fields=listing.fields, place=one.place)
    columns = await store.columns(*_statement(one, listing, query, stix_id))
    added = columns[0]
    if not added:
        if stix_id is not None:
            await _must_exist(store, one, stix_id)
        return Answer(b"{}", headers=_dates(query.after, query.after))
    count = min(len(added), query.limit)
    first, last = number_of(added[0]), number_of(added[count - 1])
    more = query.next(last) if len(added) > count else None
    items = _items(listing, columns, count)
    return Answer(_envelope(listing.name, items, more), headers=_dates(first, last))


def _statement(
    one: Collection, listing: Listing, query: Query, stix_id: str | None
) -> tuple[str, dict[str, object]]:
    values: dict[str, object] = {
        "collection": one.pk,
        "after": query.after,
        "rows": query.limit + 1,
    }
    where = [*_there(one, values, stix_id), "s.added_at > %(after)s"]
    for name, column in _COLUMN.items():
        if name in query.filters:
            where.append(f"s.{column} IN ({_named(values, name, query.filters[name])})")
    versions = query.filters.get("version", (listing.versions,))
    if ALL not in versions:
        ways = {LAST: "s.is_latest", FIRST: _IS_FIRST.format(table=one.table)}
        some = [ways[version] for version in versions if version in ways]
        exact = tuple(version for version in versions if version not in ways)
        if exact:
            some.append(f"s.version IN ({_named(values, 'version', exact)})")
        where.append(some[0] if len(some) == 1 else f"({' OR '.join(some)})")
    sql = (
        f"SELECT s.added_at, {listing.columns} FROM {one.table} s"  # noqa: S608 - our own words only
        f" WHERE {' AND '.join(where)} ORDER BY s.added_at LIMIT %(rows)s"
    )
    return sql, values


def _there(one: Collection, values: dict[str, object], stix_id: str | None) -> list[str]:
    """Return the conditions for what is in *one* for this partner; what it does not want is not."""
    where = ["s.collection_id = %(collection)s"]
    if stix_id is not None:
        where.append("s.stix_id = %(object)s")
        values["object"] = stix_id
    if one.unwanted:
        where.append(f"s.gate NOT IN ({_named(values, 'gate', one.unwanted)})")
    return where


def _named(values: dict[str, object], name: str, given: tuple[str, ...]) -> str:
    """Add *given* to the parameters; return the placeholders that stand for them."""
    names = [f"{name}_{number}" for number in range(len(given))]
    values.update(zip(names, given, strict=True))
    return ", ".join(f"%({each})s" for each in names)


async def _must_exist(store: Store, one: Collection, stix_id: str) -> None:
    values: dict[str, object] = {"collection": one.pk}
    where = " AND ".join(_there(one, values, stix_id))
    found = await store.columns(_EXISTS.format(table=one.table, where=where), values)
    if not found[0]:
        raise not_found()


def _items(listing: Listing, columns: Columns, count: int) -> bytes:
    """Return the JSON text of a page's items; objects are joined as they are stored."""
    if listing.name == "versions":
        return text([text_of(cell) for cell in columns[1][:count]])[1:-1]
    if listing is not MANIFEST:
        return b",".join(cast("list[bytes]", columns[1][:count]))
    rows = zip(*(column[:count] for column in columns), strict=True)
    return text(
        [
            {
                "id": text_of(stix_id),
                "date_added": moments.written(number_of(added)),
                "version": text_of(version),
                "media_type": f"application/stix+json;version={text_of(spec_version)}",
            }
            for added, stix_id, version, spec_version in rows
        ]
    )[1:-1]


def _envelope(name: str, items: bytes, more: str | None) -> bytes:
    """Write the envelope; ``next`` always goes with ``more``, or some clients never end."""
    head = b'{"more":true,"next":"%b",' % more.encode() if more else b'{"more":false,'
    return b"".join((head, b'"%b":[' % name.encode(), items, b"]}"))


def _dates(first: int, last: int) -> Headers:
    return [
        (b"x-taxii-date-added-first", moments.written(first).encode()),
        (b"x-taxii-date-added-last", moments.written(last).encode()),
    ]
