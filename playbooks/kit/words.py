"""What the kit's pages say of themes and people; the questions are in the reference files."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from csirt.reference.readiness import Readiness, ReadinessQuestion
from incidents.intake.words import language, said

THEMES = {
    "sauvegarde": _("Les sauvegardes"),
    "acces": _("Les comptes et les mots de passe"),
    "poste": _("Les ordinateurs"),
    "reseau": _("Le réseau"),
    "gouvernance": _("Les contrats"),
    "reaction": _("Le jour de l'attaque"),
    "paiement": _("Les paiements"),
    "humain": _("Les personnes"),
    "conformite": _("Les données personnelles"),
    "site": _("Le site web"),
}
WHO = {
    "secretaire": _("Le secrétariat"),
    "decideur": _("Le maire, ou qui décide"),
    "prestataire": _("Votre dépanneur informatique"),
    "finances": _("Les finances"),
    "dpo": _("Le délégué aux données"),
}


@dataclass(frozen=True)
class Gesture:
    """One thing to do, why, and who can do it. ``lang``: of an advice that is not in the page's."""

    question: str
    advice: str
    who: str
    legal: str
    lang: str


def themes(kit: Readiness) -> list[str]:
    """Return the themes in the order of the questions."""
    return list(dict.fromkeys(question.theme for question in kit.questions))


def theme_said(theme: str) -> str:
    """Return the name of a theme; one that the files added stands as it is."""
    return str(THEMES.get(theme, theme))


def gestures(questions: Sequence[ReadinessQuestion]) -> list[Gesture]:
    """Return what there is to do about *questions*, in words."""
    return [
        Gesture(
            question=said(one, "question"),
            advice=said(one, "advice"),
            who=str(WHO[one.who]),
            legal=one.legal or "",
            lang="" if one.advice_en or language() == "fr" else "fr",
        )
        for one in questions
    ]
