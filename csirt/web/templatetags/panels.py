"""``{% slot "console.case" case principal %}`` draws every panel of a slot."""

from typing import Any

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from csirt.accounts.principals import Principal
from csirt.web import panels

register = template.Library()


@register.simple_tag(takes_context=True)
def slot(context: dict[str, Any], name: str, case: Any, principal: Principal) -> SafeString:
    """Draw the panels that apps registered under *name*."""
    request = context["request"]
    drawn = ((panels.draw(panel, request, case, principal),) for panel in panels.panels(name))
    return format_html_join("\n", "{}", drawn)
