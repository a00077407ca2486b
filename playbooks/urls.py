"""Addresses of playbooks outside the console: the victim's ticks, the schema of the extension."""

from django.urls import include, path

from playbooks import followup
from playbooks.console import views
from playbooks.prevention import views as prevention

urlpatterns = [
    path("console/prevention/", prevention.needing, name="prevention"),
    path("console/prevention/<uuid:organisation>/", prevention.write, name="prevention-write"),
    path("", include("playbooks.kit.urls")),
    path("", include("playbooks.exercises.urls")),
    path("suivi/etapes/", followup.tick, name="playbooks-tick"),
    path("schemas/cacao-extension.json", views.extension, name="playbooks-extension"),
]
