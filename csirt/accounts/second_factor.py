"""Whether somebody has proved a second factor in this session.

Asked by the middleware, by the REST API and by the console's socket: one answer for all.
"""

from collections.abc import Mapping
from ipaddress import ip_address
from types import SimpleNamespace
from typing import Any

from allauth.account.authentication import get_authentication_records
from django.conf import settings

from csirt.accounts.models import User
from csirt.accounts.roles import NEEDS_SECOND_FACTOR

METHOD = "mfa"  # how allauth names it among the session's authentication records


def is_loopback(host: str) -> bool:
    """Tell whether *host*, as in the Host header, names this machine only."""
    name = host.strip().lower()
    if name.startswith("["):
        name = name[1:].partition("]")[0]
    elif name.count(":") == 1:
        name = name.partition(":")[0]
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def optional(host: str) -> bool:
    """In the demonstration only, and only on a loopback *host*, nobody has to have one."""
    return bool(settings.SECOND_FACTOR_OPTIONAL) and is_loopback(host)


def needed(user: User) -> bool:
    """Tell whether this person's role must have a second factor."""
    return user.role in NEEDS_SECOND_FACTOR


def proved(session: Mapping[str, Any], user: User) -> bool:
    """Tell whether *user* gave a code in *session*. Reading a session may query the database."""
    records = get_authentication_records(SimpleNamespace(session=session), user)
    return any(record.get("method") == METHOD for record in records)


def satisfied(session: Mapping[str, Any], user: User, *, host: str = "") -> bool:
    """Tell whether *user* may go on in *session*; *host* is the Host header of the request."""
    return not needed(user) or proved(session, user) or optional(host)
