"""Values that an admin listed as never indicators: seen in a case, they join and leave nothing."""

import re
from functools import lru_cache
from urllib.parse import urlsplit

from csirt.directory.desk import values
from csirt.kernel.hosts import is_public_mail
from incidents.domain.observables import OwnValues
from incidents.domain.observables.own import Own

_NETWORK = re.compile(r"[\d.]+(/\d+)?|[\da-f]*:[\da-f:.]*(/\d+)?")


def is_listed(kind: str, value: str) -> bool:
    """Tell whether the desk's own list has this value: with a domain its sub-domains and mailboxes.

    Of pages, only the front one: another may be an attacker's.
    """
    found = values.known().values.get("warnings")
    return found is not None and _stands(_made(tuple(found["values"])), kind, value)


def joins_nobody(kind: str, value: str) -> bool:
    """Tell whether two cases that share this value have nothing to do with each other by that."""
    return (kind == "domain" and is_public_mail(value)) or is_listed(kind, value)


def _stands(listed: Own, kind: str, value: str) -> bool:
    if kind == "url":
        try:
            parts = urlsplit(value)
            host = parts.hostname or ""
        except ValueError:
            return False
        if parts.path not in {"", "/"} or parts.query:
            return False
        kind, value = ("ipv4" if _NETWORK.fullmatch(host) else "domain"), host
    if kind in {"ipv4", "ipv6", "cidr"}:
        return listed.has_ip(value)
    if kind == "domain":
        return listed.has_domain(value.lower())
    return kind == "email" and listed.has_email(value.lower())


@lru_cache(maxsize=4)
def _made(written: tuple[str, ...]) -> Own:
    emails = [one for one in written if "@" in one]
    networks = [one for one in written if _NETWORK.fullmatch(one)]
    domains = [one for one in written if one not in {*emails, *networks}]
    return Own(OwnValues(emails=(), domains=domains, ips=networks), mailboxes=emails)
