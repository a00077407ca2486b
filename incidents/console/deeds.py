"""How the journal says what is done to accounts, the directory, partners and what groups cases."""

from django.utils.translation import gettext_lazy as _

from csirt.accounts import kinds as accounts
from csirt.directory import kinds as directory
from csirt.journal.epoch import EPOCH_BEGUN
from incidents import kinds as incidents
from incidents.console import timeline

_SENTENCES = {
    accounts.INVITED.name: _("%(who)s a envoyé une invitation (%(role)s)."),
    accounts.UNINVITED.name: _("%(who)s a retiré une invitation."),
    accounts.JOINED.name: _("%(who)s a ouvert un compte (%(role)s)."),
    accounts.ROLE_CHANGED.name: _("%(who)s a changé le rôle d'un compte : %(old)s → %(new)s."),
    accounts.DISABLED.name: _("%(who)s a fermé un compte."),
    accounts.ENABLED.name: _("%(who)s a rouvert un compte."),
    accounts.LOGGED_IN.name: _("%(who)s s'est connecté."),
    accounts.PROVIDER_LINKED.name: _("%(who)s est venu par le fournisseur d'identité."),
    accounts.BREAK_GLASS_USED.name: _("%(who)s est entré sans le fournisseur d'identité."),
    accounts.LOGGED_OUT.name: _("%(who)s s'est déconnecté."),
    accounts.PROVED_AGAIN.name: _("%(who)s a confirmé son identité."),
    accounts.DEVICE_FORGOTTEN.name: _("%(who)s a oublié un appareil."),
    accounts.SECOND_FACTOR_ADDED.name: _("%(who)s a ajouté un second facteur."),
    accounts.SECOND_FACTOR_REMOVED.name: _("%(who)s a retiré un second facteur."),
    accounts.RESET_ASKED.name: _("%(who)s a demandé à effacer un second facteur."),
    accounts.RESET_DROPPED.name: _("%(who)s a retiré une demande d'effacer un second facteur."),
    accounts.SECOND_FACTOR_RESET.name: _("%(who)s a remis à zéro un second facteur."),
    accounts.RECOVERY_CODES_MADE.name: _("%(who)s a fait des codes de secours."),
    accounts.TOKEN_ISSUED.name: _("%(who)s a créé un jeton personnel."),
    accounts.TOKEN_REVOKED.name: _("%(who)s a révoqué un jeton personnel."),
    accounts.TOKEN_USED.name: _("Un programme a agi au nom de %(who)s."),
    accounts.PASSWORD_CHANGED.name: _("%(who)s a changé de mot de passe."),
    accounts.SESSIONS_ENDED.name: _("%(who)s a fermé des sessions : %(count)s."),
    accounts.PREFERENCES_CHANGED.name: _("%(who)s a changé ses préférences."),
    directory.ORGANISATION_CREATED.name: _("%(who)s a créé une organisation."),
    directory.ORGANISATION_EDITED.name: _("%(who)s a modifié une organisation."),
    directory.CONTACT_ADDED.name: _("%(who)s a ajouté un contact."),
    directory.CONTACT_EDITED.name: _("%(who)s a modifié un contact."),
    directory.TRUST_CHANGED.name: _("%(who)s a jugé si un contact est sûr."),
    directory.OPERATOR_CREATED.name: _("%(who)s a créé un service mutualisé."),
    directory.OPERATOR_EDITED.name: _("%(who)s a modifié un service mutualisé."),
    directory.AGREED.name: _("%(who)s a noté qu'une organisation s'ouvre à un service mutualisé."),
    directory.ENDED.name: _("%(who)s a noté la fin d'un accord avec un service mutualisé."),
    directory.MEMBER_ADDED.name: _("%(who)s a ajouté quelqu'un à un service mutualisé."),
    directory.MEMBER_REMOVED.name: _("%(who)s a retiré quelqu'un d'un service mutualisé."),
    incidents.CAMPAIGN_OPENED.name: _("%(who)s a ouvert une campagne."),
    incidents.CAMPAIGN_EDITED.name: _("%(who)s a modifié une campagne."),
    incidents.CAMPAIGN_CLOSED.name: _("%(who)s a clos une campagne."),
    incidents.CAMPAIGN_REOPENED.name: _("%(who)s a rouvert une campagne."),
    incidents.VIEW_KEPT.name: _("%(who)s a gardé une vue de la file."),
    incidents.VIEW_FORGOTTEN.name: _("%(who)s a effacé une vue de la file."),
    EPOCH_BEGUN.name: _("Le journal a repris après une restauration."),
}


def register() -> None:
    """Give the sentences; called when the app is ready."""
    for kind, sentence in _SENTENCES.items():
        timeline.tell(kind, sentence)
