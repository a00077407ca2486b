"""Does a text name the victim? Whole folded words for names, exact forms for addresses.

Communes are called Ur, Py and Fos: a name counts as a run of whole words, and the name of a place
alone only from four letters on. A check that refused everything would be as useless as none.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from incidents import queries
from incidents.domain.observables import OwnValues
from incidents.domain.observables.own import Own
from incidents.domain.observables.refang import refang
from incidents.models import Incident, Message, Observable
from incidents.services.observing import own_values

SHORTEST_PLACE = 4
SHORTEST_NAME = 3
RUN = 6  # words: fewer in a row are anybody's
LEAST_DIGITS = 9  # of a telephone number, a SIREN
_NAMES_NOBODY = frozenset(
    {
        "association",
        "collectivite",
        "commune",
        "entreprise",
        "ma commune",
        "ma mairie",
        "mairie",
        "particulier",
        "societe",
        "ville",
    }
)  # typed where a name was asked

_WORD = re.compile(r"[a-z0-9]+")
_DIGITS = re.compile(r"\+?\d(?:[\s.\-/()]{0,2}\d){8,18}")


def folded(text: str) -> str:
    """Return the words of *text* without case, accents or marks, between single spaces."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(char for char in plain if not unicodedata.combining(char))
    return f" {' '.join(_WORD.findall(bare))} "


def _digits(text: str) -> str:
    """The last nine digits: the same whether a number begins with 0, 0033 or +33."""
    return re.sub(r"\D", "", text)[-LEAST_DIGITS:]


@dataclass(frozen=True)
class Names:
    """What would name the victim of one case."""

    words: tuple[str, ...]  # folded, as ``folded`` gives them
    numbers: tuple[str, ...]  # last nine digits of telephones; SIREN and SIRET whole
    own: OwnValues

    def in_value(self, kind: str, value: str) -> bool:
        """Tell whether an observable belongs to the victim, or carries a name of theirs."""
        own = Own(self.own)
        checks = {
            "domain": own.has_domain,
            "email": own.has_email,
            "ipv4": own.has_ip,
            "ipv6": own.has_ip,
            "cidr": own.has_ip,
            "phone": own.has_phone,
        }
        try:
            belongs = checks[kind](value) if kind in checks else False
        except ValueError:  # typed by hand, not an address at all
            belongs = False
        return belongs or own.is_in(value) or self.in_text(value)

    def in_text(self, text: str) -> bool:
        """Tell whether a text contains a name, a number, an address or a domain of theirs."""
        plain = unquote(text)
        words = folded(plain)
        if any(name in words for name in self.words):
            return True
        if Own(self.own).is_in(plain):
            return True
        runs = {_digits(run) for run in _DIGITS.findall(plain)}
        whole = {re.sub(r"\D", "", run) for run in _DIGITS.findall(plain)}
        return any(number in runs or number in whole for number in self.numbers)


def names_of(case: Incident) -> Names:
    """Return what names the victim of *case*: reports, organisation, its contacts, its commune."""
    reports = list(case.reports.all())
    organisation = case.organisation
    contacts = list(organisation.contacts.all()) if organisation else []
    own = own_values(case)
    words = [report.contact_name for report in reports] + [case.organisation_name]
    numbers = [contact.phone for contact in contacts] + list(own.phones)
    if organisation:
        words += [organisation.name, *(contact.name for contact in contacts)]
        numbers += [organisation.siren, organisation.siret]
    places = [case.commune.name] if case.commune and case.victim_kind == "commune" else []
    return Names(
        words=_phrases(words, SHORTEST_NAME) + _phrases(places, SHORTEST_PLACE),
        numbers=tuple(
            sorted({n for number in numbers for n in _forms(number) if len(n) >= LEAST_DIGITS})
        ),
        own=OwnValues(
            phones=[*own.phones, *(contact.phone for contact in contacts if contact.phone)],
            emails=[*own.emails, *(contact.email for contact in contacts if contact.email)],
            domains=own.domains,
            ips=own.ips,
        ),
    )


def quotes(case: Incident, text: str) -> bool:
    """Tell whether *text* repeats what the victims of *case* wrote, ``RUN`` words in a row.

    Of all who wrote in it and in what was merged into it. Its observables are nobody's words.
    """
    if len(folded(text).split()) < RUN:
        return False
    cases = queries.joined(case)
    found = Observable.objects.filter(incident__in=cases).values_list("value", flat=True)
    values = sorted({folded(value) for value in found} - {"  "}, key=len, reverse=True)
    runs = set(_runs(text, values))
    written = [report.text for report in case.reports.all()]
    messages = Message.objects.filter(incident__in=cases, author=None)
    written += [one.text for one in messages if one.from_victim]
    return any(run in runs for own in written for run in _runs(own, values))


def _runs(text: str, values: list[str]) -> Iterator[str]:
    bare = folded(refang(text).text)
    for value in values:
        bare = bare.replace(value, " ")
    words = bare.split()
    return (" ".join(words[n : n + RUN]) for n in range(len(words) - RUN + 1))


def _phrases(texts: Iterable[str], shortest: int) -> tuple[str, ...]:
    phrases = {folded(text) for text in texts}
    return tuple(
        sorted(
            phrase
            for phrase in phrases
            if len(phrase.strip()) >= shortest and phrase.strip() not in _NAMES_NOBODY
        )
    )


def _forms(number: str) -> tuple[str, str]:
    return _digits(number), re.sub(r"\D", "", number)
