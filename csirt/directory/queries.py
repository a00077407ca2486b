"""Every read of organisations starts here. Places are public; bodies and people are not."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import (
    Case,
    Exists,
    IntegerField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Value,
    When,
)

from csirt.accounts.models import User
from csirt.accounts.principals import Person, Principal
from csirt.accounts.roles import DESK, Role
from csirt.directory.models import (
    Commune,
    Contact,
    DeskSetting,
    Operator,
    OperatorAgreement,
    OperatorMember,
    Organisation,
)
from csirt.directory.words import normal, telling
from csirt.kernel.errors import NotFound
from csirt.kernel.text import clean_line

MOST = 50  # answers of one search; more words find fewer
SHORTEST = 2  # characters
_LONGEST = 200


@dataclass(frozen=True)
class Found:
    """What a search gives: at most ``MOST`` rows, and whether there were more."""

    rows: Sequence[Organisation]
    more: bool


def visible_organisations(principal: Principal) -> QuerySet[Organisation]:
    """Return the organisations that *principal* may know: all for the desk, those it serves for an operator."""
    if not isinstance(principal, Person):
        return Organisation.objects.none()
    if principal.role in DESK:
        return Organisation.objects.all()
    if principal.role == Role.OPERATOR:
        agreed = OperatorAgreement.objects.filter(
            organisation=OuterRef("pk"), operator__people=principal.user_id, ended_at=None
        )
        return Organisation.objects.filter(Exists(agreed))
    return Organisation.objects.none()


def search_organisations(principal: Principal, text: str) -> Found:
    """Return the organisations that *text* may mean: a name, a SIREN, a SIRET, or an own domain."""
    text = clean_line(text)[:_LONGEST]
    digits = text.replace(" ", "")
    if digits.isdecimal() and digits.isascii():
        rows = visible_organisations(principal).filter(
            Q(siren__startswith=digits[:9]) & (Q(siret__startswith=digits) | Q(siret=""))
            if len(digits) > 9
            else Q(siren__startswith=digits) | Q(siret__startswith=digits)
        )
        return _found(rows.order_by("name", "pk"))
    whole = normal(text.rpartition("@")[2])
    if len(whole) < SHORTEST:
        return Found((), more=False)
    wanted = Q(search__startswith=whole) | Q(search__contains=f" {whole}")
    if "." not in text or " " in text:  # no domain: the words may stand in any order
        wanted = Q()
        for word in telling(text):
            wanted &= Q(search__contains=word)
    rank = Case(
        When(search=whole, then=Value(0)),
        When(search__startswith=whole, then=Value(1)),
        When(search__endswith=f" {whole}", then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    rows = visible_organisations(principal).filter(wanted)
    return _found(rows.annotate(rank=rank).order_by("rank", "name", "pk"))


def _found(rows: QuerySet[Organisation]) -> Found:
    found = list(rows.select_related("commune", "commune__department")[: MOST + 1])
    return Found(found[:MOST], more=len(found) > MOST)


def organisation(principal: Principal, uuid: UUID) -> Organisation:
    """Return one visible organisation with its place; raises ``NotFound``."""
    rows = visible_organisations(principal).select_related(
        "commune", "commune__department", "commune__epci"
    )
    row = rows.filter(uuid=uuid).first()
    if row is None:
        raise NotFound
    return row


def contacts(row: Organisation) -> QuerySet[Contact]:
    """Return the people to reach at an organisation already seen."""
    return row.contacts.order_by("name", "pk")


def contact(principal: Principal, of: UUID, uuid: UUID) -> Contact:
    """Return one contact of a visible organisation; raises ``NotFound``."""
    rows = Contact.objects.filter(organisation__in=visible_organisations(principal))
    row = rows.select_related("organisation").filter(organisation__uuid=of, uuid=uuid).first()
    if row is None:
        raise NotFound
    return row


def agreements(row: Organisation) -> QuerySet[OperatorAgreement]:
    """Return every agreement of an organisation already seen, the one in force first."""
    rows = row.agreements.select_related("operator")
    return rows.order_by("-agreed_at", "-pk")


def place(insee: str) -> Commune:
    """Return a commune with what its page shows, the present one for a former code.

    Raises ``NotFound``.
    """
    code = clean_line(insee)
    rows = Commune.objects.select_related("department", "epci").prefetch_related("former")
    row = rows.filter(pk=code).first() or rows.filter(former__insee=code).first()
    if row is None:
        raise NotFound
    return row


def bodies_of(principal: Principal, commune: Commune) -> Found:
    """Return the visible organisations of a commune, its town hall first, and its EPCI."""
    here = Q(commune=commune)
    if commune.epci_id:
        here |= Q(siren=commune.epci_id, kind="epci")
    rank = Case(
        When(siren=commune.siren, then=Value(0)),
        When(kind="epci", then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    rows = visible_organisations(principal).filter(here)
    return _found(rows.annotate(rank=rank).order_by("rank", "name", "pk"))


def settings() -> dict[str, DeskSetting]:
    """Return what admins set and is in force, by name; for admins."""
    rows = DeskSetting.objects.filter(current=True).select_related("by").order_by("pk")
    return {row.name: row for row in rows}


def versions(name: str) -> QuerySet[DeskSetting]:
    """Return the versions of a setting, the one in force first; for admins."""
    return DeskSetting.objects.filter(name=name).select_related("by").order_by("-number")


def visible_operators(principal: Principal) -> QuerySet[Operator]:
    """Return the shared IT services: all for the desk, their own for the people of one."""
    if not isinstance(principal, Person):
        return Operator.objects.none()
    if principal.role in DESK:
        return Operator.objects.order_by("name")
    if principal.role == Role.OPERATOR:
        return Operator.objects.filter(people=principal.user_id).order_by("name")
    return Operator.objects.none()


def operator(principal: Principal, uuid: UUID) -> Operator:
    """Return one visible operator; raises ``NotFound``."""
    members = OperatorMember.objects.select_related("user").order_by("user__name", "pk")
    rows = visible_operators(principal).prefetch_related(
        Prefetch("operatormember_set", queryset=members, to_attr="members")
    )
    row = rows.filter(uuid=uuid).first()
    if row is None:
        raise NotFound
    return row


def served_by(row: Operator) -> Found:
    """Return the organisations whose cases an operator already seen may look at."""
    agreed = OperatorAgreement.objects.filter(
        organisation=OuterRef("pk"), operator=row, ended_at=None
    )
    return _found(Organisation.objects.filter(Exists(agreed)).order_by("name", "pk"))


def who_may_join(row: Operator) -> QuerySet[User]:
    """Return the active people with the role of an operator who are not members yet."""
    people = User.objects.filter(role=Role.OPERATOR, is_active=True).exclude(operators=row)
    return people.order_by("name", "pk")
