"""The reasons for which a value does not leave, each with a sentence that a person can read."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

NOT_JUDGED, FALSE_POSITIVE, VICTIM = "not-judged", "false-positive", "victim"
LEFT_OUT = "left-out"
PLAYBOOK = "playbook"  # stands for a type of value
PRIVATE, KNOWN, NO_FORM, NOT_VALID = "private", "known", "no-form", "not-valid"
REASONS = {
    NOT_JUDGED: _("Personne ne l'a encore jugé indicateur."),
    FALSE_POSITIVE: _("Jugé faux positif."),
    VICTIM: _("Appartient à la victime, ou la nomme."),
    LEFT_OUT: _("Laissé de côté par l'analyste."),
    PRIVATE: _("Adresse interne ou réservée : elle ne dit rien ailleurs."),
    KNOWN: _("Valeur connue de tous : la bloquer gênerait les partenaires."),
    NO_FORM: _("STIX 2.1 n'a pas de forme standard pour ce type de valeur."),
    NOT_VALID: _("La valeur n'est pas écrite comme le standard le demande."),
}


@dataclass(frozen=True)
class Held:
    """One value held back. ``detail`` is the name of the warning list, when there is one."""

    type: str
    value: str
    reason: str
    detail: str = ""
