"""What playbooks add to the console: steps on the case page, an entry of the navigation, the timeline."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from csirt.accounts.navigation import entry
from csirt.accounts.principals import Person, Principal
from csirt.accounts.roles import DESK
from csirt.directory import reference
from csirt.kernel.clock import now
from csirt.web import panels
from incidents.console import timeline
from incidents.domain.lifecycle import TERMINAL
from incidents.intake.words import said
from incidents.models import Incident
from incidents.services.loading import bundle_of
from playbooks import kinds
from playbooks.console import board
from playbooks.console.showing import role_label
from playbooks.domain.steps import Status

NAME = "playbooks"


def register() -> None:
    """Fill the slots; called when the app is ready."""
    panels.register("console.case", NAME, "Playbooks", case_panel, order=10)
    panels.register("console.inbox", NAME, "Playbook", inbox_panel)
    panels.register("console.more", NAME, "Playbooks", navigation, order=30)
    for kind, sentence in _SENTENCES.items():
        timeline.tell(kind, sentence, words_of)


_SENTENCES = {
    kinds.KIT_OPENED.name: _("%(who)s a commencé un kit de survie."),
    kinds.KIT_DELETED.name: _("Un kit de survie est effacé par qui l'a rempli."),
    kinds.KIT_REMINDER_ASKED.name: _("Un rappel par courriel est demandé pour un kit de survie."),
    kinds.KIT_REMINDER_ENDED.name: _("Le rappel d'un kit de survie est retiré."),
    kinds.KIT_AGAIN.name: _("Le rappel d'un kit de survie part."),
    kinds.KIT_DONE.name: _("Un kit de survie est rempli."),
    kinds.PREVENTION_NOTED.name: _("%(who)s a noté une action de prévention d'un organisme."),
    kinds.PREVENTION_REMOVED.name: _("%(who)s a retiré une action de prévention d'un organisme."),
    kinds.PROPOSED.name: _("Playbook proposé par la catégorie : %(playbook)s."),
    kinds.ATTACHED.name: _("%(who)s suit le playbook %(playbook)s, version %(edition)s."),
    kinds.DETACHED.name: _("%(who)s ne suit plus le playbook %(playbook)s."),
    kinds.DECLINED.name: _("%(who)s a écarté le playbook %(playbook)s."),
    kinds.STEP_CHANGED.name: _("%(who)s, étape « %(step)s » : %(state)s."),
    kinds.STEP_NOTED.name: _("%(who)s a annoté l'étape « %(step)s »."),
    kinds.STEP_ASSIGNED.name: _("%(who)s a confié l'étape « %(step)s » : %(role)s."),
    kinds.STEP_SHOWN.name: _("%(who)s a changé ce que la victime voit de l'étape « %(step)s »."),
    kinds.STEPS_CONCERNED.name: _("Ce que l'on sait a changé les étapes du playbook %(playbook)s."),
}


def words_of(data: Mapping[str, Any], _names: Mapping[str, str]) -> Mapping[str, Any]:
    """Fill the timeline's sentences from the library; an id that it does not know stands as it is."""
    words = dict(data)
    playbook = reference.current().playbooks.get(data.get("playbook", ""))
    if playbook is not None:
        words["playbook"] = said(playbook, "title")
        if "step" in data:
            titles = {step.id: step for step in playbook.steps}
            step = titles.get(data["step"])
            words["step"] = said(step, "title") if step else data["step"]
    if "state" in data:
        words["state"] = gettext(Status(data["state"]).label).lower()
    if "role" in data:
        words["role"] = role_label(data["role"])
    return words


def case_panel(request: HttpRequest, case: Incident, principal: Principal) -> str:
    """Draw the steps of the case's playbooks, what is proposed, and the way to add one."""
    return drawn(request, case, principal)


def drawn(request: HttpRequest, case: Incident, principal: Principal, refusal: str = "") -> str:
    """Draw the panel; *refusal* says why something was not done."""
    if not isinstance(principal, Person) or not principal.sees_cases:
        return ""
    context = {
        "case": case,
        "works": principal.works_cases and case.erased_at is None,
        "ended": case.state in TERMINAL,
        "refusal": refusal,
        **board.board(case, now()),
    }
    return render_to_string("playbooks/panel.html", context, request)


def inbox_panel(_request: HttpRequest, case: Incident, principal: Principal) -> str:
    """Say in the triage inbox which playbook the reported category leads to."""
    bundle = bundle_of(case)
    category = bundle.categories.get(case.category)
    if not isinstance(principal, Person) or category is None:
        return ""
    playbook = bundle.playbooks[category.playbook]
    address = reverse("playbook", args=[playbook.id])
    why = gettext("d'après la catégorie « %s »") % said(category, "label")
    return format_html(
        '<p><span class="tag tag-info">{}</span> <a href="{}">{}</a> <span class="hint">{}</span></p>',
        gettext("Playbook"),
        address,
        said(playbook, "title"),
        why,
    )


def navigation(request: HttpRequest, _case: object, principal: Principal | str) -> str:
    """Give the way to the playbooks to those who work cases."""
    if not isinstance(principal, Person) or principal.role not in DESK:
        return ""
    address = reverse("playbooks")
    return entry(request, address, gettext("Playbooks"))
