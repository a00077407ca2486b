"""Every component in every state, on one page: what a designer looks at, and what axe checks."""

from datetime import UTC, datetime

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

STATES = [
    ("new", "Nouveau"),
    ("triage", "En qualification"),
    ("active", "En traitement"),
    ("waiting", "En attente"),
    ("recovery", "Rétablissement"),
    ("review", "Retour d'expérience"),
    ("closed", "Clos"),
    ("redirected", "Réorienté"),
    ("duplicate", "Doublon"),
    ("rejected", "Sans suite"),
]


class Sample(forms.Form):
    """A form of Django with each kind of widget."""

    email = forms.EmailField(label="Adresse électronique", help_text="Celle de votre mairie.")
    role = forms.ChoiceField(
        label="Rôle", choices=[("a", "Analyste"), ("l", "Responsable")], widget=forms.RadioSelect
    )
    place = forms.ChoiceField(label="Département", choices=[("09", "Ariège"), ("31", "Garonne")])
    agree = forms.BooleanField(label="J'ai lu la charte")


def context() -> dict[str, object]:
    """Return what the template shows: invented, and the same at each call."""
    options = [
        {"value": "oui", "label": "Oui"},
        {"value": "non", "label": "Non", "hint": "Personne n'est menacé et rien ne brûle."},
        {
            "value": "long",
            "label": "Une réponse assez longue pour passer à la ligne sur un petit téléphone",
        },
        {"value": "nsp", "label": "Je ne sais pas", "exclusive": True},
    ]
    return {
        "options": options,
        "chosen": ["non", "long"],
        "states": STATES,
        "priorities": ["P1", "P2", "P3", "P4"],
        "tlps": ["clear", "green", "amber", "amber+strict", "red"],
        "tones": ["neutral", "info", "success", "warning", "danger"],
        "kinds": ["info", "success", "warning", "danger"],
        "sample_errors": [
            {"name": "danger-error", "text": "Choisissez une réponse."},
            {"name": "nom-error", "text": "Indiquez votre nom."},
        ],
        "rows": [
            {"label": "Que se passe-t-il ?", "value": "Des fichiers sont chiffrés.", "href": "#a"},
            {"label": "Où ?", "lines": ["Mirepoix", "Foix"], "href": "#b"},
            {"label": "Depuis quand ?", "value": "", "href": "#c"},
        ],
        "columns": [{"label": "Commune"}, {"label": "Dossiers", "numeric": True}],
        "cells": [[{"text": "Mirepoix", "href": "#m"}, 3], ["Foix", 12], ["Auch", 1]],
        "items": [
            {"label": "À trier", "href": "#1", "current": True, "count": 12},
            {"label": "Mes dossiers", "href": "#2", "count": 3},
            {"label": "Clos", "href": "#3"},
        ],
        "trail": [{"label": "Console", "href": "#"}, {"label": "OCC-7F3K-Q2"}],
        "contacts": [
            {"name": "Police et gendarmerie", "phone": "17", "hours": "24 h/24"},
            {"name": "Cyber'Occ", "phone": "0 800 71 13 13", "hours": "lun-ven 9 h-17 h 30"},
        ],
        "gestures": ["Débranchez le câble réseau.", "N'éteignez pas la machine."],
        "moment": datetime(2026, 11, 1, 17, 4, tzinfo=UTC),
        "hostile": "https://evil.example.com/login?x=1",
        "sample_form": Sample({"email": "pas une adresse", "place": "31"}),
        "empty_form": Sample(),
        "navigation": [
            {"label": "À trier", "href": "#1", "current": True, "count": 12},
            {"label": "Dossiers", "href": "#2"},
            {"label": "Partage", "href": "#3"},
        ],
    }


def page(request: HttpRequest) -> HttpResponse:
    """Show the components; ``?public`` shows them as a victim would see them."""
    frame = "web/public.html" if "public" in request.GET else "web/console.html"
    return render(request, "web/styleguide.html", {**context(), "frame": frame})
