"""The first gestures, as a panel: the same on the form, the confirmation and the follow-up page.

An app that knows more (which step was ticked) registers its own under the same name.
"""

from dataclasses import dataclass
from typing import Protocol

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse

from csirt.accounts.principals import Principal
from csirt.directory import reference
from csirt.web import panels
from incidents.intake import deadlines, files
from incidents.intake.words import said_all


class Situation(Protocol):
    """What the panels of the public pages are given: a case, or answers on their way to be one."""

    @property
    def category(self) -> str: ...

    @property
    def victim_kind(self) -> str: ...


@dataclass(frozen=True)
class Told:
    """What somebody has answered so far. ``form``: the form of the page that takes the ticks."""

    category: str
    victim_kind: str
    ticked: tuple[str, ...] = ()
    form: str = ""


TICKS = "fait"  # the name of the boxes: which gestures are done
SHOWN = "gestes"  # a hidden field beside them: of which category


def register() -> None:
    """Fill the slots of the public pages; called when the app is ready."""
    panels.register("public.gestures", "gestes", "Premiers gestes", gestures)
    panels.register("public.followup", "fichiers", "Vos fichiers", files.panel, order=70)
    panels.register(
        "public.confirmation", "echeances", "Ce que la loi peut vous demander", deadlines.panel
    )
    panels.register("public.followup", "fichiers", "Vos fichiers", files.panel, order=70)


def gestures(request: HttpRequest, case: Situation, _principal: Principal) -> str:
    """Draw what to do and what not to do, of the category's playbook."""
    bundle = reference.current()
    if case.category not in bundle.categories:
        return ""
    playbook = bundle.playbook_for(case.category)
    told = case if isinstance(case, Told) else Told(case.category, case.victim_kind)
    context = {
        "do": said_all(playbook, "first_minutes"),
        "dont": said_all(playbook, "dont"),
        "form": told.form,
        "ticked": [int(number) for number in told.ticked],
        "category": case.category,
        "print": reverse("intake:gestures", args=[playbook.id]),
        "names": {"ticks": TICKS, "shown": SHOWN},
    }
    return render_to_string("intake/gestures.html", context, request)
