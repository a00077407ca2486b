"""Who may open a console: asked at the handshake, and again with each hello."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from csirt.accounts import kinds
from csirt.accounts.models import Session
from csirt.accounts.principals import Person
from csirt.accounts.second_factor import satisfied
from csirt.accounts.sessions import SessionStore, user_of
from csirt.journal.models import Event


@dataclass(frozen=True)
class Admitted:
    """Somebody who works cases, in a session that ends at ``until`` unless it is used."""

    person: Person
    session: str  # as the journal names it
    until: datetime
    since: int = 0  # seq: what the journal held before this was read


def admitted(key: str | None, host: str, since: int = 0) -> Admitted | None:
    """Return who the session *key* lets in now; None for everybody who does not work cases.

    *host* is the handshake's Host header (the second factor is optional on a loopback host of the
    demonstration). *since* is the seq of an event that was read before.
    """
    row = Session.objects.filter(session_key=key).first() if key else None
    return _let_in(row, host, since)


def again(known: Admitted, host: str, since: int) -> Admitted | None:
    """Return the same, as things stand now; None when the session or the right has gone."""
    return _let_in(session_of(known), host, since)


def session_of(known: Admitted) -> Session | None:
    """Return the session that *known* came in with, whatever it is called meanwhile."""
    mine = {row.name: row for row in Session.objects.filter(user=known.person.user_id)}
    renamed = Event.objects.filter(
        seq__gt=known.since, kind=kinds.PROVED_AGAIN.name, object_id=str(known.person.uuid)
    )
    name = known.session
    for said in renamed.order_by("seq").values_list("data", flat=True):
        if name in mine:
            break
        name = said["now"] if said["session"] == name else name
    return mine.get(name)


def _let_in(row: Session | None, host: str, since: int) -> Admitted | None:
    if row is None:
        return None
    session = SessionStore(row.session_key)
    user = user_of(session)
    if user is None or not user.is_active:
        return None
    person = Person.of(user)
    if not person.works_cases or not satisfied(cast("Mapping[str, Any]", session), user, host=host):
        return None
    return Admitted(person, row.name, row.expire_date, since)
