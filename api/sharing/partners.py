"""Partners, their tokens, and collections: made by leads and admins, audiences by leads alone."""

import re
from collections.abc import Collection as Many
from datetime import datetime, timedelta
from ipaddress import ip_network
from uuid import UUID

from api.models import Collection, CollectionAccess, Partner, PartnerPerson, PartnerToken
from api.sharing import kinds, rules
from api.sharing.receiving import open_inbox
from api.sharing.tokens import SCOPES, new_token
from api.sharing.withdrawal import close_gates
from api.stix.case import GATES
from csirt.accounts.models import User
from csirt.accounts.principals import Person
from csirt.accounts.roles import Role
from csirt.journal import change, record
from csirt.journal.change import Actor
from csirt.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from csirt.kernel.text import clean, clean_line
from csirt.kernel.tlp import Tlp

KEEPERS = frozenset({Role.LEAD, Role.ADMIN})
OVERLAP = timedelta(days=7)  # that an old token lives beside the new one
_IDENTIFIER = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_IN_THE_LIST = "Choisissez une valeur de la liste."


def require_keeper(by: Person) -> None:
    """See that *by* may change partners and tokens."""
    if by.role not in KEEPERS:
        raise NotAllowed("Seuls un responsable ou un administrateur gèrent les partenaires.")


def require_lead(by: Person) -> None:
    """See that *by* may say who reads what."""
    if by.role != Role.LEAD:
        raise NotAllowed("Seul un responsable décide qui lit une collection.")


@change
def create_partner(
    *, identifier: str, name: str, by: Person, now: datetime, kind: str = Partner.Kind.OTHER
) -> Partner:
    """Add a partner, who may read what is CLEAR, and nothing else yet.

    Raises ``NotAllowed``, or ``Invalid`` for an identifier that is taken or not of ``[a-z0-9-]``.
    """
    require_keeper(by)
    name = clean_line(name)[:160]
    if not name:
        raise Invalid("Il manque un nom.", fields={"name": "Écrivez un nom."})
    if kind not in Partner.Kind.values:
        raise Invalid("Cette sorte de partenaire n'existe pas.", fields={"kind": _IN_THE_LIST})
    _refuse_bad_name("identifier", identifier, 40)
    if Partner.objects.filter(identifier=identifier).exists():
        sentence = "Cet identifiant est déjà pris."
        raise Invalid(sentence, fields={"identifier": sentence})
    partner = Partner.objects.create(identifier=identifier, name=name, kind=kind, created_at=now)
    record(
        kinds.PARTNER_CREATED, partner, by=by, at=now, data={"identifier": identifier, "kind": kind}
    )
    for collection in Collection.objects.filter(audience=Collection.Audience.CLEAR).order_by("pk"):
        _grant(collection, partner, read=True, write=False, by=by, now=now)
    return partner


@change
def disable_partner(*, partner: UUID, version: int, by: Person, now: datetime) -> Partner:
    """End a partner's access at once: its tokens, its named collections, what it alone could read."""
    require_keeper(by)
    row = _locked(partner, version)
    if not row.active:
        return row
    row.active = False
    row.version += 1
    row.save()
    ended = row.tokens.filter(revoked_at=None).update(revoked_at=now)
    data = {"identifier": row.identifier, "tokens": ended}
    record(kinds.PARTNER_DISABLED, row, by=by, at=now, data=data)
    return row


@change
def enable_partner(*, partner: UUID, version: int, by: Person, now: datetime) -> Partner:
    """Let a partner in again; its tokens and named collections have to be given anew."""
    require_keeper(by)
    row = _locked(partner, version)
    if row.active:
        return row
    row.active = True
    row.version += 1
    row.save()
    record(kinds.PARTNER_ENABLED, row, by=by, at=now, data={"identifier": row.identifier})
    return row


