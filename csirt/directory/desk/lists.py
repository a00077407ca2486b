"""The desk's numbers, and the values that are never indicators: read and checked."""

from collections.abc import Mapping
from dataclasses import asdict
from ipaddress import ip_network
from typing import Any

from django.utils.translation import gettext_noop as _

from csirt.directory import checks
from csirt.directory.desk import reached
from csirt.kernel.errors import Invalid
from csirt.kernel.hosts import to_ascii
from csirt.kernel.text import clean

MOST = 2000  # values
WIDEST = {4: 8, 6: 16}  # shortest prefix: a whole half of the Internet is a mistake


def read_numbers(typed: Mapping[str, str]) -> dict[str, Any]:
    """Return the numbers; raises ``Invalid``."""
    values = checks.together(
        {
            "phone": lambda: checks.phone("phone", typed.get("phone", "")),
            "email": lambda: checks.email("email", typed.get("email", "")),
            "note_fr": lambda: checks.line("note_fr", typed.get("note_fr", ""), 60),
            "note_en": lambda: checks.line("note_en", typed.get("note_en", ""), 60),
        }
    )
    missing = {name: _("Il en faut un.") for name in ("phone", "email") if not values[name]}
    if bool(values["note_fr"]) != bool(values["note_en"]):
        missing["note_en"] = _("Écrivez-le dans les deux langues.")
    if missing:
        raise Invalid("Il manque quelque chose.", fields=missing)
    return values


def shipped_numbers() -> dict[str, Any]:
    """Return the numbers of the settings of the process."""
    return asdict(reached.from_settings())


def read_warnings(typed: Mapping[str, str]) -> dict[str, Any]:
    """Return the values, each in its one form, sorted; raises ``Invalid`` naming the first wrong one."""
    lines = [line.strip() for line in clean(typed.get("values", "")).splitlines() if line.strip()]
    if len(lines) > MOST:
        raise Invalid(
            "Cette liste est trop longue.", fields={"values": _("2 000 valeurs au plus.")}
        )
    found = set()
    for line in lines:
        value = _value(line)
        if value is None:
            raise Invalid(
                "« %(value)s » n'est ni un domaine, ni une adresse.",
                fields={"values": _("Corrigez cette ligne, ou effacez-la.")},
                value=line[:60],
            )
        found.add(value)
    return {"values": sorted(found)}


def _value(written: str) -> str | None:
    text = written.lower().replace("[.]", ".").replace("[@]", "@")
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        local, at, host = text.rpartition("@")
        name = to_ascii(host.removeprefix("*.").strip("."))
        if not name or "." not in name or (at and not local):
            return None
        return f"{local}@{name}" if at else name
    if network.prefixlen < WIDEST[network.version]:
        return None
    whole = network.prefixlen == network.max_prefixlen
    return str(network.network_address) if whole else str(network)
