"""What stands for a machine on a network: IP addresses and domain names."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

from csirt.kernel.hosts import suffixes, to_ascii

from .types import ObservableType
from .words import (
    COMMON_WORDS,
    LOCAL_SUFFIXES,
    TITLES,
    WEAK_WORD_SUFFIXES,
    WORD_SUFFIXES,
)

_IPV4 = re.compile(r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}")
_REGISTRABLE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_ONION = re.compile(r"(?:[a-z2-7]{56}|[a-z2-7]{16})")
_LETTERS = re.compile(r"[^\W\d_]+")
_NETMASK = re.compile(r"255\.(?:0|128|192|224|240|248|252|254|255)\.")

_INTERNAL_V4 = [
    IPv4Network("0.0.0.0/8"),
    IPv4Network("10.0.0.0/8"),
    IPv4Network("100.64.0.0/10"),
    IPv4Network("127.0.0.0/8"),
    IPv4Network("169.254.0.0/16"),
    IPv4Network("172.16.0.0/12"),
    IPv4Network("192.168.0.0/16"),
    IPv4Network("224.0.0.0/4"),
    IPv4Network("255.255.255.255/32"),
]
_INTERNAL_V6 = [
    IPv6Network("::/128"),
    IPv6Network("::1/128"),
    IPv6Network("fc00::/7"),
    IPv6Network("fe80::/10"),
    IPv6Network("ff00::/8"),
]
# The addresses of documentation (RFC 5737, RFC 3849) are not internal: exercises use them.


@dataclass(frozen=True, slots=True)
class Host:
    """A machine or a network: its type, canonical value, and how much was read."""

    type: ObservableType
    value: str
    length: int
    """Characters of the written name that belong to it."""
    internal: bool = False


def is_suffix(label: str) -> bool:
    """Return whether *label* (lower case) is a top-level domain."""
    return label in suffixes()[1]


def read_ipv4(written: str) -> Host | None:
    """Return the IPv4 address *written* is, or None. Netmasks are none."""
    if not _IPV4.fullmatch(written) or _NETMASK.match(written):
        return None
    try:
        address = IPv4Address(written)
    except ValueError:
        return None
    internal = any(address in network for network in _INTERNAL_V4)
    return Host(ObservableType.IPV4, str(address), len(written), internal)


def read_ipv6(written: str) -> Host | None:
    """Return the IPv6 address *written* is, or None. ``face::bad`` could be C++: None."""
    try:
        address = IPv6Address(written)
    except ValueError:
        return None
    groups = [group for group in written.split(":") if group]
    if not groups or (len(groups) < 4 and not any(c.isdigit() for c in written)):
        return None
    internal = any(address in network for network in _INTERNAL_V6)
    return Host(ObservableType.IPV6, str(address), len(written), internal)


def read_cidr(written: str) -> Host | None:
    """Return the network *written* is (host bits cleared), or None."""
    try:
        network = ip_network(written, strict=False)
    except ValueError:
        return None
    if isinstance(network, IPv4Network):
        internal = any(network.subnet_of(n) for n in _INTERNAL_V4)
        alone = network.prefixlen == 32
        kind = ObservableType.IPV4
    else:
        internal = any(network.subnet_of(n) for n in _INTERNAL_V6)
        alone = network.prefixlen == 128
        kind = ObservableType.IPV6
    if network.prefixlen == 0:
        return None
    if alone:
        return Host(kind, str(network.network_address), len(written), internal)
    return Host(ObservableType.CIDR, str(network), len(written), internal)


def read_domain(written: str, *, certain: bool) -> Host | None:
    """Return the domain name at the start of *written*, or None.

    Labels after it that can be no part of a name ("evil.fr.Merci") are left out. *certain* says
    that something else than the dots shows an address (a scheme, an at sign, defanging); without
    it, a suffix that is a French word begins a new sentence ("demain.la").
    """
    if len(written) > 512:
        return None
    labels = written.split(".")
    for _ in range(3):
        if len(labels) < 2 or not all(labels):
            return None
        host = _domain(".".join(labels), certain=certain)
        if host:
            return host
        labels.pop()
    return None


def _domain(written: str, *, certain: bool) -> Host | None:
    value = to_ascii(written)
    if value is None:
        return None
    labels = value.split(".")
    if labels[-1] in LOCAL_SUFFIXES:
        return Host(ObservableType.DOMAIN, value, len(written), internal=True)
    extract, known = suffixes()
    if labels[-1] not in known or (not certain and _is_sentence(written)):
        return None
    if labels[-1] == "onion":
        kind, valid = ObservableType.ONION, _ONION.fullmatch(labels[-2])
    else:
        kind, valid = ObservableType.DOMAIN, _REGISTRABLE.fullmatch(extract(value).domain)
    return Host(kind, value, len(written)) if valid else None


def _is_sentence(written: str) -> bool:
    """Return whether the dots of *written* are ends of sentences without a space."""
    labels = written.split(".")
    last = labels[-1].lower()
    if not all(_LETTERS.fullmatch(label) for label in labels) or labels[0].lower() == "www":
        return False
    before = labels[-2].lower()
    if last in WORD_SUFFIXES or before in TITLES:
        return True
    weak = last in WEAK_WORD_SUFFIXES
    if labels[-1].istitle() and labels[-2].islower() and (weak or len(last) > 3):
        return True
    return weak and before in COMMON_WORDS
