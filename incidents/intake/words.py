"""The reader's language: the reference data speaks both, everything else goes through gettext."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.utils.translation import get_language, gettext, gettext_noop

from csirt.reference.bundle import Bundle
from incidents.services.doors import serves

# Opening hours stand in the reference data in French only: these are their msgids.
HOURS = (
    gettext_noop("24 h/24"),
    gettext_noop("24 h/24, 7 j/7"),
    gettext_noop("24 h/24, 7 j/7, en ligne"),
    gettext_noop("24 h/24, 7 j/7, gratuit"),
    gettext_noop("24 h/24, gratuit"),
    gettext_noop("24 h/24, payant"),
    gettext_noop("7 j/7, 9 h-19 h (une source dit 20 h)"),
    gettext_noop("7 j/7, 9 h-23 h, gratuit"),
    gettext_noop("en ligne"),
    gettext_noop("en ligne, FranceConnect"),
    gettext_noop("heures ouvrées ; astreinte hors heures pour incident majeur"),
    gettext_noop("lun-ven 9 h-12 h 30 et 14 h-17 h 30, hors jours fériés"),
    gettext_noop("lun-ven 9 h-18 h 30, gratuit"),
    gettext_noop("par SMS"),
)

NO_BREAK = "\u00a0"
_BEFORE = re.compile(r" (?=[?!:;»])")
_AFTER = re.compile(r"(?<=«) ")


def language() -> str:
    """Return ``fr`` or ``en``, as the page is shown."""
    return "en" if (get_language() or "fr").startswith("en") else "fr"


def said(thing: object, name: str = "") -> str:
    """Return ``name_fr`` or ``name_en`` of something of the reference data, empty when it has none."""
    wanted = f"{name}_{language()}" if name else language()
    fallback = f"{name}_fr" if name else "fr"
    return typeset(str(getattr(thing, wanted, None) or getattr(thing, fallback, None) or ""))


def typeset(text: str) -> str:
    """Return a sentence whose French punctuation stays with its word at the end of a line."""
    return _BEFORE.sub(NO_BREAK, _AFTER.sub(NO_BREAK, text))


@dataclass(frozen=True)
class Reach:
    """Somebody to reach, as ``components/phone_box.html`` shows it."""

    id: str
    name: str
    phone: str
    hours: str
    url: str
    sms: bool = False

    @property
    def scheme(self) -> str:
        """How a telephone is to reach the number."""
        return "sms" if self.sms else "tel"


def reach(
    bundle: Bundle, wanted: Iterable[str], *, kind: str = "", traits: Collection[str] = ()
) -> list[Reach]:
    """Return these contacts once each, in order; with *kind*, only those for such a victim."""
    found = []
    for name in dict.fromkeys(wanted):
        if kind and not serves(bundle, name, kind, traits):
            continue
        contact = bundle.contacts[name]
        hours = gettext(contact.hours_fr) if contact.hours_fr else ""
        phone, url = contact.phone or "", contact.url or ""
        found.append(Reach(name, said(contact, "name"), phone, hours, url, contact.sms))
    return found


def said_all(thing: object, name: str) -> tuple[str, ...]:
    """Return ``name_fr`` or ``name_en`` of something that holds several sentences."""
    return tuple(typeset(text) for text in getattr(thing, f"{name}_{language()}"))
