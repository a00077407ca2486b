"""The first gestures, as a panel: the same on the form, the confirmation and the follow-up page.

Boxes to tick stand on the form, sent with its page, and on the follow-up page, sent by themselves.
An app that knows more steps adds its panel to the same slot, or registers under the same name.
"""

from dataclasses import dataclass
from typing import Protocol

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse

from csirt.accounts.principals import Principal
from csirt.directory import reference
from csirt.kernel.clock import now
from csirt.web import panels
from incidents import queries
from incidents.intake import deadlines, files, packs, visits
from incidents.intake.words import said_all
from incidents.models import Incident
from incidents.services.ticking import mark, same_words


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
SHOWN = "gestes"  # a hidden field beside them: of which category, later which gestures
FOLLOWED = "premiers-gestes"  # the form of the follow-up page that takes the ticks


def register() -> None:
    """Fill the slots of the public pages; called when the app is ready."""
    panels.register("public.gestures", "gestes", "Premiers gestes", gestures)
    law = "Ce que la loi peut vous demander"
    panels.register("public.confirmation", "echeances", law, deadlines.panel)
    panels.register("public.followup", "echeances", law, deadlines.followed, order=30)
    panels.register("public.followup", "plainte", "Votre dossier de plainte", packs.panel, order=35)
    panels.register("public.followup", "fichiers", "Vos fichiers", files.panel, order=70)


def gestures(request: HttpRequest, case: Situation, principal: Principal) -> str:
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
        "shown": case.category,
        "ticked": [int(number) for number in told.ticked],
        "print": reverse("intake:gestures", args=[playbook.id]),
        "names": {"ticks": TICKS, "shown": SHOWN},
    }
    if isinstance(case, Incident) and visits.victim(request, now()) == principal:
        ticked = [int(number) for number in queries.ticked(case, playbook.id, playbook.version)]
        if SHOWN in request.POST:  # they came back: other gestures are asked by now
            ticked = same_words(playbook, request.POST[SHOWN], request.POST.getlist(TICKS))
        context |= {
            "form": FOLLOWED,
            "action": reverse("intake:tick"),
            "reference": case.reference,
            "shown": mark(playbook),
            "ticked": ticked,
        }
    return render_to_string("intake/gestures.html", context, request)
