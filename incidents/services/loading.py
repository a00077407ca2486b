"""How every service gets hold of its case: visible, locked, of the version that was seen."""

from uuid import UUID

from csirt.accounts.principals import Person
from csirt.directory import reference
from csirt.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from csirt.kernel.text import clean
from csirt.reference.bundle import Bundle
from incidents.models import ErasureRequest, Incident
from incidents.queries import visible_to

LONGEST_TEXT = 20_000  # characters of one message, note or reason


def seen_case(by: Person, incident: UUID) -> Incident:
    """Return the locked case that *by* may see; raises ``NotFound``, ``Conflict`` once erased."""
    return _locked(by, incident)


def worked_case(by: Person, incident: UUID, version: int | None) -> Incident:
    """Return the locked case that *by* may work on, of *version*.

    Raises ``NotFound`` when hidden or absent, ``NotAllowed`` for who may only look, ``Conflict``
    (with the new state) when somebody changed it since *version*, or when it is erased.
    """
    case = _locked(by, incident)
    if not by.works_cases:
        raise NotAllowed
    if version is not None and case.version != version:
        raise Conflict(state=case.state)
    return case


def _locked(by: Person, incident: UUID) -> Incident:
    case = Incident.locked(incident)
    if not visible_to(by).filter(pk=case.pk).exists():  # access may have changed during the wait
        raise NotFound
    if case.erased_at is not None:
        raise Conflict("Ce dossier est effacé.", code="erased", state=case.state)
    return case


def refuse_while_erasing(case: Incident) -> None:
    """Raise ``Conflict`` when the victim was told that the case will be erased."""
    if ErasureRequest.objects.filter(incident=case, accepted=True).exists():
        raise Conflict(
            "Son effacement est accepté. Revenez d'abord sur cette réponse.",
            code="erasing",
            state=case.state,
        )


def bundle_of(case: Incident) -> Bundle:
    """Return the reference files that a case began with; those in force when they are gone."""
    return reference.begun_with(case.reference_version_id)


def optional_text(text: str, field: str, *, longest: int = LONGEST_TEXT) -> str:
    """Return *text* cleaned and stripped, which may be empty; raises ``Invalid`` naming *field*."""
    text = clean(text).strip()
    if len(text) > longest:
        raise Invalid(
            "Ce texte est trop long.",
            code="too-long",
            fields={field: "Raccourcissez ce texte, ou envoyez-le en plusieurs fois."},
        )
    return text


def required_text(text: str, field: str, *, longest: int = LONGEST_TEXT) -> str:
    """Return *text* cleaned and stripped; raises ``Invalid`` naming *field*."""
    text = optional_text(text, field, longest=longest)
    if not text:
        raise Invalid("Il manque un texte.", code="empty", fields={field: "Écrivez quelques mots."})
    return text
