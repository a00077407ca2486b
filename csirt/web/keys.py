"""The console's keys: declared once, and from that come what they do, hints, help and palette.

A room declares the keys of its pages when it is ready; ``web/keys.js`` carries them out. None is the
only way to anything, and those of a single letter are off for who does not want them (WCAG 2.1.4).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from csirt.accounts.models import User
from csirt.accounts.principals import Principal

PALETTE = "Ctrl+K"


@dataclass(frozen=True)
class Key:
    """What any of ``keys`` does: one of ``target``, ``event``, ``menu`` and ``to``.

    A letter, or ``g`` and a letter, one after the other. ``pages`` are names of addresses; none:
    everywhere. ``needs`` is what a person must be: ``sees_cases``, ``works_cases``.
    """

    keys: tuple[str, ...]
    label: Any
    pages: frozenset[str] = field(default_factory=frozenset)
    target: str = ""  # selector of what is pressed, followed, unfolded or written in
    event: str = ""  # what the page's own script answers, as ``key:<event>``
    menu: str = ""  # selector of the part of the page whose acts the palette then shows
    to: str = ""  # name of the address it leads to
    needs: str = ""

    def meets(self, other: "Key") -> bool:
        """Tell whether both would answer the same key on one page."""
        together = not self.pages or not other.pages or self.pages & other.pages
        return bool(together and set(self.keys) & set(other.keys))


_declared: list[Key] = []


def declare(keys: Iterable[Key]) -> None:
    """Make keys known; called in ``AppConfig.ready``. Raises ``ValueError`` for one taken already."""
    for key in keys:
        if taken := next((one for one in _declared if one.meets(key)), None):
            raise ValueError(f"{key.keys} is taken: {taken.keys}")
        _declared.append(key)


def of_page(request: HttpRequest, principal: Principal | None) -> list[dict[str, Any]]:
    """Return the keys of the page that *request* shows, its own first, ways to other pages last."""
    match = request.resolver_match
    page = match.url_name if match else ""
    found = []
    for key in sorted(_declared, key=lambda key: (bool(key.to), not key.pages)):
        if key.pages and page not in key.pages:
            continue
        if key.needs and not getattr(principal, key.needs, False):
            continue
        try:
            to = reverse(key.to) if key.to else ""
        except NoReverseMatch:  # that room is not mounted
            continue
        found.append(
            {
                "keys": key.keys,
                "label": str(key.label),
                "target": key.target,
                "event": key.event,
                "menu": key.menu,
                "to": to,
            }
        )
    return found


def enabled(request: HttpRequest) -> bool:
    """Tell whether whoever asks wants keys of a single letter."""
    return isinstance(request.user, User) and request.user.keys_enabled


EVERYWHERE = (
    Key(("/",), _("Chercher"), target="#f-find"),
    Key(("u", "z"), _("Annuler, pendant dix secondes"), target="#toasts form.undo button"),
    Key(("?",), _("Les touches de cette page"), target="#help"),
    Key(("g s",), _("Aller à la recherche"), to="console-search", needs="sees_cases"),
    Key(("g o",), _("Aller à l'annuaire"), to="directory", needs="sees_cases"),
    Key(("g m",), _("Aller à mon compte"), to="account_me"),
)  # fmt: skip
