"""What can be set: how each thing is typed, checked and shown. Names: hours, reply.<id> and so on."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_noop as _

from csirt.directory.desk import hours, lists, texts
from csirt.kernel.errors import NotFound

Value = dict[str, Any]
Typed = Mapping[str, str]
_REPLY = re.compile(r"reply\.[a-z0-9-]{1,40}")


@dataclass(frozen=True)
class Box:
    """One box of a form. ``rows``: of several lines; ``tick``: to be ticked, its value ``oui``.

    The hint of a box to tick is its title.
    """

    name: str
    label: str  # msgid, as is the hint
    hint: str = ""
    rows: int = 0
    tick: bool = False
    optional: bool = False


@dataclass(frozen=True)
class Sort:
    """One thing that can be set. *read* raises ``Invalid`` naming the boxes that are wrong."""

    title: str  # msgid
    boxes: tuple[Box, ...]
    read: Callable[[Typed], Value]
    shown: Callable[[Value], dict[str, str]]
    shipped: Callable[[], Value | None]
    hint: str = ""
    preview: Callable[[Value], list[tuple[str, str]]] | None = None
    allowed: tuple[str, ...] = ()  # placeholders


def sort_of(name: str) -> Sort:
    """Return what the setting *name* is; raises ``NotFound`` when there is no such thing."""
    if name in _FIXED:
        return _FIXED[name]
    kind, _dot, key = name.partition(".")
    if kind == "page" and key in texts.PAGES:
        return _page(key)
    if kind == "mail" and key in texts.mails():
        return _mail(key)
    if _REPLY.fullmatch(name):
        return _reply(key)
    raise NotFound


def _reply(key: str) -> Sort:
    return Sort(
        _("Réponse"),
        (
            Box("label_fr", _("Nom dans la liste, en français")),
            Box("label_en", _("Nom dans la liste, en anglais")),
            Box("fr", _("Texte en français"), rows=6),
            Box("en", _("Texte en anglais"), rows=6),
            Box("gone", _("Ne plus la proposer"), _("Dans la liste"), tick=True),
        ),
        lambda typed: texts.read_reply(key, typed),
        texts.shown_reply,
        lambda: texts.shipped_reply(key),
        hint=_("L'analyste la choisit sur le dossier, la complète, puis l'envoie."),
        preview=texts.preview,
        allowed=texts.in_replies(),
    )


def _mail(key: str) -> Sort:
    return Sort(
        _("Courriel"),
        (
            Box("subject_fr", _("Objet en français")),
            Box("fr", _("Texte en français"), rows=12),
            Box("subject_en", _("Objet en anglais")),
            Box("en", _("Texte en anglais"), rows=12),
        ),
        lambda typed: texts.read_mail(key, typed),
        dict,
        lambda: texts.shipped_mail(key),
        hint=_("Il part tout seul. Il dit qu'il y a du nouveau, jamais quoi."),
        preview=texts.preview,
        allowed=texts.in_mail(key),
    )


def _page(key: str) -> Sort:
    return Sort(
        texts.PAGES[key],
        (
            Box("fr", _("Texte en français"), rows=4, optional=True),
            Box("en", _("Texte en anglais"), rows=4, optional=True),
        ),
        texts.read_page,
        dict,
        lambda: {"fr": "", "en": ""},
        hint=_("Vide, rien ne s'affiche. Des phrases courtes, sans lien."),
        preview=texts.preview,
        allowed=texts.IN_PAGES,
    )


_FIXED = {
    "hours": Sort(
        _("Horaires et jours fermés"),
        (
            *(Box(day, label) for day, label in hours.DAYS.items()),
            Box("holidays", _("Fermé les jours fériés"), _("Jours fériés"), tick=True),
            Box(
                "days",
                _("Jours particuliers"),
                _(
                    "Un par ligne : « 24/12/2026 », « 24/12/2026 - 02/01/2027 », « 31/12/2026 : 9 h-12 h »."
                ),
                rows=5,
                optional=True,
            ),
        ),
        hours.read,
        hours.shown,
        hours.shipped_value,
        hint=_("Par exemple « 9 h-12 h 30, 14 h-17 h 30 ». Vide : fermé."),
        preview=hours.preview,
    ),
    "numbers": Sort(
        _("Téléphone et adresse"),
        (
            Box("phone", _("Téléphone")),
            Box("note_fr", _("Ce que coûte l'appel, en français"), optional=True),
            Box("note_en", _("Ce que coûte l'appel, en anglais"), optional=True),
            Box("email", _("Adresse e-mail")),
        ),
        lists.read_numbers,
        dict,
        lists.shipped_numbers,
        hint=_("Affichés sur toutes les pages, et dans les courriels."),
    ),
    "warnings": Sort(
        _("Valeurs jamais indicateurs"),
        (
            Box(
                "values",
                _("Domaines et adresses"),
                _(
                    "Un par ligne : un domaine et ses sous-domaines, une adresse e-mail, une adresse IP ou un réseau."
                ),
                rows=14,
                optional=True,
            ),
        ),
        lists.read_warnings,
        lambda value: {"values": "\n".join(value["values"])},
        lambda: {"values": []},
        hint=_(
            "Elles restent visibles dans les dossiers. Elles ne relient aucun dossier et ne sortent jamais."
        ),
    ),
}
