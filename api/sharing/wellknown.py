"""Values that everybody meets: blocking them would cut partners off, so they never leave.

From the MISP warning lists in the installed package, read once by the worker, offline. Lists of
whole clouds and of VPN providers are left out: an attacker's own server stands there too. Where
anybody may have a page (``lots-project``), only the bare name is well known.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from ipaddress import ip_network
from pathlib import Path
from socket import AF_INET, AF_INET6, inet_pton
from urllib.parse import urlsplit

from csirt.kernel.hosts import is_public_mail

_EXACT = (
    "alexa captive-portals cisco_top10k digitalside disposable-email dynamic-dns findip-host "
    "link-in-bio lots-project majestic_million moz-top500 public-ipfs-gateways second-level-tlds "
    "tranco10k url-shortener whats-my-ip"
)
_WITH_SUBDOMAINS = (
    "automated-malware-analysis bank-website dax30 google microsoft microsoft-office365 "
    "microsoft-win10-connection-endpoints umbrella-blockpage-hostname university_domains"
)
_NETWORKS = (
    "akamai apple censys-scanning cloudflare fastly google-gmail-sending-ips googlebot "
    "microsoft-office365-ip onyphe-scanner ovh-cluster parking-domain public-dns-v4 public-dns-v6 "
    "shadowserver shodan-scanning sinkholes smtp-receiving-ips smtp-sending-ips stackpath "
    "umbrella-blockpage-v4 umbrella-blockpage-v6 zscaler"
)
_HASHES = (
    "common-ioc-false-positive eicar.com empty-hashes mozilla-CA mozilla-IntermediateCA "
    "nioc-filehash ti-falsepositives"
)
_HASH_TYPES = frozenset({"md5", "sha1", "sha256", "sha512"})


@dataclass
class WellKnown:
    """The lists in the form in which they are asked; each answer is a list's name, or empty."""

    exact: dict[str, str] = field(default_factory=dict)
    shared: set[str] = field(default_factory=set)  # anybody may have a name under these
    suffixes: dict[str, str] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    networks: dict[tuple[int, int], dict[int, str]] = field(default_factory=dict)

    def add_network(self, written: str, name: str) -> None:
        """Add an address or a network, under its length and leading bits."""
        address, _slash, length = written.partition("/")
        version, family = (6, AF_INET6) if ":" in address else (4, AF_INET)
        packed = inet_pton(family, address)  # of 66,000: ten times as fast as ip_network
        bits = 8 * len(packed)
        prefix = int(length or bits)
        number = int.from_bytes(packed) >> (bits - prefix)
        self.networks.setdefault((version, prefix), {}).setdefault(number, name)

    def find(self, kind: str, value: str) -> str:
        """Return the name of the first list that has *value*, of an observable type; else ``""``."""
        if kind in _HASH_TYPES:
            return self.hashes.get(value.lower(), "")
        if kind in {"ipv4", "ipv6", "cidr"}:
            return self._network(value)
        if kind == "domain":
            return self._domain(value)
        if kind == "email":
            host = value.rpartition("@")[2]
            return "" if is_public_mail(host) else self._suffix(host)
        if kind == "url":
            return self._url(value)
        return ""

    def _domain(self, name: str) -> str:
        name = name.lower().rstrip(".")
        bare = name.removeprefix("www.")
        return self.exact.get(name) or self.exact.get(bare) or self._suffix(name)

    def _suffix(self, name: str) -> str:
        labels = name.lower().split(".")
        for tail in (".".join(labels[n:]) for n in range(len(labels))):
            if tail in self.shared:
                return ""
            if tail in self.suffixes:
                return self.suffixes[tail]
        return ""

    def _url(self, value: str) -> str:
        """A page on a well-known site may be an attacker's; its front page is not."""
        try:
            parts = urlsplit(value)
            host = parts.hostname or ""
        except ValueError:
            return ""
        if re.fullmatch(r"[\d.]+", host) or ":" in host:
            return self._network(host)
        return self._domain(host) if parts.path in {"", "/"} and not parts.query else ""

    def _network(self, value: str) -> str:
        try:
            asked = ip_network(value, strict=False)
        except ValueError:
            return ""
        number, bits = int(asked.network_address), asked.max_prefixlen
        for (version, prefix), networks in self.networks.items():
            if version == asked.version and prefix <= asked.prefixlen:
                found = networks.get(number >> (bits - prefix))
                if found:
                    return found
        return ""


def _lists(names: str) -> Iterator[tuple[str, list[str]]]:
    spec = find_spec("pymispwarninglists")  # its data alone: its code imports a JSON validator
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("pymispwarninglists")
    folder = Path(spec.origin).parent / "data" / "misp-warninglists" / "lists"
    for name in names.split():
        content = json.loads((folder / name / "list.json").read_text(encoding="utf-8"))
        yield str(content["name"]), [str(entry).strip() for entry in content["list"]]


@cache
def lists() -> WellKnown:
    """Return the lists, read on first use: half a second, 80 MB."""
    known = WellKnown()
    for _name, entries in _lists("lots-project"):
        known.shared = {entry.lstrip(".").lower() for entry in entries}
    for name, entries in _lists(_EXACT):
        for entry in entries:
            known.exact.setdefault(entry.lstrip(".").lower(), name)
    for name, entries in _lists(_WITH_SUBDOMAINS):
        for entry in entries:
            known.suffixes.setdefault(entry.lstrip(".").lower(), name)
    for name, entries in _lists(_HASHES):
        for entry in entries:
            known.hashes.setdefault(entry.lower(), name)
    for name, entries in _lists(_NETWORKS):
        for entry in entries:
            known.add_network(entry, name)
    return known
