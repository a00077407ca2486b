"""Tokens of partners' programs: ``occ_<prefix>_<secret>``, shown once, kept as a digest.

``credentials`` reads a header without any database, for readers that have a connection of their
own; ``token_principal`` is the whole check for everybody else.
"""

import base64
import binascii
import hmac
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from api.models import CollectionAccess, PartnerToken
from csirt.accounts.principals import Machine
from csirt.kernel import tokens
from csirt.kernel.clock import now as read_clock

SCOPES = ("taxii:read", "taxii:write")
LONGEST_HEADER = 500  # an identifier, a token, base64 and some air

WORD = "occ"


@dataclass(frozen=True)
class Credentials:
    """What a header claims: ``identifier`` is empty for Bearer."""

    identifier: str
    prefix: str
    digest: str

    def match(self, *, identifier: str, digest: str) -> bool:
        """Compare with the stored row, in constant time for the secret's digest."""
        same = hmac.compare_digest(self.digest, digest)
        return same and self.identifier in {"", identifier}


def new_token() -> tuple[str, str, str]:
    """Return the text to show once, and the prefix and digest to keep."""
    return tokens.new(WORD)


def credentials(header: str | None) -> Credentials | None:
    """Read an ``Authorization`` header: Basic (identifier and token), Bearer, or Token.

    None when there is none or it is not one of ours; never raises.
    """
    scheme, _space, value = (header or "")[: LONGEST_HEADER + 1].strip().partition(" ")
    value = value.strip()
    if len(value) > LONGEST_HEADER:
        return None
    identifier, text = "", value
    if scheme.lower() == "basic":
        try:
            decoded = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, ValueError):
            return None
        identifier, _colon, text = decoded.partition(":")
        if not identifier:
            return None
    elif scheme.lower() not in {"bearer", "token"}:
        return None
    found = tokens.read(WORD, text)
    return Credentials(identifier, *found) if found else None


def token_principal(header: str | None, at: datetime | None = None) -> Machine | None:
    """Return whose program sent *header*, or None: unknown, expired, revoked, partner disabled.

    One query by the token's prefix; the answer never says which of these it was.
    """
    claimed = credentials(header)
    if claimed is None:
        return None
    at = at or read_clock()
    row = PartnerToken.objects.select_related("partner").filter(prefix=claimed.prefix).first()
    if row is None:
        hmac.compare_digest(claimed.digest, tokens.NOBODY)
        return None
    known = claimed.match(identifier=row.partner.identifier, digest=row.digest)
    ended = row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= at)
    if not known or ended or not row.partner.active:
        return None
    return Machine(
        partner_id=row.partner_id,
        identifier=row.partner.identifier,
        token_id=row.pk,
        scopes=frozenset(row.scopes),
    )


def access_of(machine: Machine) -> QuerySet[CollectionAccess]:
    """Return what *machine* may do with which collection, in the order of their public ids."""
    return (
        CollectionAccess.objects.select_related("collection")
        .filter(partner=machine.partner_id)
        .order_by("collection__uuid")
    )
