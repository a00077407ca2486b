"""What sharing adds to the console: a section of the case page, and an entry of the navigation."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from api.sharing import kinds, quarantine, queries
from api.sharing.facts import refuse_unless_releasable
from api.sharing.receiving import OPINIONS
from csirt.accounts.navigation import entry
from csirt.accounts.principals import Person, Principal
from csirt.accounts.roles import DESK, Role
from csirt.kernel.errors import DeskError
from csirt.kernel.tlp import Tlp
from csirt.web import panels
from csirt.web.errors import said
from incidents.console import timeline
from incidents.models import Incident

NAME = "partage"


def register() -> None:
    """Fill the slots; called when the app is ready."""
    panels.register("console.case", NAME, "Partage", case_panel, order=60)
    panels.register("console.more", NAME, "Partage", navigation, order=60)
    for kind, sentence in _SENTENCES.items():
        timeline.tell(kind, sentence, _words)


_SENTENCES = {
    kinds.PREVIEWED.name: _("%(who)s a préparé un aperçu de diffusion : %(objects)s objets."),
    kinds.CHOSEN.name: _("%(who)s a choisi ce qui part avec la prochaine diffusion."),
    kinds.RELEASED.name: _("%(who)s a approuvé une diffusion %(tlp)s."),
    kinds.RELEASE_UNDONE.name: _("%(who)s a annulé cette diffusion avant sa publication."),
    kinds.PUBLISHED.name: _("Diffusion publiée : %(added)s objets nouveaux."),
    kinds.FAILED.name: _("La diffusion n'a pas été publiée."),
    kinds.REVOKED.name: _("%(who)s a révoqué un indicateur diffusé."),
    kinds.WITHDRAWN.name: _("Retiré du partage : %(objects)s objets. Déjà lus par : %(readers)s."),
    kinds.PARTNER_CREATED.name: _("%(who)s a créé le partenaire %(identifier)s."),
    kinds.PARTNER_DISABLED.name: _("%(who)s a fermé l'accès du partenaire %(identifier)s."),
    kinds.PARTNER_ENABLED.name: _("%(who)s a rouvert l'accès du partenaire %(identifier)s."),
    kinds.TOKEN_ISSUED.name: _("%(who)s a donné un jeton au partenaire %(identifier)s."),
    kinds.TOKEN_ROTATED.name: _("%(who)s a remplacé un jeton du partenaire %(identifier)s."),
    kinds.PARTNER_EDITED.name: _("%(who)s a modifié le partenaire %(identifier)s."),
    kinds.PERSON_ADDED.name: _("%(who)s a ajouté quelqu'un au partenaire %(identifier)s."),
    kinds.PERSON_REMOVED.name: _("%(who)s a retiré quelqu'un du partenaire %(identifier)s."),
    kinds.TERMS_ACCEPTED.name: _(
        "%(who)s a accepté les conditions de partage pour %(identifier)s."
    ),
    kinds.TOKEN_REVOKED.name: _("%(who)s a retiré un jeton au partenaire %(identifier)s."),
    kinds.COLLECTION_CREATED.name: _("%(who)s a créé la collection %(alias)s."),
    kinds.COLLECTION_EDITED.name: _("%(who)s a changé ce que contient la collection %(alias)s."),
    kinds.ACCESS_GRANTED.name: _("%(who)s a ouvert une collection à un partenaire."),
    kinds.ACCESS_ENDED.name: _("%(who)s a fermé une collection à un partenaire."),
    kinds.INBOX_OPENED.name: _("%(who)s a ouvert une boîte de dépôt à %(identifier)s."),
    kinds.PUSHED.name: _("%(who)s a déposé %(objects)s objets ; %(refused)s étaient refusés."),
    kinds.PUSH_REMOVED.name: _("%(who)s a retiré de sa boîte %(count)s objets."),
    kinds.SIGHTED.name: _(
        "Le partenaire %(partner)s dit avoir vu un indicateur de ce dossier (%(count)s fois)."
    ),
    kinds.OPINED.name: _("Le partenaire %(partner)s dit d'un objet diffusé : %(opinion)s."),
    kinds.PUSH_ACCEPTED.name: _("%(who)s a versé au dossier un objet de %(partner)s."),
    kinds.PUSH_REFUSED.name: _("%(who)s a refusé un objet de %(partner)s."),
}


def _words(data: Mapping[str, Any], _names: Mapping[str, str]) -> Mapping[str, Any]:
    """Fill the timeline's sentences: levels with their label, partners by their identifier."""
    words = dict(data)
    if "tlp" in words:
        words["tlp"] = Tlp(words["tlp"]).label
    if "opinion" in words:
        words["opinion"] = str(OPINIONS[words["opinion"]])
    words["readers"] = ", ".join(data.get("partners", [])) or gettext("personne")
    return words


def case_panel(request: HttpRequest, case: Incident, principal: Principal) -> str:
    """Draw what of the case is shared, and the form that asks for a preview."""
    if not isinstance(principal, Person) or not principal.works_cases:
        return ""
    refused = ""
    try:
        refuse_unless_releasable(case)
    except DeskError as error:
        refused = said(error)
    choices, standing = queries.choices_for(case), queries.standing(principal, case, refused)
    context = {
        "case": case,
        "tlp": Tlp(case.tlp),
        "sightings": quarantine.of_case(case) if standing.releases else [],
        "standing": standing,
        "any_allowed": any(choice.allowed for choice in choices),
        "options": [
            {
                "value": str(choice.collection.uuid),
                "label": choice.collection.title,
                "hint": _hint(choice),
                "disabled": not choice.allowed,
            }
            for choice in choices
        ],
    }
    return render_to_string("sharing/panel.html", context, request)


def _hint(choice: queries.Choice) -> str:
    collection = choice.collection
    words = f"{Tlp(collection.tlp).label}, {collection.get_audience_display()}"
    if choice.allowed:
        return words
    return f"{words} – {gettext('le TLP du dossier est trop haut')}"


def navigation(request: HttpRequest, _case: object, principal: Principal | str) -> str:
    """Give the way to partners and collections to those who may look."""
    if not isinstance(principal, Person) or principal.role not in DESK | {Role.ADMIN, Role.PARTNER}:
        return ""
    theirs = principal.role == Role.PARTNER
    address = reverse("sharing-own" if theirs else "sharing-partners")
    return entry(request, address, gettext("Partage"))
