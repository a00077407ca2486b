"""Addresses of the console: the queue, its snapshot, the case and what is done to it."""

from django.urls import path

from incidents.console import (
    acts,
    campaigns,
    clock_board,
    clocks,
    evidence,
    filing,
    inbox,
    moments,
    observables,
    search,
    tags,
    together,
    views,
)

_CASE = "dossiers/<uuid:case>/"
_CAMPAIGN = "campagnes/<uuid:campaign>/"

urlpatterns = [
    path("", views.console, name="console"),
    path("snapshot", views.snapshot, name="console-snapshot"),
    path("recherche/", search.search, name="console-search"),
    path("etiquettes/", tags.every, name="console-tags"),
    path("etiquettes/<uuid:tag>", tags.rename, name="console-tag"),
    path("nouveau/", filing.file, name="console-file"),
    path("ensemble/", together.together, name="console-together"),
    path("ensemble/annuler", together.undo, name="console-together-undo"),
    path("campagnes/", campaigns.every, name="console-campaigns"),
    path(_CAMPAIGN, campaigns.one, name="console-campaign"),
    path(f"{_CAMPAIGN}clore", campaigns.close, name="console-campaign-close"),
    path(f"{_CAMPAIGN}rouvrir", campaigns.reopen, name="console-campaign-reopen"),
    path(f"{_CAMPAIGN}ajouter", campaigns.add, name="console-campaign-add"),
    path(f"{_CAMPAIGN}retirer", campaigns.remove, name="console-campaign-remove"),
    path("tri/", inbox.first, name="console-inbox"),
    path("tri/<uuid:case>/", inbox.triage, name="console-triage"),
    path("horloges/", clock_board.board, name="console-clocks"),
    path(_CASE, acts.show, name="console-case"),
    path(f"{_CASE}savoir", clocks.knowledge, name="console-knowledge"),
    path(f"{_CASE}horloges/<str:clock>", clocks.clock, name="console-clock"),
    path(f"{_CASE}etape/<slug:edge>", acts.move, name="console-move"),
    path(f"{_CASE}faire/<slug:verb>", acts.do, name="console-do"),
    path(f"{_CASE}annuler", acts.take_back, name="console-undo"),
    path(f"{_CASE}code", acts.reissue, name="console-code"),
    path(f"{_CASE}signalements/<uuid:report>/deplacer", acts.move_report, name="console-report"),
    path(f"{_CASE}coller", observables.paste, name="console-paste"),
    path(f"{_CASE}observables/<uuid:observable>", observables.one, name="console-judge"),
    path(
        f"{_CASE}observables/<uuid:observable>/annuler",
        observables.take_back,
        name="console-unjudge",
    ),
    path(f"{_CASE}moments/<uuid:dated>", moments.one, name="console-dated"),
    path(f"{_CASE}moments/<uuid:dated>/retirer", moments.remove, name="console-undate"),
    path(f"{_CASE}moments/<uuid:dated>/remettre", moments.put_back, name="console-date-again"),
    path(f"{_CASE}panneaux/<str:slot>/<str:name>", acts.panel, name="console-panel"),
    path(f"{_CASE}pieces/<uuid:evidence>/", evidence.evidence, name="console-evidence"),
    path("pieces/<str:link>", evidence.fetch, name="console-evidence-link"),
]
