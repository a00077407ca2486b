"""What may be written in the directory, each value in its one stored form.

Every function raises ``Invalid`` naming its field.
"""

from collections.abc import Callable, Iterable, Mapping
from ipaddress import ip_network
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from stdnum.exceptions import ValidationError as BadNumber
from stdnum.fr import siren as stdnum_siren
from stdnum.fr import siret as stdnum_siret

from csirt.kernel.errors import Invalid
from csirt.kernel.hosts import is_public_mail, is_registrable, to_ascii
from csirt.kernel.text import clean_line

MOST = 50  # own domains, own addresses
WIDEST = {4: 16, 6: 32}  # shortest prefix of an own network: nobody here owns more


def together(steps: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    """Return what each step gives; raises one ``Invalid`` that names every field that is wrong."""
    values: dict[str, Any] = {}
    problems: list[Invalid] = []
    for name, step in steps.items():
        try:
            values[name] = step()
        except Invalid as error:
            problems.append(error)
    if problems:
        first = problems[0]
        named = {name: said for error in problems for name, said in error.fields.items()}
        raise Invalid(first.sentence, code=first.code, fields=named, **first.params)
    return values


def line(field: str, text: str, longest: int, *, required: bool = False) -> str:
    """Return *text* on one clean line."""
    text = clean_line(text)
    if required and not text:
        raise Invalid("Il manque un texte.", fields={field: "Écrivez un nom."})
    if len(text) > longest:
        raise Invalid("Ce texte est trop long.", fields={field: "Raccourcissez ce texte."})
    return text


def one_of(field: str, value: str, allowed: Iterable[str]) -> str:
    """Return *value*, which is in its list."""
    if value not in set(allowed):
        raise Invalid(
            "Une valeur n'est pas dans sa liste.",
            fields={field: "Choisissez une valeur de la liste."},
        )
    return value


def numbers(siren: str, siret: str) -> tuple[str, str]:
    """Return the SIREN and SIRET as digits; either may be empty, and a SIRET gives its SIREN.

    Check digits are those of the INSEE (Luhn; La Poste's own rule for its establishments).
    """
    siren, siret = clean_line(siren), clean_line(siret)
    if siren:
        try:
            siren = stdnum_siren.validate(siren)
        except BadNumber as error:
            raise Invalid(
                "Ce SIREN n'existe pas.", fields={"siren": "Vérifiez ses 9 chiffres."}
            ) from error
    if siret:
        try:
            siret = stdnum_siret.validate(siret)
        except BadNumber as error:
            raise Invalid(
                "Ce SIRET n'existe pas.", fields={"siret": "Vérifiez ses 14 chiffres."}
            ) from error
        if siren and siret[:9] != siren:
            raise Invalid(
                "Le SIRET et le SIREN ne vont pas ensemble.",
                fields={"siret": "Les 9 premiers chiffres d'un SIRET sont le SIREN."},
            )
    return siren or siret[:9], siret


def domains(written: Iterable[str]) -> list[str]:
    """Return own domains in lower case and punycode, each once; an address or a mailbox gives its own.

    Refused: a public suffix, and a domain where anybody may have a mailbox. Calling ``gmail.com``
    a victim's own would hide every attacker there.
    """
    found: dict[str, None] = {}
    for text in _each("own_domains", written):
        host = text.partition("://")[2] or text
        host = (
            host.partition("/")[0]
            .rpartition("@")[2]
            .partition(":")[0]
            .strip(".")
            .removeprefix("*.")
        )
        name = to_ascii(host)
        if name is None or not is_registrable(name):
            raise Invalid(
                "« %(value)s » n'est pas un nom de domaine.",
                value=text,
                fields={"own_domains": "Un nom de domaine par ligne, par exemple mairie-foix.fr."},
            )
        if is_public_mail(name):
            raise Invalid(
                "« %(value)s » est une messagerie ouverte à tous.",
                value=text,
                fields={"own_domains": "Retirez les messageries ouvertes à tous."},
            )
        found[name] = None
    return list(found)


def addresses(written: Iterable[str]) -> list[str]:
    """Return own IP addresses and networks in their one form, each once."""
    found: dict[str, None] = {}
    for text in _each("own_addresses", written):
        try:
            network = ip_network(text, strict=False)
        except ValueError as error:
            raise Invalid(
                "« %(value)s » n'est pas une adresse IP.",
                value=text,
                fields={
                    "own_addresses": "Une adresse ou un réseau par ligne, par exemple 192.0.2.0/28."
                },
            ) from error
        if network.prefixlen < WIDEST[network.version]:
            raise Invalid(
                "« %(value)s » est trop large.",
                value=text,
                fields={"own_addresses": "Donnez seulement les réseaux de cette organisation."},
            )
        single = network.prefixlen == network.max_prefixlen
        found[str(network.network_address) if single else str(network)] = None
    return list(found)


def email(field: str, text: str) -> str:
    """Return an e-mail address, or nothing."""
    text = line(field, text, 254)
    if text:
        try:
            validate_email(text)
        except ValidationError as error:
            raise Invalid(
                "Cette adresse e-mail n'est pas complète.",
                fields={field: "Écrivez-la comme ceci : nom@exemple.fr."},
            ) from error
    return text


def phone(field: str, text: str) -> str:
    """Return a phone number as it was written, or nothing; it has 2 to 15 digits (ITU-T E.164)."""
    text = line(field, text, 40)
    digits = sum(char.isdigit() for char in text)
    if text and (not 2 <= digits <= 15 or set(text) - set("0123456789 .-/()+")):
        raise Invalid(
            "Ce numéro n'est pas un numéro de téléphone.",
            fields={field: "Écrivez-le comme ceci : 05 61 00 00 00."},
        )
    return text


def _each(field: str, written: Iterable[str]) -> list[str]:
    texts = [text for text in map(clean_line, written) if text]
    if len(texts) > MOST:
        raise Invalid("Il y en a trop.", fields={field: "Gardez les cinquante premiers."})
    if any(len(text) > 300 for text in texts):
        raise Invalid("Ce texte est trop long.", fields={field: "Une valeur par ligne."})
    return texts
