"""Addresses of the readiness kit: the public pages, and the counsellor's in the console."""

from django.urls import include, path

from playbooks.kit import counsel, views

kit = [
    path("kit/", views.start, name="start"),
    path("kit/code/", views.enter, name="enter"),
    path("kit/questions/<slug:theme>/", views.questions, name="questions"),
    path("kit/resultat/", views.result, name="result"),
    path("kit/encore/", views.again, name="again"),
    path("kit/rappel/", views.remind, name="remind"),
    path("kit/effacer/", views.delete, name="delete"),
    path("kit/quitter/", views.leave, name="leave"),
    path("kit/numeros/", views.contacts, name="contacts"),
    path("kit/premiere-heure/", views.first_hour, name="first-hour"),
    path("suivi/kit/", views.from_followup, name="from-followup"),
]

urlpatterns = [
    path("", include((kit, "kit"))),
    path("console/kits/", counsel.served, name="kits"),
    path("console/kits/<uuid:organisation>/", counsel.begin, name="kits-begin"),
]
