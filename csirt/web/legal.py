"""What the law asks a public site to say: accessibility, who publishes it, personal data.

Each sentence states what this software does today, and what it does not. What only the operator
knows (publisher, director, host, data-protection officer) comes from the settings.
"""

from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

DECLARED = datetime(2026, 11, 22, 12, tzinfo=UTC)  # of the accessibility statement


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """State how accessible the site is: not compliant as long as nobody has audited it.

    Model: decree 2019-768 and RGAA 4.1. Who has no audit must declare « non conforme ».
    """
    return render(request, "web/accessibility.html", {"declared": DECLARED})


@require_safe
def legal(request: HttpRequest) -> HttpResponse:
    """Say who publishes and hosts the site (law 2004-575, article 6-III)."""
    return render(request, "web/legal.html", {"legal": settings.LEGAL})


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Say what becomes of what people tell (GDPR, article 13)."""
    return render(request, "web/privacy.html", {"legal": settings.LEGAL})
