"""Addresses of playbooks, under /console/playbooks/."""

from django.urls import path

from playbooks.console import drafts, editions, incoming, lessons, running, views

_EDITION = "versions/<uuid:edition>/"
_STEP = "etapes/<uuid:step>/"
_CASE = "dossiers/<uuid:case>/"

urlpatterns = [
    path("", views.library, name="playbooks"),
    path("importer", incoming.import_file, name="playbooks-import"),
    path(_EDITION, editions.edition, name="playbook-edition"),
    path(f"{_EDITION}fichier", editions.text, name="playbook-edition-file"),
    path(f"{_EDITION}proposer", editions.propose, name="playbook-propose"),
    path(f"{_EDITION}jeter", drafts.discard, name="playbook-discard"),
    path(f"{_EDITION}publier", editions.publish, name="playbook-publish"),
    path(f"{_EDITION}refuser", editions.refuse, name="playbook-refuse"),
    path(f"{_EDITION}ordre", drafts.order, name="playbook-order"),
    path(f"{_EDITION}etape/<slug:which>", drafts.step, name="playbook-draft-step"),
    path(f"{_CASE}suivre", running.attach, name="playbook-attach"),
    path(f"{_CASE}retirer", running.detach, name="playbook-detach"),
    path(f"{_CASE}lecon", lessons.propose, name="lesson-propose"),
    path("lecons/<uuid:lesson>/retirer", lessons.withdraw, name="lesson-withdraw"),
    path("lecons/<uuid:lesson>/refuser", lessons.refuse, name="lesson-refuse"),
    path("suivis/<uuid:run>/cacao", running.cacao, name="playbook-run-cacao"),
    path(_STEP, running.step, name="playbook-step"),
    path(f"{_STEP}etat", running.state, name="playbook-step-state"),
    path(f"{_STEP}note", running.note, name="playbook-step-note"),
    path(f"{_STEP}role", running.role, name="playbook-step-role"),
    path(f"{_STEP}montrer", running.show, name="playbook-step-show"),
    path("<slug:playbook>/", views.playbook, name="playbook"),
    path("<slug:playbook>/fichier", views.file, name="playbook-file"),
    path("<slug:playbook>/cacao", views.cacao, name="playbook-cacao"),
    path("<slug:playbook>/modifier", drafts.begin, name="playbook-edit"),
    path("<slug:playbook>/bibliotheque", drafts.take_library, name="playbook-library"),
]
