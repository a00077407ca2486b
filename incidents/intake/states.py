"""Where a case stands and what happened, in words for the victim."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from incidents import kinds
from incidents.domain.lifecycle import State
from incidents.models import Incident


@dataclass(frozen=True)
class Standing:
    """``now`` and ``next`` are one or two short sentences; ``yours`` when it is the victim's turn."""

    now: Any
    next: Any
    yours: bool = False


STANDINGS = {
    State.NEW: Standing(_("Nous avons reçu votre signalement."), _("Un analyste va le lire.")),
    State.TRIAGE: Standing(
        _("Un analyste lit votre signalement."), _("Il vous répond ici, ou vous appelle.")
    ),
    State.ACTIVE: Standing(
        _("Un analyste travaille sur votre dossier."), _("Il vous écrit ici, ou vous appelle.")
    ),
    State.WAITING: Standing(
        _("Nous attendons la réponse d'un autre service."), _("Nous reprenons dès sa réponse.")
    ),
    State.RECOVERY: Standing(
        _("L'attaque est arrêtée."), _("Remettez en route peu à peu. Nous surveillons avec vous.")
    ),
    State.REVIEW: Standing(
        _("Le problème est résolu."),
        _("Nous faisons le bilan avec vous. Puis nous fermons le dossier."),
    ),
    State.CLOSED: Standing(_("Votre dossier est fermé."), _("Un doute ? Écrivez-nous encore ici.")),
    State.REDIRECTED: Standing(
        _("Avec votre accord, un autre service suit votre dossier."),
        _("Il prend contact avec vous. Vous pouvez encore nous écrire ici."),
    ),
    State.DUPLICATE: Standing(
        _("Votre signalement rejoint un dossier déjà ouvert."),
        _("Nous vous répondons toujours ici."),
    ),
    State.REJECTED: Standing(
        _("Nous n'avons pas trouvé d'attaque. Vous avez bien fait de demander."),
        _("Un doute ? Écrivez-nous encore ici."),
    ),
}
YOUR_TURN = Standing(
    _("Nous attendons votre réponse."), _("Écrivez-nous ci-dessous, et nous reprenons."), yours=True
)
HAPPENED = {
    kinds.FILED.name: _("Vous avez envoyé votre signalement."),
    kinds.QUALIFIED.name: _("Un analyste a lu votre signalement."),
    kinds.WAITED.name: _("Nous attendons une réponse."),
    kinds.RESUMED.name: _("Nous avons repris le travail."),
    kinds.CONTAINED.name: _("L'attaque est arrêtée."),
    kinds.RESOLVED.name: _("Le problème est résolu."),
    kinds.CLOSED.name: _("Votre dossier est fermé."),
    kinds.REOPENED.name: _("Votre dossier est rouvert."),
    kinds.REDIRECTED.name: _("Un autre service suit votre dossier."),
    kinds.REJECTED.name: _("Nous n'avons pas trouvé d'attaque."),
    kinds.VICTIM_WROTE.name: _("Vous nous avez écrit."),
    kinds.EVIDENCE_RECEIVED.name: _("Vous avez envoyé un fichier."),
    kinds.DESK_WROTE.name: _("Nous vous avons écrit."),
    kinds.ANSWERED.name: _("Vous avez répondu à des questions."),
    kinds.MOMENT_TOLD.name: _("Vous avez dit quand vous l'avez su."),
    kinds.SITUATION_CHANGED.name: _("Vous avez dit que la situation a changé."),
    kinds.CONSENT_GIVEN.name: _("Vous avez donné un accord."),
    kinds.CONSENT_WITHDRAWN.name: _("Vous avez retiré un accord, ou refusé."),
    kinds.CODE_MADE.name: _("Vous avez fait un code pour quelqu'un."),
    kinds.CODE_ENDED.name: _("Vous avez arrêté le code de quelqu'un."),
    kinds.ERASURE_ASKED.name: _("Vous avez demandé l'effacement."),
    kinds.ERASURE_ANSWERED.name: _("Nous avons répondu à votre demande d'effacement."),
    kinds.FOLLOWED_UP.name: _("Nous avons pris de vos nouvelles."),
    kinds.FOLLOW_UP_ANSWERED.name: _("Vous nous avez donné de vos nouvelles."),
    kinds.PACK_OFFERED.name: _("Votre dossier de plainte est prêt à télécharger."),
}
# What was just done, by the word that the address carries after it.
DONE = {
    "reponses": _("Merci. Vos réponses sont arrivées."),
    "changement": _("Merci. L'équipe voit ce changement."),
    "accord": _("Votre accord est noté."),
    "retrait": _("C'est noté : vous n'êtes pas d'accord."),
    "moment": _("C'est noté. Les délais sont comptés de là."),
    "gestes": _("C'est noté. L'équipe voit ce qui est fait."),
    "suite": _("Merci. L'équipe voit vos réponses."),
    "rouvert": _(
        "Merci de nous le dire. Votre dossier est rouvert. Un analyste vous répond ici. "
        "C'est urgent ? Appelez-nous."
    ),
    "fin": _("Ce code ne sert plus."),
}


def standing(case: Incident) -> Standing:
    """Return where the case stands. A wait may be the victim's turn, or somebody else's."""
    if case.state == State.WAITING and case.waiting_on == "victim":
        return YOUR_TURN
    return STANDINGS[State(case.state)]


def happened(kind: str) -> Any:
    """Return what an event meant for the victim, empty for one that has no words."""
    return HAPPENED.get(kind, "")
