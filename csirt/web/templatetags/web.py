"""Filters that the components use: ``{% load web %}``."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django import forms, template
from django.utils import dateformat, translation
from django.utils.html import format_html

from csirt.kernel import text

register = template.Library()

PARIS = ZoneInfo("Europe/Paris")
NO_BREAK = "\u00a0"
_SHORT = {
    "short": f"%d/%m/%Y{NO_BREAK}%H:%M",
    "second": f"%d/%m/%Y{NO_BREAK}%H:%M:%S",
    "hour": "%H:%M",
    "utc": f"%d/%m/%Y{NO_BREAK}%H:%M:%S{NO_BREAK}UTC",
}


@register.filter
def tel(number: str) -> str:
    """The number as a ``tel:`` address wants it: digits, with the leading + if there is one."""
    return re.sub(r"[^\d+]", "", str(number))


@register.filter
def unbroken(value: str) -> str:
    """The same words, which the browser will keep on one line."""
    return str(value).replace(" ", NO_BREAK)


@register.filter
def iso(at: datetime) -> str:
    """The moment for ``<time datetime>``, to the second, with its offset."""
    return at.astimezone(PARIS).isoformat(timespec="seconds")


@register.filter
def paris(at: datetime, form: str = "long") -> str:
    """The moment as French clocks show it, in the reader's language.

    ``long`` 22 novembre 2026 à 18 h 04; ``short`` 22/11/2026 18:04; ``second`` 22/11/2026 18:04:09; ``date`` 22 novembre 2026;
    ``hour`` 18:04; ``utc`` 22/11/2026 17:04:09 UTC. English readers get 24 hours too.
    """
    local = at.astimezone(UTC if form == "utc" else PARIS)
    if form in _SHORT:
        return local.strftime(_SHORT[form])
    french = (translation.get_language() or "fr").startswith("fr")
    day = "1er" if french and local.day == 1 else str(local.day)
    date = f"{day}{NO_BREAK}{dateformat.format(local, 'F')} {local.year}"
    if form == "date":
        return date
    if french:
        return f"{date} à{NO_BREAK}{local:%H}{NO_BREAK}h{NO_BREAK}{local:%M}"
    return f"{date} at{NO_BREAK}{local:%H:%M}"


_MOMENT = '<time datetime="{0}">{1}</time>'
_WITH_UTC = '<time class="utc" tabindex="0" data-utc="{2}" datetime="{0}">{1}</time>'


@register.simple_tag
def moment(at: datetime | None, form: str = "", utc: bool = False) -> str:
    """What the component ``time`` shows; a list of many calls it as it is, for speed."""
    if not at:
        return ""
    shape = _WITH_UTC if utc else _MOMENT
    said = paris(at, form or "long")
    return format_html(shape, iso(at), said, paris(at, "utc") if utc else "")


@register.filter
def defang(value: object) -> str:
    """The value written so that no program makes a link of it."""
    return text.defang(str(value))


@register.filter
def defang_within(value: object) -> str:
    """Text from outside, with the addresses in it written so that no program links them."""
    return text.defang_within(str(value))


@register.filter
def token(value: object) -> str:
    """A stored value as the end of a class name: ``AMBER+STRICT`` gives ``amber-strict``."""
    return re.sub(r"[^a-z0-9]+", "-", str(value).lower()).strip("-")


@register.filter
def beside(row: Sequence[object], columns: Sequence[object]) -> list[tuple[object, object]]:
    """Each cell of a row with its column."""
    return list(zip(row, columns, strict=True))


@register.filter
def anchor(field: forms.BoundField) -> str:
    """The id of the first thing that can be focused in a field of a form."""
    return f"{field.auto_id}_0" if field.use_fieldset else field.id_for_label


@register.filter
def is_checkbox(field: forms.BoundField) -> bool:
    """A single box, whose label stands after it."""
    return isinstance(field.field.widget, forms.CheckboxInput)
