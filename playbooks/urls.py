"""Addresses of playbooks outside the console: the victim's ticks, the schema of the extension."""

from django.urls import include, path

from playbooks import followup
from playbooks.console import views

urlpatterns = [
    path("", include("playbooks.kit.urls")),
    path("suivi/etapes/", followup.tick, name="playbooks-tick"),
    path("schemas/cacao-extension.json", views.extension, name="playbooks-extension"),
]
