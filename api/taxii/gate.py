"""Who is asking, and what they may do, looked up again on every request.

One statement by the token's prefix gives the token, its partner and the collections in question;
nothing is kept between requests, so that a right taken away is gone at the next page.
"""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv6Address, ip_address, ip_network
from uuid import UUID

import structlog

from api.sharing import terms
from api.sharing.tokens import Credentials, credentials
from api.stix.case import GATES
from api.taxii.answers import Refused
from api.taxii.store import Cell, Store, number_of, text_of
from csirt.accounts.principals import Machine
from csirt.web.limits import subscriber

log = structlog.get_logger()

READ, WRITE = "taxii:read", "taxii:write"
FAILURES_A_MINUTE = 60

_SELECT = """
    SELECT t.id, t.digest, t.scopes, t.expires_at, t.revoked_at, p.id, p.identifier,
           CASE WHEN p.active THEN 1 ELSE 0 END, t.addresses, p.terms,
           p.options, c.id, c.uuid, c.alias, c.title, c.description, c.media_types,
           CASE WHEN c.can_read THEN 1 ELSE 0 END, CASE WHEN c.can_write THEN 1 ELSE 0 END,
           CASE WHEN c.inbox_of_id = p.id THEN 1 ELSE 0 END,
           CASE WHEN c.playbooks THEN 1 ELSE 0 END, CASE WHEN c.details THEN 1 ELSE 0 END
      FROM api_partnertoken t
      JOIN api_partner p ON p.id = t.partner_id
      LEFT JOIN (
        SELECT k.id, k.uuid, k.alias, k.title, k.description, k.media_types,
               k.inbox_of_id, k.playbooks, k.details, a.partner_id, a.can_read, a.can_write
          FROM api_collectionaccess a JOIN api_collection k ON k.id = a.collection_id
         WHERE {which}
      ) c ON c.partner_id = p.id
     WHERE t.prefix = %(prefix)s
     ORDER BY c.uuid
"""
_NONE = _SELECT.format(which="1 = 0")
_EACH = _SELECT.format(which="1 = 1")
_BY_UUID = _SELECT.format(which="k.uuid = %(key)s")
_BY_ALIAS = _SELECT.format(which="k.alias = %(key)s")

EVERY_COLLECTION = ""


@dataclass(frozen=True)
class Collection:
    """A collection as this token sees it."""

    pk: int
    uuid: UUID
    alias: str
    title: str
    description: str
    media_types: list[str]
    can_read: bool
    can_write: bool  # only the partner's own inbox
    inbox: bool
    unwanted: tuple[
        str, ...
    ] = ()  # of the collection's options, those that this partner does not read

    @property
    def table(self) -> str:
        """Where its rows are: what we released, or what this partner sent."""
        return "api_push" if self.inbox else "api_share"

    @property
    def place(self) -> str:
        """What a ``next`` says of it."""
        return self.uuid.hex[:8]


@dataclass(frozen=True)
class Caller:
    """A partner's program and those of the wanted collections that exist for it."""

    machine: Machine
    collections: list[Collection]
    agreed: bool  # to the terms of sharing that are in force


async def caller(
    store: Store,
    header: str | None,
    wanted: UUID | str | None,
    now: datetime,
    address: str = "",
) -> Caller | None:
    """Return who sent *header*, with the collections *wanted*; None when the token opens nothing.

    *wanted* is the id or the alias of a collection, ``EVERY_COLLECTION``, or None. Raises
    ``Refused`` (403) when the token is right but not one for TAXII.
    """
    claimed = credentials(header)
    if claimed is None:
        return None
    sql = _NONE if wanted is None else _EACH
    if wanted:
        sql = _BY_UUID if isinstance(wanted, UUID) else _BY_ALIAS
    columns = await store.columns(sql, {"prefix": claimed.prefix, "key": wanted})
    rows = list(zip(*columns, strict=True))
    machine = _machine(claimed, rows[0], now, address) if rows else None
    if machine is None:
        return None
    if not machine.scopes & {READ, WRITE}:
        raise Refused(403, "Not allowed", "This token has no right to TAXII.")
    found = [_collection(row, machine.scopes) for row in rows if _granted(row)]
    readable = READ in machine.scopes
    agreed = text_of(rows[0][9]) == terms.VERSION
    return Caller(machine, [one for one in found if readable or one.can_write], agreed)


def _machine(
    claimed: Credentials, row: tuple[Cell, ...], now: datetime, address: str
) -> Machine | None:
    token, digest, scopes, expires, revoked, partner, identifier, active = row[:8]
    name = text_of(identifier)
    if not claimed.match(identifier=name, digest=text_of(digest)) or not number_of(active):
        return None
    if revoked is not None or (expires is not None and moment_of(expires) <= now):
        return None
    networks = json.loads(text_of(row[8]))
    if networks and not _within(address, networks):
        return None
    return Machine(
        number_of(partner), name, number_of(token), frozenset(json.loads(text_of(scopes)))
    )


def _within(address: str, networks: list[str]) -> bool:
    """Tell whether a client's address is in one of *networks*; what cannot be read is in none."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in ip_network(network) for network in networks)


def _granted(row: tuple[Cell, ...]) -> bool:
    return row[11] is not None and bool(number_of(row[17]) or number_of(row[18]))


def _collection(row: tuple[Cell, ...], scopes: frozenset[str]) -> Collection:
    pk, uuid, alias, title, description, media_types, can_read, can_write, inbox = row[11:20]
    own, wanted = bool(number_of(inbox)), json.loads(text_of(row[10]))
    held = [gate for gate, on in zip(GATES, row[20:], strict=True) if number_of(on)]
    return Collection(
        pk=number_of(pk),
        uuid=UUID(text_of(uuid)),
        alias=text_of(alias),
        title=text_of(title),
        description=text_of(description),
        media_types=json.loads(text_of(media_types)),
        can_read=bool(number_of(can_read)) and READ in scopes,
        can_write=bool(number_of(can_write)) and own and WRITE in scopes,
        inbox=own,
        unwanted=tuple(gate for gate in held if not wanted.get(gate)),
    )


def moment_of(cell: Cell) -> datetime:
    """Read a moment as either engine writes it; SQLite's is in UTC without saying so."""
    moment = datetime.fromisoformat(text_of(cell))
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


class Failures:
    """Wrong tokens by address, counted a minute at a time.

    A token is always looked at before its address is: an attack from behind the same address does
    not stop a partner. What is over the limit is told 429, and the minute is logged in one line.
    """

    def __init__(self) -> None:
        self._minute = 0
        self._counts: Counter[str] = Counter()

    def add(self, address: str, now: datetime) -> bool:
        """Count a failure; tell whether *address* is over its limit."""
        minute = int(now.timestamp()) // 60
        if minute != self._minute:
            if self._counts:
                log.warning(
                    "taxii.refused",
                    failures=self._counts.total(),
                    addresses=len(self._counts),
                    most=self._counts.most_common(1)[0][1],
                )
            self._minute, self._counts = minute, Counter()
        counted = subscriber(address)
        self._counts[counted] += 1
        return self._counts[counted] > FAILURES_A_MINUTE
