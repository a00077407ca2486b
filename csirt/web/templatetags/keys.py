"""``{% keys %}``: the keys of the page: their help, the palette, and what ``web/keys.js`` reads."""

from json import dumps
from typing import Any

from django import template
from django.utils.translation import gettext

from csirt.web import keys as declared

register = template.Library()


@register.inclusion_tag("web/keys.html", takes_context=True)
def keys(context: dict[str, Any]) -> dict[str, Any]:
    """Return what the page's help and palette are made of."""
    request = context["request"]
    found = declared.of_page(request, context.get("principal"))
    on = declared.enabled(request)
    told = {
        "on": on,
        "keys": found,
        "said": {
            "none": gettext("Rien ne correspond."),
            "one": gettext("1 choix"),
            "many": gettext("%s choix"),
            "go": gettext("Page"),
            "not_now": gettext("Rien à faire ici pour l'instant : %s"),
        },
    }
    return {"found": found, "on": on, "palette": declared.PALETTE, "told": dumps(told)}
