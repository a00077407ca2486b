"""Filters of the case page."""

from collections.abc import Mapping
from datetime import date

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from incidents.console import observable_rows as drawing
from incidents.console.forms import PARIS, Returned
from incidents.domain.observables import ObservableType
from incidents.domain.observables import shown as words_of
from incidents.domain.zones import zone_of
from incidents.models import DatedEvent, Observable

register = template.Library()

_TYPES = frozenset(ObservableType)


@register.filter
def item(values: Mapping[str, str], name: str) -> str:
    """The value typed in the field *name* of a form that came back."""
    return values.get(name, "")


@register.filter
def error(returned: Returned, name: str) -> str:
    """What is wrong with the field *name* (``form-field``) of the form that came back."""
    form, _sep, field = name.rpartition("-")
    return returned.error(form, field)


@register.filter
def observable_type(value: str) -> str:
    """The words for a type of observable."""
    return gettext(ObservableType(value).label) if value in _TYPES else value


@register.filter
def shown(observable: Observable) -> str:
    """The value of an observable, defanged where it could be taken for an address."""
    return words_of(observable.type, observable.value)


@register.simple_tag
def copies(observable: Observable) -> SafeString:
    """The buttons that copy a value."""
    return drawing.copies(observable)


@register.simple_tag(takes_context=True)
def observable_rows(context: template.Context) -> SafeString:
    """The rows of the case page's table."""
    works = context["principal"].works_cases
    given = {name: context[name] for name in ("observables", "url", "roles", "harmless")}
    return drawing.rows(**given, works=works, csrf=context["csrf_token"])


@register.filter
def day(at: date | None) -> str:
    """A day as the field of a date wants it; empty for none."""
    return at.isoformat() if at else ""


@register.filter
def told_on(dated: DatedEvent, form: str = "") -> str:
    """The day that was told, by the clocks it was told in."""
    local = dated.at.astimezone(zone_of(dated.zone)[1])
    return f"{local:%Y-%m-%d}" if form == "iso" else f"{local:%d/%m/%Y}"


@register.filter
def told_at(dated: DatedEvent) -> str:
    """What those clocks showed, and where they are; empty for those of Paris."""
    if dated.zone == PARIS.key:
        return ""
    local = dated.at.astimezone(zone_of(dated.zone)[1])
    hour = {"second": " %H:%M:%S", "minute": " %H:%M"}.get(dated.precision, "")
    return f"{local:%d/%m/%Y}{local.strftime(hour)} ({dated.zone})"
