"""What kinds of events go together, where a timeline or the journal is filtered."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from csirt.journal.kinds import kinds


@dataclass(frozen=True)
class Group:
    """A group: its place in the address, its name, the first words of its kinds or whole kinds."""

    name: str
    label: Any
    holds: tuple[str, ...]
    of_cases: bool = True  # else it is in the journal alone


GROUPS = {
    group.name: group
    for group in (
        Group("vie", _("Vie du dossier"), ("incident", "report", "review", "triage", "words")),
        Group(
            "victime",
            _("Victime"),
            (
                "message", "followup", "code", "consent", "erasure", "gestures", "notice", "mail",
                "address",
            ),
        ),
        Group("equipe", _("Équipe"), ("note", "tag", "watch", "incident.assigned")),
        Group("indices", _("Observables et fichiers"), ("observable", "evidence")),
        Group("moments", _("Moments datés"), ("dated",)),
        Group("fiches", _("Fiches et délais"), ("playbook", "step", "clock", "lesson")),
        Group("partage", _("Partage"), ("share",)),
        Group(
            "acces",
            _("Lectures et accès"),
            (
                "incident.opened", "message.read", "evidence.downloaded", "incident.restricted",
                "incident.access_changed", "incident.unrestricted", "journal.exported",
            ),
        ),
        Group("comptes", _("Comptes et connexions"), ("user",), of_cases=False),
        Group(
            "annuaire",
            _("Annuaire et partenaires"),
            ("organisation", "contact", "operator", "partner", "collection"),
            of_cases=False,
        ),
    )
}  # fmt: skip
MOMENTS = "moments"
_OF = {held: group.name for group in GROUPS.values() for held in group.holds}


def kinds_of(group: str) -> list[str]:
    """Return the names of the kinds in a group: a whole kind's group goes before its first word's."""
    return [name for name in kinds if _OF.get(name, _OF.get(name.partition(".")[0])) == group]
