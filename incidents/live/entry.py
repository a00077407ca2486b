"""Who may open a console: asked at the handshake, and again with each hello."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

from django.contrib.auth import get_user
from django.http import HttpRequest

from csirt.accounts.models import User
from csirt.accounts.principals import Person
from csirt.accounts.second_factor import satisfied
from csirt.accounts.sessions import SessionStore, name_of


@dataclass(frozen=True)
class Admitted:
    """Somebody who works cases, in a session that ends at ``until`` unless it is used."""

    person: Person
    session: str  # as the journal names it
    until: datetime
    key: str = ""  # of the session, to ask again


def admitted(key: str | None, host: str) -> Admitted | None:
    """Return who the session *key* lets in now; None for everybody who does not work cases.

    *host* is the handshake's Host header (the second factor is optional on a loopback host of the
    demonstration).
    """
    if not key:
        return None
    until = ends(key)
    if until is None:
        return None
    session = SessionStore(key)
    user = get_user(cast("HttpRequest", SimpleNamespace(session=session)))
    if not isinstance(user, User) or not user.is_active:
        return None
    person = Person.of(user)
    if not person.works_cases or not satisfied(cast("Mapping[str, Any]", session), user, host=host):
        return None
    return Admitted(person, name_of(key), until, key)


def ends(key: str) -> datetime | None:
    """Return when the session *key* ends as things stand; None when it has gone."""
    rows = SessionStore.get_model_class().objects.filter(session_key=key)
    return rows.values_list("expire_date", flat=True).first()
