"""What the law asks a public site to say: accessibility, who publishes it, personal data.

Each sentence states what this software does today, and what it does not. What only the operator
knows (publisher, director, host, data-protection officer) comes from the settings.
"""

from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, ngettext
from django.views.decorators.http import require_safe

from csirt.directory import reference
from csirt.reference.durations import Duration

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
    english = get_language() == "en"
    kept = [
        (rule.what_en if english else rule.what_fr, _lasts(rule.after))
        for rule in reference.current().retention.rules
    ]
    return render(request, "web/privacy.html", {"legal": settings.LEGAL, "kept": kept})


def _lasts(after: Duration) -> str:
    """Return *after* in words: months, or days."""
    if after.months:
        return ngettext("%(n)s mois", "%(n)s mois", after.months) % {"n": after.months}
    return ngettext("%(n)s jour", "%(n)s jours", after.days) % {"n": after.days}
