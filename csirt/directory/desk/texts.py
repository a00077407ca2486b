"""The desk's words: replies, mails, and a word on some pages. Placeholders come from a fixed list.

They are no templates of any language: what stands between other braces is shown as it is.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from csirt.directory import checks
from csirt.kernel.errors import Invalid
from csirt.kernel.text import clean
from csirt.reference.bundle import shipped
from csirt.reference.messages import NoticeWords, fill, placeholders_in

LONGEST = 4000  # characters of a text
PAGES = {
    "accueil": _("Un mot sur la page d'accueil"),
    "suivi": _("Un mot sur la page de suivi"),
}
MAILS = {
    "equipe": _("Du nouveau pour l'équipe"),
    "nouveau": _("Du nouveau sur un dossier"),
    "nouveau-plusieurs": _("Du nouveau sur plusieurs dossiers"),
    "kit": _("Six mois après le kit de survie"),
    "recu": _("Un courriel est arrivé"),
    "recu-aide": _("Un courriel est arrivé, avec les numéros d'aide"),
}
IN_PAGES = ("numero", "service", "heures_ouverture")
_IN_MAILS = ("reference", "lien", *IN_PAGES)  # what is known without asking anybody
_LANGUAGES = ("fr", "en")


def in_replies() -> tuple[str, ...]:
    """Return the placeholders of a reply: all, but the one that a mail alone fills."""
    return tuple(one.id for one in shipped().messages.placeholders if one.id != "aide")


def in_mail(key: str) -> tuple[str, ...]:
    """Return the placeholders of a mail: what it comes with may hold one more."""
    one = mails()[key]
    more = placeholders_in(f"{one.subject_fr} {one.fr}") - set(_IN_MAILS)
    return (*_IN_MAILS, *sorted(more))


def mails() -> Mapping[str, NoticeWords]:
    """Return the mails that leave by themselves, as the product comes with them."""
    return {one.id: one for one in shipped().messages.notices}


def read_reply(key: str, typed: Mapping[str, str]) -> dict[str, Any]:
    """Return a reply; raises ``Invalid``."""
    values: dict[str, Any] = _read(typed, ("label_fr", "label_en"), 80, in_replies())
    values["gone"] = typed.get("gone") == "oui"
    if values["gone"] and key in _needed_replies():
        raise Invalid(
            "Cette réponse part aussi toute seule.",
            fields={"gone": _("Changez son texte, mais gardez-la.")},
        )
    return values


def shown_reply(value: Mapping[str, Any]) -> dict[str, str]:
    """Return what the boxes hold for *value*."""
    return {**value, "gone": "oui" if value["gone"] else ""}


def shipped_reply(key: str) -> dict[str, Any] | None:
    """Return a reply as the product comes with it, None for one of the desk's own."""
    found = shipped().templates.get(key)
    if found is None:
        return None
    labels = {"label_fr": found.label_fr or key, "label_en": found.label_en or key}
    return {**labels, "fr": found.fr.strip(), "en": found.en.strip(), "gone": False}


def read_mail(key: str, typed: Mapping[str, str]) -> dict[str, Any]:
    """Return a mail; raises ``Invalid``."""
    values = _read(typed, ("subject_fr", "subject_en"), 150, in_mail(key))
    needed = _needed(mails()[key])
    wrong = {
        name: _("Gardez les mots entre accolades du texte livré.")
        for name in _LANGUAGES
        if needed - placeholders_in(values[name])
    }
    if wrong:
        raise Invalid("Il manque un mot entre accolades.", fields=wrong)
    for name in _LANGUAGES:
        if shipped().distress.heard(values[name]):
            raise Invalid(
                "Qui répond en citant ce courriel déclencherait une alerte.",
                fields={name: _("Retirez les mots qui parlent de détresse.")},
            )
    return values


def shipped_mail(key: str) -> dict[str, Any]:
    """Return a mail as the product comes with it."""
    one = mails()[key]
    return {
        "subject_fr": one.subject_fr,
        "subject_en": one.subject_en,
        "fr": one.fr.strip(),
        "en": one.en.strip(),
    }


def read_page(typed: Mapping[str, str]) -> dict[str, Any]:
    """Return a word for a page, in both languages or none; raises ``Invalid``."""
    if not any(clean(typed.get(name, "")).strip() for name in _LANGUAGES):
        return {"fr": "", "en": ""}
    return _read(typed, (), 0, IN_PAGES)


def preview(value: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return how the text reads, filled with examples."""
    examples = {one.id: one.example for one in shipped().messages.placeholders}
    titles = {"fr": gettext("En français"), "en": gettext("En anglais")}
    return [
        (
            title,
            "\n\n".join(
                fill(value[name], examples)
                for name in (f"subject_{language}", language)
                if value.get(name)
            ),
        )
        for language, title in titles.items()
    ]


def _read(
    typed: Mapping[str, str], lines: tuple[str, ...], longest: int, allowed: tuple[str, ...]
) -> dict[str, Any]:
    steps = {
        name: lambda name=name: checks.line(name, typed.get(name, ""), longest, required=True)
        for name in lines
    }
    steps |= {name: lambda name=name: _text(name, typed.get(name, "")) for name in _LANGUAGES}
    values = checks.together(steps)
    for name, text in values.items():
        unknown = sorted(placeholders_in(text) - set(allowed))
        if unknown:
            raise Invalid(
                "{%(name)s} n'est pas un mot connu.",
                fields={name: _("Prenez les mots entre accolades dans la liste.")},
                name=unknown[0],
            )
    return values


def _text(name: str, text: str) -> str:
    text = "\n".join(line.rstrip() for line in clean(text).strip().splitlines())
    if not text:
        raise Invalid("Il manque un texte.", fields={name: _("Écrivez-le dans les deux langues.")})
    if len(text) > LONGEST:
        raise Invalid("Ce texte est trop long.", fields={name: _("Raccourcissez ce texte.")})
    return text


def _needed(one: NoticeWords) -> frozenset[str]:
    return placeholders_in(one.fr) & {"reference", "lien", "aide"}


def _needed_replies() -> set[str]:
    files = shipped()
    by_itself = {one.template for one in files.messages.automatic}
    return {*by_itself, files.service_hours.out_of_hours.message_template}
