"""What an exercise adds to the pages of other rooms: the way to it, its clock, its sentences."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from csirt.accounts.navigation import entry
from csirt.accounts.principals import Principal
from csirt.kernel.clock import now
from csirt.web import panels
from incidents.console.timeline import tell
from playbooks.exercises import queries
from playbooks.exercises.models import Channel
from playbooks.exercises.views import told

SENTENCES = {
    "exercise.begun": _("%(who)s a commencé l'exercice."),
    "exercise.paused": _("%(who)s a mis l'exercice en pause."),
    "exercise.resumed": _("%(who)s a repris l'exercice."),
    "exercise.paced": _("%(who)s a changé la vitesse : × %(speed)s."),
    "exercise.ended": _("%(who)s a terminé l'exercice."),
    "inject.delivered": _("Inject livré : %(inject)s (%(channel)s)."),
    "inject.skipped": _("%(who)s a sauté un inject : %(inject)s."),
    "inject.put_back": _("%(who)s a remis un inject : %(inject)s."),
    "inject.failed": _("Inject refusé par le bureau : %(inject)s (%(reason)s)."),
    "inject.taken": _("%(who)s a décroché : %(inject)s."),
    "hotwash.ruled": _("%(who)s a jugé un geste attendu : %(inject)s."),
    "hotwash.noted": _("%(who)s a écrit au bilan."),
}


def register() -> None:
    """Fill the slots and say how the events read; called when the app is ready.

    Elsewhere nothing is registered: no page of a real desk pays for an exercise.
    """
    for kind, sentence in SENTENCES.items():
        tell(kind, sentence, _words)
    if settings.EXERCISE:
        panels.register("console.navigation", "exercice", "Exercice", navigation, order=95)
        panels.register("console.header", "exercice", "Exercice", header, order=5)
        panels.register("console.scripts", "exercice", "Exercice", scripts)


def _words(data: Mapping[str, Any], _names: Mapping[str, str]) -> Mapping[str, Any]:
    said = dict(data)
    if "channel" in data:
        said["channel"] = Channel(data["channel"]).label
    if "percent" in data:
        said["speed"] = f"{data['percent'] / 100:g}"
    if "reason" in data:
        said["reason"] = ", ".join(data["reason"])
    return said


def navigation(request: HttpRequest, _case: object, principal: Principal | str) -> str:
    """Give the way to the calls to who takes part, and to the conductor's page to who conducts."""
    entries = []
    if queries.takes_part(principal):
        entries.append(entry(request, reverse("exercise:calls"), gettext("Appels")))
    if queries.conducts(principal):
        entries.append(entry(request, reverse("exercise:conduct"), gettext("Exercice"), exact=True))
    return "\n".join(entries)


def header(request: HttpRequest, _case: object, principal: Principal | str) -> str:
    """Show the exercise's clock, and the calls that ring."""
    if not queries.takes_part(principal) or not queries.is_here():
        return ""
    return render_to_string("exercises/header.html", {"told": told(), "at": now()}, request)


def scripts(_request: HttpRequest, _case: object, principal: Principal | str) -> str:
    """Bring the script that keeps the clock of the page."""
    if not queries.takes_part(principal):
        return ""
    return render_to_string("exercises/scripts.html")
