"""Choosing what of a case leaves, and with which words: the draft of its releases.

It shares nothing: what is chosen here goes into the next preview.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from api.models import Choices
from api.sharing import kinds
from api.sharing.naming import names_of, quotes
from api.stix.attack import attack
from api.stix.case import CONFIDENCE, CONFIDENCES, VALID_DAYS
from csirt.accounts.models import User
from csirt.accounts.principals import Person
from csirt.accounts.roles import Role
from csirt.journal import change, record
from csirt.kernel.errors import Conflict, Invalid, NotAllowed
from incidents.models import Observable, ObservableRole
from incidents.services.loading import optional_text, worked_case

LONGEST_NOTE = 2_000
MOST_TECHNIQUES = 20
MOST_DAYS = 3_650


@dataclass(frozen=True)
class Choice:
    """What somebody chose for one value. ``days``: for which it is worth blocking, None: no end.

    ``named``: it leaves although it holds the victim's name or domain.
    """

    leaves: bool
    confidence: int
    days: int | None
    technique: str
    named: bool = False

    @classmethod
    def usual(cls, kind: str) -> "Choice":
        """Return what holds for a value of *kind* that nobody chose anything for."""
        return cls(leaves=True, confidence=CONFIDENCE, days=VALID_DAYS.get(kind), technique="")

    @classmethod
    def kept(cls, kind: str, said: Mapping[str, Any]) -> "Choice":
        """Read what a row keeps."""
        return cls(**{**asdict(cls.usual(kind)), **said})


@change
def choose(
    *,
    incident: UUID,
    version: int,
    by: Person,
    now: datetime,
    techniques: Sequence[str],
    note: str,
    values: Mapping[UUID, Choice],
    consent: str = "",
) -> Choices:
    """Keep what leaves with the next release; *values* that are not named stay as they are.

    *version* is that of the row, 0 when there is none; *consent* says who of the victim's agreed
    that a value names it, and when. Raises ``NotFound``, ``NotAllowed`` for a name let through by
    somebody who is no lead, ``Conflict`` when somebody else chose since, ``Invalid`` naming
    ``techniques``, ``note``, ``consent`` or ``days-<uuid>``.
    """
    case = worked_case(by, incident, None)
    row = Choices.objects.select_for_update().filter(incident=case).first()
    if version != (row.version if row else 0):
        raise Conflict("Quelqu'un a changé ces choix entre-temps. Relisez-les.", code="changed")
    picked = list(dict.fromkeys(techniques))
    if len(picked) > MOST_TECHNIQUES or any(one not in attack().techniques for one in picked):
        raise Invalid(
            "Une technique n'est pas dans la liste.",
            fields={"techniques": "Choisissez des techniques de la liste, vingt au plus."},
        )
    note = optional_text(note, "note", longest=LONGEST_NOTE)
    if note and names_of(case).in_text(note):
        sentence = "Ces mots nommeraient la victime. Écrivez-les autrement."
        raise Invalid(sentence, fields={"note": sentence})
    if quotes(case, note):
        sentence = "Ces mots répètent ceux de la victime. Dites-les avec les vôtres."
        raise Invalid(sentence, fields={"note": sentence})
    consent = optional_text(consent, "consent", longest=LONGEST_NOTE)
    row = row or Choices(incident=case, version=0)
    named = _named(row)
    rows = Observable.objects.filter(incident=case, role=ObservableRole.INDICATOR)
    known = {one.uuid: one.type for one in rows.filter(uuid__in=values)}
    current = {str(uuid) for uuid in rows.values_list("uuid", flat=True)}
    row.values = {uuid: said for uuid, said in row.values.items() if uuid in current}
    for uuid, kind in known.items():
        kept = _checked(uuid, values[uuid], picked)
        if kept == Choice.usual(kind):
            row.values.pop(str(uuid), None)
        else:
            row.values[str(uuid)] = asdict(kept)
    _refuse_names(row, named, consent, by)
    row.techniques, row.note, row.consent = picked, note, consent
    row.changed_at, row.changed_by = now, User.objects.get(pk=by.user_id)
    row.version += 1
    row.save()
    data = {
        "techniques": picked,
        "left_out": sum(not said["leaves"] for said in row.values.values()),
        "note": bool(note),
        "named": len(_named(row)),
    }
    record(kinds.CHOSEN, row, by=by, at=now, data=data)
    return row


def _named(row: Choices) -> set[str]:
    return {uuid for uuid, said in row.values.items() if said.get("named")}


def _refuse_names(row: Choices, before: set[str], consent: str, by: Person) -> None:
    """A value that names the victim leaves by a lead's word, with a consent that is written down."""
    after = _named(row)
    if (after - before or (after and consent != row.consent)) and by.role != Role.LEAD:
        raise NotAllowed("Seul un responsable laisse partir une valeur qui nomme la victime.")
    if after and not consent:
        sentence = "Écrivez qui a donné son accord, et quand."
        raise Invalid(sentence, fields={"consent": sentence})


def _checked(uuid: UUID, choice: Choice, techniques: Sequence[str]) -> Choice:
    if choice.confidence not in CONFIDENCES:
        raise Invalid(
            "Cette confiance n'existe pas.",
            fields={f"confidence-{uuid}": "Choisissez dans la liste."},
        )
    if choice.days is not None and not 1 <= choice.days <= MOST_DAYS:
        raise Invalid(
            "Cette durée n'est pas possible.",
            fields={f"days-{uuid}": "Écrivez un nombre de jours, de 1 à 3650, ou rien."},
        )
    return choice if choice.technique in techniques else replace(choice, technique="")
