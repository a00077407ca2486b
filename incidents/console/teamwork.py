"""How the events of working together read in a case's history; the way to the hand-over page."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from csirt.accounts.navigation import entry
from csirt.accounts.principals import Person, Principal
from csirt.web import keys, panels
from incidents import kinds_team as kinds
from incidents.console.timeline import tell

KEYS = (
    keys.Key(("g v",), _("Aller aux nouvelles"), to="console-news", needs="sees_cases"),
    keys.Key(("g r",), _("Aller à la relève"), to="console-handover", needs="works_cases"),
    keys.Key(("g a",), _("Aller au tableau d'astreinte"), to="console-duty", needs="works_cases"),
)


def register() -> None:
    """Say how the events read; called when the app is ready."""
    keys.declare(KEYS)
    panels.register("console.more", "releve", "Relève", navigation, order=20)
    tell(
        kinds.UNTAKEN.name,
        _("Personne n'a pris ce P1 en %(minutes)s minutes : les responsables sont prévenus."),
    )
    tell(kinds.TEAM_MAILED.name, _("Un courriel a prévenu quelqu'un de l'équipe."))
    tell(kinds.NOTE_EDITED.name, _("%(who)s a modifié une note interne (version %(number)s)."))
    tell(kinds.MENTIONED.name, _("%(who)s a cité %(people)s dans une note."), _people)


def navigation(request: HttpRequest, _case: object, principal: Principal | str) -> str:
    """Give the way to the hand-over page to who works cases."""
    if not isinstance(principal, Person) or not principal.works_cases:
        return ""
    address = reverse("console-handover")
    return entry(request, address, gettext("Relève"), exact=True)


def _people(data: Mapping[str, Any], names: Mapping[str, str]) -> Mapping[str, Any]:
    somebody = gettext("Quelqu'un de l'équipe")
    return {"people": ", ".join(sorted(names.get(one, somebody) for one in data["people"]))}
