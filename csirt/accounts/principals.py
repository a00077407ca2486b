"""Whoever reads or acts: a person, a victim, a partner's machine, or nobody known.

Every read starts from ``visible_to(principal)``; every journalled act names ``principal.actor``.
"""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest

from csirt.accounts.models import User
from csirt.accounts.roles import DESK, SEES_CASES, Role


@dataclass(frozen=True)
class Anonymous:
    """Nobody known."""

    actor: str = "anonymous"


@dataclass(frozen=True)
class Victim:
    """Somebody who gave a tracking code of one incident.

    ``name`` is whom the reporter made that code for; empty for the reporter, who alone decides.
    """

    incident_id: int
    actor: str = "victim"
    name: str = ""


@dataclass(frozen=True)
class Machine:
    """A partner's program, known by its token."""

    partner_id: int
    identifier: str
    token_id: int
    scopes: frozenset[str] = frozenset()

    @property
    def actor(self) -> str:
        return f"partner:{self.identifier}"


@dataclass(frozen=True)
class Person:
    """Somebody with an account, as their role stands now."""

    user_id: int
    uuid: UUID
    role: Role
    name: str = ""

    @property
    def actor(self) -> str:
        return f"user:{self.uuid}"

    @property
    def works_cases(self) -> bool:
        return self.role in DESK

    @property
    def sees_cases(self) -> bool:
        return self.role in SEES_CASES

    @classmethod
    def of(cls, user: User) -> "Person":
        return cls(user_id=user.pk, uuid=user.uuid, role=Role(user.role), name=user.name)


Principal = Anonymous | Victim | Machine | Person


def principal_of(request: HttpRequest) -> Person | Anonymous:
    """Return who the session says is asking. A victim's page and the machines have their own."""
    user = request.user
    return Person.of(user) if isinstance(user, User) and user.is_active else Anonymous()
