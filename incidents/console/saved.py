"""The queue's saved views."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from csirt.directory.models import VictimKind
from incidents.domain.lifecycle import TERMINAL, State

LIVE = tuple(state.value for state in State if state not in TERMINAL)
ENDED = tuple(state.value for state in State if state in TERMINAL)


@dataclass(frozen=True)
class View:
    """One saved view: its place in the address, its name, and what it holds."""

    name: str
    label: Any
    states: tuple[str, ...]
    mine: bool = False
    victim: str = ""
    apart: bool = False  # what came in a flood: in this view, and in no other live one
    empty: Any = ""

    @property
    def live(self) -> bool:
        return self.states is not ENDED


VIEWS = {
    view.name: view
    for view in (
        View(
            "a-traiter",
            _("À traiter"),
            tuple(state for state in LIVE if state not in {State.WAITING, State.REVIEW}),
            empty=_("Rien à traiter. Les nouveaux signalements arrivent ici d'eux-mêmes."),
        ),
        View(
            "nouveaux",
            _("Nouveaux"),
            (State.NEW.value,),
            empty=_("Aucun nouveau signalement. Ils arrivent ici d'eux-mêmes."),
        ),
        View("miens", _("Les miens"), LIVE, mine=True, empty=_("Aucun dossier ne vous attend.")),
        View("tous", _("Tous"), LIVE, empty=_("Aucun dossier en cours.")),
        View(
            "particuliers",
            _("Particuliers"),
            LIVE,
            victim=VictimKind.PARTICULIER.value,
            empty=_("Aucun particulier n'attend de réponse."),
        ),
        View(
            "a-part",
            _("À part"),
            (State.NEW.value,),
            apart=True,
            empty=_("Rien n'est à part. Ce qui arrive pendant un afflux attend ici."),
        ),
        View("termines", _("Terminés"), ENDED, empty=_("Aucun dossier terminé.")),
    )
}
FIRST = "a-traiter"
