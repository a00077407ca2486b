"""Slots: a page names them, apps fill them, and neither imports the other.

An app registers a callable ``(request, case, principal) -> HTML`` in its AppConfig. The page calls
it in process, so it works without JavaScript; the same callable answers at a URL for refreshing.
A panel that raises shows its title and one sentence and never breaks the page.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from csirt.accounts.principals import Principal
from csirt.kernel.errors import NotFound

log = structlog.get_logger()

SLOTS = frozenset(
    {
        "console.case",  # sections of the case page, in order
        "console.case.aside",
        "console.inbox",  # the triage inbox, below one report
        "console.queue.row",
        "console.navigation",  # what is opened each hour
        "console.review",  # the page of a review, below what is learnt
        "console.more",  # the other entries of the navigation, behind one more press
        "console.scripts",  # in the head: htmx runs none that stand in a body
        "console.header",  # beside the reader's name, on every page
        "console.organisation",  # beside a page of the directory: its row stands for the case
        "console.place",
        "public.home",
        "public.gestures",
        "public.confirmation",
        "public.followup",
        "public.closed",
    }
)

Render = Callable[[HttpRequest, Any, Principal], str]


@dataclass(frozen=True)
class Panel:
    """One registered piece of a page. ``title`` is a French msgid."""

    slot: str
    name: str
    title: str
    render: Render
    order: int = 50


_panels: dict[tuple[str, str], Panel] = {}


def register(slot: str, name: str, title: str, render: Render, *, order: int = 50) -> None:
    """Fill *slot* with *render*; called in ``AppConfig.ready``."""
    if slot not in SLOTS:
        raise ValueError(f"no such slot: {slot}")
    _panels[slot, name] = Panel(slot, name, title, render, order)


def panels(slot: str) -> list[Panel]:
    """Return the panels of *slot* in their order."""
    found = [panel for (where, _), panel in _panels.items() if where == slot]
    return sorted(found, key=lambda panel: (panel.order, panel.name))


def get(slot: str, name: str) -> Panel:
    """Return one panel, for its own URL; raises ``NotFound``."""
    try:
        return _panels[slot, name]
    except KeyError as error:
        raise NotFound from error


def draw(panel: Panel, request: HttpRequest, case: Any, principal: Principal) -> SafeString:
    """Return the panel's HTML, or its title and one sentence when it raises."""
    try:
        return SafeString(panel.render(request, case, principal))
    except Exception as error:
        log.exception("panel.failed", panel=panel.name, error=type(error).__name__)
        return render_to_string("components/panel_failed.html", {"panel": panel}, request)