@change
def issue_token(
    *,
    partner: UUID,
    by: Person,
    now: datetime,
    scopes: Many[str] = ("taxii:read",),
    label: str = "",
    expires_at: datetime | None = None,
    addresses: Many[str] = (),
) -> tuple[PartnerToken, str]:
    """Return a token and its text, which is shown once and kept nowhere.

    The first that may write opens the partner's inbox.
    """
    require_keeper(by)
    row = _locked(partner)
    if not row.active:
        raise Conflict("Ce partenaire est désactivé. Réactivez-le d'abord.", code="disabled")
    if not scopes or not set(scopes) <= set(SCOPES):
        raise Invalid("Ces droits n'existent pas.", fields={"scopes": _IN_THE_LIST})
    if expires_at is not None and expires_at <= now:
        sentence = "Donnez une date à venir."
        raise Invalid(sentence, fields={"expires_at": sentence})
    if "taxii:write" in scopes:
        open_inbox(row, by=by, now=now)
    networks = _networks(addresses)
    text, prefix, digest = new_token()
    token = PartnerToken.objects.create(
        partner=row,
        prefix=prefix,
        digest=digest,
        label=clean_line(label)[:80],
        scopes=[scope for scope in SCOPES if scope in scopes],
        addresses=networks,
        created_at=now,
        expires_at=expires_at,
    )
    data = {
        "identifier": row.identifier,
        "prefix": prefix,
        "scopes": token.scopes,
        "expires": expires_at.date().isoformat() if expires_at else "",
    }
    record(kinds.TOKEN_ISSUED, token, by=by, at=now, data=data)
    return token, text


def _networks(addresses: Many[str]) -> list[str]:
    """Return addresses and networks in one form each; raises ``Invalid``."""
    try:
        return [str(ip_network(text.strip(), strict=False)) for text in addresses if text.strip()]
    except ValueError as error:
        sentence = "Une adresse ou un réseau par ligne, par exemple 192.0.2.0/24."
        raise Invalid(sentence, fields={"addresses": sentence}) from error


@change
def rotate_token(*, token: UUID, by: Person, now: datetime) -> tuple[PartnerToken, str]:
    """Return a new token with the rights of an old one, which lives on for ``OVERLAP``.

    Raises ``Conflict`` when the old one has ended.
    """
    require_keeper(by)
    old = PartnerToken.objects.select_related("partner").filter(uuid=token).first()
    if old is None:
        raise NotFound
    _locked(old.partner.uuid)
    old = PartnerToken.objects.select_for_update(of=("self",)).get(pk=old.pk)
    if old.revoked_at is not None or (old.expires_at is not None and old.expires_at <= now):
        raise Conflict("Ce jeton n'ouvre plus rien. Donnez-en un nouveau.", code="ended")
    lasts = old.expires_at - old.created_at if old.expires_at else None
    fresh, text = issue_token(
        partner=old.partner.uuid,
        by=by,
        now=now,
        scopes=[scope for scope in old.scopes if scope in SCOPES],
        label=old.label,
        expires_at=now + lasts if lasts else None,
        addresses=old.addresses,
    )
    until = now + OVERLAP
    old.expires_at = min(old.expires_at, until) if old.expires_at else until
    old.save(update_fields=["expires_at"])
    data = {
        "identifier": old.partner.identifier,
        "prefix": fresh.prefix,
        "previous": old.prefix,
        "expires": old.expires_at.date().isoformat(),
    }
    record(kinds.TOKEN_ROTATED, fresh, by=by, at=now, data=data)
    return fresh, text


@change
def note_contacts(
    *, partner: UUID, version: int, contacts: str, by: Person, now: datetime
) -> Partner:
    """Note whom to call or write to at a partner's."""
    require_keeper(by)
    row = _locked(partner, version)
    row.contacts = clean(contacts).strip()[:2000]
    row.version += 1
    row.save()
    data = {"identifier": row.identifier, "fields": ["contacts"]}
    record(kinds.PARTNER_EDITED, row, by=by, at=now, data=data)
    return row


