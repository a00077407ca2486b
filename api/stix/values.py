"""One observable as STIX: the pattern of its indicator, and the objects that were observed."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from api.stix.identifiers import observable_id
from incidents.domain.observables import ObservableType as T


@dataclass(frozen=True)
class Form:
    """What a value becomes. ``vulnerability`` is a CVE's name: that is no indicator."""

    pattern: str = ""
    observed: tuple[dict[str, Any], ...] = field(default=())
    vulnerability: str = ""


def quoted(text: str) -> str:
    """Return a string literal of the pattern language."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _observed(kind: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": observable_id(kind, properties),
        **properties,
    }


def _plain(kind: str) -> Callable[[str], Form]:
    """A type whose one property is ``value``."""

    def form(value: str) -> Form:
        return Form(f"[{kind}:value = {quoted(value)}]", (_observed(kind, value=value),))

    return form


def _network(value: str) -> Form:
    kind = "ipv6-addr" if ":" in value else "ipv4-addr"
    return Form(f"[{kind}:value ISSUBSET {quoted(value)}]", (_observed(kind, value=value),))


def _hash(name: str) -> Callable[[str], Form]:
    def form(value: str) -> Form:
        pattern = f"[file:hashes.'{name}' = {quoted(value)}]"
        return Form(pattern, (_observed("file", hashes={name: value}),))

    return form


def _filename(value: str) -> Form:
    return Form(f"[file:name = {quoted(value)}]", (_observed("file", name=value),))


def _filepath(value: str) -> Form:
    found = re.fullmatch(r"(.*)[\\/]([^\\/]+)", value, re.DOTALL)
    if found is None or not found[1]:
        return _filename(value.strip("\\/") or value)
    folder = _observed("directory", path=found[1])
    file = _observed("file", name=found[2], parent_directory_ref=folder["id"])
    name, path = quoted(found[2]), quoted(found[1])
    return Form(f"[file:name = {name} AND file:parent_directory_ref.path = {path}]", (folder, file))


def _file_extension(value: str) -> Form:
    return Form(f"[file:name LIKE {quoted('%.' + value.lstrip('.'))}]")


_HIVES = {
    "HKLM": "HKEY_LOCAL_MACHINE",
    "HKCU": "HKEY_CURRENT_USER",
    "HKCR": "HKEY_CLASSES_ROOT",
    "HKU": "HKEY_USERS",
    "HKCC": "HKEY_CURRENT_CONFIG",
}


def _registry_key(value: str) -> Form:
    hive, slash, rest = value.partition("\\")
    key = f"{_HIVES.get(hive.upper().rstrip(':'), hive)}{slash}{rest}"
    pattern = f"[windows-registry-key:key = {quoted(key)}]"
    return Form(pattern, (_observed("windows-registry-key", key=key),))


def _message_id(value: str) -> Form:
    return Form(f"[email-message:message_id = {quoted(value)}]")


def _email_subject(value: str) -> Form:
    return Form(f"[email-message:subject = {quoted(value)}]")


def _asn(value: str) -> Form:
    number = int(re.sub(r"\D", "", value) or 0)
    pattern = f"[autonomous-system:number = {number}]"
    return Form(pattern, (_observed("autonomous-system", number=number),))


def _port(value: str) -> Form:
    return Form(f"[network-traffic:dst_port = {int(re.sub(r'[^0-9]', '', value) or 0)}]")


def _account(value: str) -> Form:
    pattern = f"[user-account:account_login = {quoted(value)}]"
    return Form(pattern, (_observed("user-account", account_login=value),))


def _handle(value: str) -> Form:
    return Form(f"[user-account:display_name = {quoted(value)}]")


def _vulnerability(value: str) -> Form:
    return Form(vulnerability=value.upper())


FORMS: dict[str, Callable[[str], Form]] = {
    T.IPV4: _plain("ipv4-addr"),
    T.IPV6: _plain("ipv6-addr"),
    T.CIDR: _network,
    T.DOMAIN: _plain("domain-name"),
    T.ONION: _plain("domain-name"),
    T.URL: _plain("url"),
    T.EMAIL: _plain("email-addr"),
    T.MAC: _plain("mac-addr"),
    T.MESSAGE_ID: _message_id,
    T.EMAIL_SUBJECT: _email_subject,
    T.MD5: _hash("MD5"),
    T.SHA1: _hash("SHA-1"),
    T.SHA256: _hash("SHA-256"),
    T.SHA512: _hash("SHA-512"),
    T.FILENAME: _filename,
    T.FILEPATH: _filepath,
    T.FILE_EXTENSION: _file_extension,
    T.REGISTRY_KEY: _registry_key,
    T.ASN: _asn,
    T.PORT: _port,
    T.ACCOUNT: _account,
    T.HANDLE: _handle,
    T.CVE: _vulnerability,
}
"""Money, telephones and serial numbers have no standard form in STIX 2.1: they are held back."""
