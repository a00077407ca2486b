"""Addresses of sharing's pages, under /console/partage/."""

from django.urls import path

from api.sharing import acts, chooser, own, received, views

_PARTNER = "partenaires/<uuid:partner>/"
_COLLECTION = "collections/<uuid:collection>/"
_CASE = "dossiers/<uuid:case>/"
_PREVIEW = "apercus/<uuid:preview>/"

urlpatterns = [
    path("", views.partner_list, name="sharing-partners"),
    path(_PARTNER, views.partner, name="sharing-partner"),
    path(f"{_PARTNER}jetons", views.issue, name="sharing-issue"),
    path(f"{_PARTNER}desactiver", views.disable, name="sharing-disable"),
    path(f"{_PARTNER}reactiver", views.enable, name="sharing-enable"),
    path(f"{_PARTNER}joindre", views.note_contacts, name="sharing-contacts"),
    path(f"{_PARTNER}contenu", views.choose_options, name="sharing-options"),
    path(f"{_PARTNER}conditions", views.accept_terms, name="sharing-terms"),
    path(f"{_PARTNER}personnes", views.add_person, name="sharing-add-person"),
    path(
        f"{_PARTNER}personnes/<uuid:user>/retirer",
        views.remove_person,
        name="sharing-remove-person",
    ),
    path("mon-organisation/", own.own, name="sharing-own"),
    path("mon-organisation/<uuid:partner>/conditions", own.accept, name="sharing-own-terms"),
    path("jetons/<uuid:token>/remplacer", views.rotate_token, name="sharing-rotate-token"),
    path("jetons/<uuid:token>/revoquer", views.revoke_token, name="sharing-revoke-token"),
    path("recus/", received.received_list, name="sharing-received"),
    path("recus/decider", received.decide, name="sharing-decide"),
    path("recus/<uuid:push>/", received.received, name="sharing-received-one"),
    path("collections/", views.collection_list, name="sharing-collections"),
    path(_COLLECTION, views.collection, name="sharing-collection"),
    path(f"{_COLLECTION}contenu", views.edit_collection, name="sharing-edit-collection"),
    path(
        f"{_COLLECTION}lecteurs/<uuid:partner>/retirer", views.end_access, name="sharing-end-access"
    ),
    path(f"{_CASE}choix", chooser.choose, name="sharing-choose"),
    path(f"{_CASE}apercu", acts.ask, name="sharing-ask"),
    path(f"{_CASE}retirer", acts.unrelease, name="sharing-unrelease"),
    path(f"{_CASE}revoquer", acts.revoke, name="sharing-revoke"),
    path(_PREVIEW, acts.preview, name="sharing-preview"),
    path(f"{_PREVIEW}texte", acts.text, name="sharing-text"),
    path(f"{_PREVIEW}approuver", acts.approve, name="sharing-approve"),
    path("diffusions/<uuid:release>/annuler", acts.undo, name="sharing-undo"),
]