@change
def choose_options(
    *, partner: UUID, version: int, playbooks: bool, details: bool, by: Person, now: datetime
) -> Partner:
    """Say what a partner reads of what collections hold under their options.

    It holds from the next request on, also for what is already there.
    """
    require_keeper(by)
    row = _locked(partner, version)
    row.options = {"playbooks": playbooks, "details": details}
    row.version += 1
    row.save()
    wanted = [gate for gate in GATES if row.wants(gate)]
    data = {"identifier": row.identifier, "fields": ["options"], "options": wanted}
    record(kinds.PARTNER_EDITED, row, by=by, at=now, data=data)
    return row


@change
def add_person(*, partner: UUID, email: str, by: Person, now: datetime) -> PartnerPerson:
    """Let somebody with an account of role partner see this partner's own page.

    Raises ``Invalid`` when nobody with that address has such an account.
    """
    require_keeper(by)
    row = _locked(partner)
    user = User.objects.filter(email__iexact=email.strip(), role=Role.PARTNER).first()
    if user is None:
        sentence = "Personne n'a de compte « partenaire » à cette adresse. Invitez-la d'abord."
        raise Invalid(sentence, fields={"email": sentence})
    person, made = PartnerPerson.objects.get_or_create(partner=row, user=user)
    if made:
        data = {"identifier": row.identifier, "person": str(user.uuid)}
        record(kinds.PERSON_ADDED, row, by=by, at=now, data=data)
    return person


@change
def remove_person(*, partner: UUID, user: UUID, by: Person, now: datetime) -> None:
    """Close a partner's own page to somebody."""
    require_keeper(by)
    row = _locked(partner)
    gone, _ = PartnerPerson.objects.filter(partner=row, user__uuid=user).delete()
    if gone:
        data = {"identifier": row.identifier, "person": str(user)}
        record(kinds.PERSON_REMOVED, row, by=by, at=now, data=data)


@change
def revoke_token(*, token: UUID, by: Person, now: datetime) -> PartnerToken:
    """End a token: the next request that bears it is refused."""
    require_keeper(by)
    row = PartnerToken.objects.select_for_update().filter(uuid=token).first()
    if row is None:
        raise NotFound
    if row.revoked_at is None:
        row.revoked_at = now
        row.save(update_fields=["revoked_at"])
        data = {"identifier": row.partner.identifier, "prefix": row.prefix}
        record(kinds.TOKEN_REVOKED, row, by=by, at=now, data=data)
    return row


@change
def create_collection(
    *,
    alias: str,
    title: str,
    audience: str,
    tlp: str,
    by: Person,
    now: datetime,
    description: str = "",
) -> Collection:
    """Add a collection with its ceiling. A CLEAR one is open to every partner from the start.

    Raises ``NotAllowed`` unless *by* is a lead, ``Invalid`` for an alias that is taken, and for a
    ceiling above what the audience may hold: AMBER is for named partners, RED for nobody.
    """
    require_lead(by)
    title = clean_line(title)[:160]
    if not title:
        raise Invalid("Il manque un titre.", fields={"title": "Écrivez un titre."})
    if audience not in Collection.Audience.values:
        raise Invalid("Ce public n'existe pas.", fields={"audience": _IN_THE_LIST})
    if tlp not in list(Tlp) or not rules.may_hold(Tlp(tlp), audience=audience):
        sentence = "Ce TLP ne va pas à ce public."
        raise Invalid(sentence, fields={"tlp": sentence})
    _refuse_bad_name("alias", alias, 60)
    if Collection.objects.filter(alias=alias).exists():
        sentence = "Cet alias est déjà pris."
        raise Invalid(sentence, fields={"alias": sentence})
    collection = Collection.objects.create(
        alias=alias,
        title=title,
        description=clean(description).strip(),
        audience=audience,
        tlp=tlp,
        created_at=now,
    )
    data = {"alias": alias, "tlp": tlp, "readers": audience}
    record(kinds.COLLECTION_CREATED, collection, by=by, at=now, data=data)
    if audience == Collection.Audience.CLEAR:
        for partner in Partner.objects.filter(active=True).order_by("pk"):
            _grant(collection, partner, read=True, write=False, by=by, now=now)
    return collection


