"""What does not leave, and why: each value with a reason that a person can read."""

from dataclasses import dataclass, replace

from django.utils.translation import gettext_lazy as _

from api.sharing import wellknown
from api.sharing.facts import Facts
from api.stix.case import Case, Value
from api.stix.values import FORMS
from incidents.domain.observables import extract
from incidents.models import ObservableRole

NOT_JUDGED, FALSE_POSITIVE, VICTIM = "not-judged", "false-positive", "victim"
PRIVATE, KNOWN, NO_FORM, NOT_VALID = "private", "known", "no-form", "not-valid"
REASONS = {
    NOT_JUDGED: _("Personne ne l'a encore jugé indicateur."),
    FALSE_POSITIVE: _("Jugé faux positif."),
    VICTIM: _("Appartient à la victime, ou la nomme."),
    PRIVATE: _("Adresse interne ou réservée : elle ne dit rien ailleurs."),
    KNOWN: _("Valeur connue de tous : la bloquer gênerait les partenaires."),
    NO_FORM: _("STIX 2.1 n'a pas de forme standard pour ce type de valeur."),
    NOT_VALID: _("La valeur n'est pas écrite comme le standard le demande."),
}
_OF_ROLE = {
    ObservableRole.SEEN: NOT_JUDGED,
    ObservableRole.FALSE_POSITIVE: FALSE_POSITIVE,
    ObservableRole.VICTIM: VICTIM,
}


@dataclass(frozen=True)
class Held:
    """One value held back. ``detail`` is the name of the warning list, when there is one."""

    type: str
    value: str
    reason: str
    detail: str = ""


def hold_back(facts: Facts) -> tuple[Case, list[Held]]:
    """Return the case with the values that may leave, and the others with their reasons.

    Reads the warning lists: for a job, not for a request.
    """
    held = [Held(kind, value, _OF_ROLE[ObservableRole(role)]) for kind, value, role in facts.others]
    leaving = []
    for value in facts.case.values:
        reason = _reason(facts, value)
        if reason is None:
            leaving.append(value)
        else:
            held.append(reason)
    return replace(facts.case, values=tuple(leaving)), held


def _reason(facts: Facts, value: Value) -> Held | None:
    if facts.names.in_value(value.type, value.value):
        return Held(value.type, value.value, VICTIM)
    if value.type not in FORMS:
        return Held(value.type, value.value, NO_FORM)
    if any(found.internal for found in extract(value.value)):
        return Held(value.type, value.value, PRIVATE)
    known = wellknown.lists().find(value.type, value.value)
    return Held(value.type, value.value, KNOWN, known) if known else None
