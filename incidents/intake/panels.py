"""The first gestures, as a panel: the same on the form, the confirmation and the follow-up page.

An app that knows more (which step was ticked) registers its own under the same name.
"""

from dataclasses import dataclass
from typing import Protocol

from django.http import HttpRequest
from django.template.loader import render_to_string

from csirt.accounts.principals import Principal
from csirt.directory import reference
from csirt.web import panels
from incidents.intake import files
from incidents.intake.words import said_all


class Situation(Protocol):
    """What the panels of the public pages are given: a case, or answers on their way to be one."""

    @property
    def category(self) -> str: ...

    @property
    def victim_kind(self) -> str: ...


@dataclass(frozen=True)
class Told:
    """What somebody has answered so far."""

    category: str
    victim_kind: str


def register() -> None:
    """Fill the slots of the public pages; called when the app is ready."""
    panels.register("public.gestures", "gestes", "Premiers gestes", gestures)
    panels.register("public.followup", "fichiers", "Vos fichiers", files.panel, order=70)


def gestures(request: HttpRequest, case: Situation, _principal: Principal) -> str:
    """Draw what to do and what not to do, of the category's playbook."""
    bundle = reference.current()
    if case.category not in bundle.categories:
        return ""
    playbook = bundle.playbook_for(case.category)
    context = {"do": said_all(playbook, "first_minutes"), "dont": said_all(playbook, "dont")}
    return render_to_string("intake/gestures.html", context, request)