@change
def edit_collection(
    *, collection: UUID, version: int, playbooks: bool, details: bool, by: Person, now: datetime
) -> Collection:
    """Say whether a collection holds followed playbooks, and event, impact and task objects.

    An option that is new holds from the next release on; what was there under one that ends goes at
    once. Raises ``NotAllowed`` unless *by* is a
    lead, ``NotFound``, ``Conflict`` when somebody changed it since *version*.
    """
    require_lead(by)
    row = Collection.objects.select_for_update().filter(uuid=collection, inbox_of=None).first()
    if row is None:
        raise NotFound
    if row.version != version:
        raise Conflict
    before = {name for name in GATES if getattr(row, name)}
    row.playbooks, row.details = playbooks, details
    ended = {name for name in before if not getattr(row, name)}
    row.version += 1
    row.save(update_fields=["playbooks", "details", "version"])
    data = {"alias": row.alias, "options": [name for name in GATES if getattr(row, name)]}
    record(kinds.COLLECTION_EDITED, row, by=by, at=now, data=data)
    close_gates(row, ended, by=by, at=now)
    return row


@change
def grant_access(
    *,
    collection: UUID,
    partner: UUID,
    by: Person,
    now: datetime,
    can_read: bool = True,
    can_write: bool = False,
) -> CollectionAccess:
    """Let a partner read a collection, what is in it already included."""
    require_lead(by)
    found, row = _collection(collection), _locked(partner)
    if not row.active:
        raise Conflict("Ce partenaire est désactivé. Réactivez-le d'abord.", code="disabled")
    return _grant(found, row, read=can_read, write=can_write, by=by, now=now)


@change
def end_access(*, collection: UUID, partner: UUID, by: Person, now: datetime) -> None:
    """Close a collection to a partner; from the next request on it does not exist for them."""
    require_lead(by)
    found, row = _collection(collection), _locked(partner)
    gone, _ = CollectionAccess.objects.filter(collection=found, partner=row).delete()
    if gone:
        data = {"collection": found.alias, "partner": row.identifier}
        record(kinds.ACCESS_ENDED, found, by=by, at=now, data=data)


def _grant(
    collection: Collection, partner: Partner, *, read: bool, write: bool, by: Actor, now: datetime
) -> CollectionAccess:
    access, _ = CollectionAccess.objects.update_or_create(
        collection=collection, partner=partner, defaults={"can_read": read, "can_write": write}
    )
    data = {
        "collection": collection.alias,
        "partner": partner.identifier,
        "read": read,
        "write": write,
    }
    record(kinds.ACCESS_GRANTED, collection, by=by, at=now, data=data)
    return access


def _refuse_bad_name(field: str, text: str, longest: int) -> None:
    if len(text) > longest or not _IDENTIFIER.fullmatch(text):
        sentence = "Des lettres minuscules sans accent, des chiffres et des traits d'union."
        raise Invalid(sentence, fields={field: sentence})


def _locked(partner: UUID, version: int | None = None) -> Partner:
    row = Partner.objects.select_for_update().filter(uuid=partner).first()
    if row is None:
        raise NotFound
    if version is not None and row.version != version:
        raise Conflict("Quelqu'un vient de modifier ce partenaire. Relisez, puis recommencez.")
    return row


def _collection(collection: UUID) -> Collection:
    row = Collection.objects.select_for_update().filter(uuid=collection, inbox_of=None).first()
    if row is None:
        raise NotFound
    return row
