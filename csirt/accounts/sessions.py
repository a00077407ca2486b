"""Sessions in the database that know whose they are, and end by themselves.

One that somebody has logged in with ends ``IDLE`` after it was last used, and ``LONGEST`` after it
began, whatever happens. What a page asks by itself is no use of it (see ``BACKGROUND``).

``SESSION_ENGINE`` names this module.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, load_backend
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from csirt.accounts.models import Session
from csirt.kernel.clock import real as now

if TYPE_CHECKING:
    from csirt.accounts.models import User

log = structlog.get_logger()

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
NOTED_EVERY = timedelta(minutes=1)  # a use is written once in so long
BACKGROUND = "Desk-Background"  # the header of what scripts ask on their own
BEGAN, USED, AGENT, ADDRESS = "desk.began", "desk.used", "desk.agent", "desk.address"
_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrom", "Chrome"),
             ("Safari/", "Safari"))  # fmt: skip
_SYSTEMS = (("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"),
            ("Macintosh", "macOS"), ("Linux", "Linux"))  # fmt: skip


class SessionStore(DatabaseStore):
    """Django's own store over a row that bears the user, and ends when it is idle or old."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def get_expiry_date(self, **kwargs: Any) -> datetime:
        """Return when it ends if nothing more comes; a stranger's ends as Django says."""
        if SESSION_KEY not in self:
            return super().get_expiry_date(**kwargs)
        return min(_moment(self, USED) + IDLE, _moment(self, BEGAN) + LONGEST)

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        if SESSION_KEY in data:
            data.setdefault(BEGAN, int(now().timestamp()))
            data.setdefault(USED, data[BEGAN])
        row = super().create_model_instance(data)
        assert isinstance(row, Session)
        if SESSION_KEY in data:
            row.user_id = int(data[SESSION_KEY])
            row.began_at, row.used_at = _moment(data, BEGAN), _moment(data, USED)
            row.agent, row.address = data.get(AGENT, ""), data.get(ADDRESS, "")
        return row


def _moment(data: Any, name: str) -> datetime:
    seconds = data.get(name)
    return now() if seconds is None else datetime.fromtimestamp(seconds, UTC)


def user_of(session: Any) -> "User | None":
    """Return whose *session* (a store) it is; None for nobody's, or from before another password.

    Its hash may be of any of the signing keys, and stays: Django would give the session another name
    for it, under which no socket of it is known. The old key is accepted for longer than it lasts.
    """
    path = session.get(BACKEND_SESSION_KEY)
    if SESSION_KEY not in session or path not in settings.AUTHENTICATION_BACKENDS:
        return None
    user: User | None = load_backend(path).get_user(int(session[SESSION_KEY]))
    if user is None:
        return None
    held = session.get(HASH_SESSION_KEY, "")
    hashes = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return user if any(constant_time_compare(held, one) for one in hashes) else None


def begin(request: HttpRequest, address: str) -> None:
    """Note that somebody has just logged in: when, with what, and from which network *address*."""
    at = int(now().timestamp())
    agent = request.headers.get("User-Agent", "")
    request.session.update({BEGAN: at, USED: at, AGENT: device_of(agent), ADDRESS: address[:64]})


def proved_again(request: HttpRequest, method: str, **said: Any) -> None:
    """Note that the session's owner has said again who they are; called by allauth."""
    if said.get("reauthenticated"):
        request.desk_proved = said.get("type") or method  # type: ignore[attr-defined]


def renew(request: HttpRequest) -> None:
    """Give the session another name after such a proof (ASVS 5.0, 7.2.4); the former opens nothing.

    What it holds stays. At the end of the request, so that other pages of the same browser, which ask
    by themselves, hardly ever come with the former name. What was asked for is done by then: where the
    database fails, the session keeps its name. Raises ``SessionInterrupted`` when it was ended meanwhile.
    """
    method = request.__dict__.pop("desk_proved", "")
    if not method or SESSION_KEY not in request.session:
        return
    from csirt.accounts import factors

    before = request.session.session_key
    try:
        factors.proved_again(
            user=request.user,  # type: ignore[arg-type]
            before=before,
            session=request.session,
            methods=[method],
            now=now(),
        )
    except (DatabaseError, InterfaceError) as error:
        request.session._session_key = before  # noqa: SLF001 - the one that stands in the database
        log.warning("session.not_renewed", error=type(error).__name__)


def note_use(request: HttpRequest) -> None:
    """Note that a session which the request has read was used, unless a script asked by itself."""
    session = request.session
    read = hasattr(session, "_session_cache")  # nothing is read for this: the database may be away
    if not read or BACKGROUND in request.headers or SESSION_KEY not in session:
        return
    if now() - _moment(session, USED) >= NOTED_EVERY:
        session[USED] = int(now().timestamp())


def device_of(agent: str) -> str:
    """Return what a ``User-Agent`` says, in names from a fixed list: « Firefox, Windows »."""
    names = (
        next((name for mark, name in marks if mark in agent), "") for marks in (_BROWSERS, _SYSTEMS)
    )
    return ", ".join(name for name in names if name)


def name_of(session_key: str | None) -> str:
    """Return how the journal names a session: a digest that opens nothing."""
    return hashlib.sha256((session_key or "").encode()).hexdigest()[:16]
