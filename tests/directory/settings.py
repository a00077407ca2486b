"""What an admin types on the pages of the settings."""

import re

from csirt.accounts.principals import Person
from csirt.directory.desk.sorts import sort_of
from csirt.directory.services import change_setting
from csirt.kernel.clock import now

WEEK = {
    "mon": "9 h-12 h", "tue": "9 h-12 h", "wed": "9 h-12 h", "thu": "9 h-12 h", "fri": "9 h-12 h",
    "holidays": "oui",
}  # fmt: skip
REPLY = {
    "label_fr": "Bonjour", "label_en": "Hello", "fr": "Bonjour, {reference}.", "en": "Hello, {reference}.",
}  # fmt: skip
ADDRESS = "/console/reglages/"


def put(user, name, **typed):
    """Change a setting through its service; what is not named stays as the product comes with it."""
    shipped = sort_of(name).shipped()
    whole = {**(sort_of(name).shown(shipped) if shipped else {}), **typed}
    return change_setting(
        name=name, version=typed.pop("version", 0), typed=whole, by=Person.of(user), now=now()
    )


def version_on(page):
    """Return the version that a page's form carries."""
    return re.search(r'name="version" value="(\d+)"', page)[1]
