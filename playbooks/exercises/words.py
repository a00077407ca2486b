"""What a scenario expects of the desk, in words."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _

from csirt.reference.bundle import Bundle
from csirt.reference.exercises import ExpectedAction, Inject
from incidents.intake.words import said
from incidents.models import Priority


def expected(bundle: Bundle, inject: Inject | None) -> list[str]:
    """Return what an inject asks for, one sentence for each act; nothing of a free one."""
    return [act(bundle, one) for one in inject.expected] if inject else []


# What each act asks for, and which of its fields says what.
_ASKED: dict[str, tuple[Any, Callable[[Bundle, ExpectedAction], object]]] = {
    "ouvrir-dossier": (
        _("Ouvrir un dossier : %(what)s."),
        lambda bundle, one: said(bundle.categories[one.category or ""], "label"),
    ),
    "priorite": (
        _("Donner la priorité : %(what)s."),
        lambda _bundle, one: Priority(one.value or "").label,
    ),
    "etape": (_("Faire l'étape : %(what)s."), lambda bundle, one: step(bundle, one.step or "")),
    "lier-dossiers": (
        _("Relier au dossier de : %(what)s."),
        lambda _bundle, one: ", ".join(one.with_),
    ),
    "extraire": (_("Relever : %(what)s."), lambda _bundle, one: ", ".join(one.observables)),
    "drapeau": (_("Noter que : %(what)s."), lambda bundle, one: said(bundle.flags[one.flag or ""])),
    "escalade": (_("Alerter : %(what)s."), lambda bundle, one: contact(bundle, one.to or "")),
    "contact": (
        _("Faire appeler : %(what)s."),
        lambda bundle, one: contact(bundle, one.contact or ""),
    ),
    "repondre": (_("Dire : « %(what)s »"), lambda _bundle, one: one.must_say_fr),
    "ne-pas": (_("À éviter. %(what)s."), lambda _bundle, one: one.text_fr),
    "horloge": (
        _("Suivre le délai : %(what)s."),
        lambda bundle, one: said(bundle.duties[one.duty or ""], "title"),
    ),
    "message": (
        _("Envoyer le message : %(what)s."),
        lambda bundle, one: said(bundle.templates[one.template or ""], "label"),
    ),
    "detresse": (_("Entendre la détresse, et répondre par des mots."), lambda _bundle, _one: ""),
}


def act(bundle: Bundle, one: ExpectedAction) -> str:
    """Return one expected act in the language of the screen; the scenario's own words are French."""
    sentence, what = _ASKED[one.action]
    return str(sentence) % {"what": what(bundle, one)}


def step(bundle: Bundle, wanted: str) -> str:
    """Return the title of a step, and its id."""
    for book in bundle.playbooks.values():
        for one in book.steps:
            if one.id == wanted:
                return f"{said(one, 'title')} ({wanted})"
    return wanted


def contact(bundle: Bundle, wanted: str) -> str:
    """Return the name of a contact."""
    return said(bundle.contacts[wanted], "name") if wanted in bundle.contacts else wanted


def title(scenario: object) -> str:
    """Return the title of a scenario."""
    return said(scenario, "title")
