"""How a file's size is said."""

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext

register = template.Library()

_KILO = 1000


@register.filter
def weight(size: int) -> str:
    """Return a number of bytes as people read it: « 2,3 Mo »."""
    if size < _KILO:
        return ngettext("%(number)s octet", "%(number)s octets", size) % {"number": size}
    if size < _KILO**2:
        return gettext("%(number)s Ko") % {"number": number_format(round(size / _KILO))}
    return gettext("%(number)s Mo") % {"number": number_format(round(size / _KILO**2, 1), 1)}
