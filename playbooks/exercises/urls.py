"""Addresses of an exercise, in the console. Outside of one each of them answers 404."""

from django.urls import path

from playbooks.exercises import hotwash, views

app_name = "exercise"
urlpatterns = [
    path("console/exercice/", views.conduct, name="conduct"),
    path("console/exercice/heure", views.hour, name="hour"),
    path("console/exercice/appels/", views.calls, name="calls"),
    path("console/exercice/appels/<slug:inject>/", views.pick_up, name="pick-up"),
    path("console/exercice/libre/", views.free, name="free"),
    path("console/exercice/inject/<slug:inject>/", views.settle, name="settle"),
    path("console/exercice/bilan/", hotwash.page, name="hotwash"),
    path("console/exercice/bilan.pdf", hotwash.paper, name="hotwash-pdf"),
]
