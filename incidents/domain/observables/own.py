"""The victim's own values: they never come out of the extraction."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from urllib.parse import unquote

from csirt.kernel.hosts import is_public_mail, to_ascii

from .phones import e164


@dataclass(frozen=True, slots=True)
class OwnValues:
    """What belongs to the victim, as typed in the form or held in the directory.

    A domain stands for its sub-domains, and for every mailbox and page on them. The domain of an
    own e-mail address is an own domain too, unless anybody may have a mailbox there. *ips* may
    hold networks. What cannot be read is ignored.
    """

    phones: Iterable[str] = ()
    emails: Iterable[str] = ()
    domains: Iterable[str] = ()
    ips: Iterable[str] = ()


class Own:
    """``OwnValues``, made ready to be asked."""

    def __init__(self, values: OwnValues, *, mailboxes: Iterable[str] = ()) -> None:
        """*mailboxes* stand for themselves alone, not for their domains."""
        self._phones = {number for number in map(e164, values.phones) if number}
        self._emails = {email for email in map(_email, values.emails) if email}
        hosts = (email.rpartition("@")[2] for email in self._emails)
        self._domains = {domain for domain in map(_domain, values.domains) if domain}
        self._domains |= {host for host in hosts if not is_public_mail(host)}
        self._emails |= {email for email in map(_email, mailboxes) if email}
        self._networks = [network for network in map(_network, values.ips) if network]
        self._texts = sorted({*self._emails, *self._domains})

    def has_phone(self, number: str) -> bool:
        """Return whether *number* (E.164) is the victim's."""
        return number in self._phones

    def has_domain(self, name: str) -> bool:
        """Return whether *name* (lower case, punycode) is an own domain or under one."""
        if not self._domains:
            return False
        labels = name.split(".")
        return any(".".join(labels[n:]) in self._domains for n in range(len(labels)))

    def has_email(self, address: str) -> bool:
        """Return whether *address* (lower case) is an own mailbox, or stands on an own domain."""
        return address in self._emails or self.has_domain(address.rpartition("@")[2])

    def has_ip(self, written: str) -> bool:
        """Return whether an address or network lies in the victim's."""
        if not self._networks:
            return False
        if "/" not in written:
            address = ip_address(written)
            return any(address in network for network in self._networks)
        asked = ip_network(written)
        return any(
            asked.version == network.version
            and int(network.network_address) <= int(asked.network_address)
            and int(asked.broadcast_address) <= int(network.broadcast_address)
            for network in self._networks
        )

    def is_in(self, value: str) -> bool:
        """Return whether *value* contains an own address or domain, percent-encoded or not."""
        if not self._texts:
            return False
        plain = unquote(value).lower()
        return any(text in plain for text in self._texts)


def _email(written: str) -> str | None:
    local, at, host = written.strip().lower().rpartition("@")
    name = to_ascii(host) if host else None
    return f"{local}@{name}" if at and local and name else None


def _domain(written: str) -> str | None:
    return to_ascii(written.strip().strip(".").removeprefix("*.")) if written.strip() else None


def _network(written: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(written.strip(), strict=False)
    except ValueError:
        return None
