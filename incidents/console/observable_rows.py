"""The rows of the table of observables on the case page.

Not a template: fifty rows of one were a fifth of the page's time.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from incidents.domain.observables import ObservableType
from incidents.domain.observables import shown as words_of
from incidents.models import Observable, ObservableRole

_NEVER = ' <span class="tag tag-neutral">{never}</span>'
_ELSEWHERE = (
    ' <a href="{url}observables/{uuid}#ailleurs" class="tag tag-info">{elsewhere}'
    '<span class="visually-hidden"> {value}</span></a>'
)
_COPY = (
    '<span class="copies no-print"><button class="plain" type="button" hidden data-copy="{value}">{copy}'
    '<span class="visually-hidden"> {value} {as_shown}</span></button>'
)
_COPY_LIVE = (
    ' <button class="plain" type="button" hidden data-copy="{live}" data-live="{value}">{copy_live}'
    '<span class="visually-hidden"> {of} {value}</span></button>'
)
_VALUE = '<tr><td>{type}</td><td><code class="defanged" translate="no">{value}</code>'
_LINKS = (
    '\n<span class="line"><a class="no-print" href="{url}observables/{uuid}">{page}'
    '<span class="visually-hidden"> {value}</span></a>'
)
_FORM = (
    '</span></td><td><span class="role-printed" hidden>{role}</span>'
    '<form method="post" action="{url}observables/{uuid}">'
    '<input type="hidden" name="csrfmiddlewaretoken" value="{csrf}">'
    '<input type="hidden" name="version" value="{version}">'
    '<label class="visually-hidden" for="role-{number}">{what}</label>'
    '<select class="input width-auto" id="role-{number}" name="role">{roles}</select> '
    '<button class="button secondary">{note}<span class="visually-hidden"> {value}</span></button>'
    "</form></td></tr>\n"
)
_ROLE = "</td><td>{role}</td></tr>\n"


def copies(observable: Observable) -> SafeString:
    """Draw two buttons that copy a value: as it is shown, or live, on purpose.

    Without a script they are not there: the live value is on the observable's page.
    """
    value = words_of(observable.type, observable.value)
    return format_html(_copies(observable, value), value=value, live=observable.value, **_words())


def rows(
    observables: Iterable[Any], *, works: bool, url: str, csrf: str, roles: Mapping[str, SafeString],
    harmless: Collection[int],
) -> SafeString:  # fmt: skip
    """Draw a row for each of ``marks.observables``; *works*: with what changes it.

    *roles*: the choices of each role; *harmless*: the keys of those that are never an indicator.
    """
    types = {one.value: gettext(one.label) for one in ObservableType}
    said = {value: conditional_escape(label) for value, label in ObservableRole.choices}
    common = {name: conditional_escape(word) for name, word in _words().items()}
    common |= {"url": conditional_escape(url), "csrf": conditional_escape(csrf)}
    drawn = []
    for number, one in enumerate(observables, 1):
        value = words_of(one.type, one.value)
        shape = _VALUE + (_NEVER if one.pk in harmless else "")
        if works:
            shape += _LINKS + (_ELSEWHERE if one.elsewhere else "") + " "
            shape += _copies(one, value) + _FORM
        else:
            shape += _ROLE
        drawn.append(
            format_html(
                shape,
                type=types.get(one.type, one.type),
                value=conditional_escape(value),
                live=one.value,
                uuid=one.uuid,
                number=number,
                version=one.version,
                role=said.get(one.role, one.role),
                roles=roles.get(one.role, ""),
                **common,
            )
        )  # fmt: skip
    return SafeString("".join(drawn))


def _copies(observable: Observable, value: str) -> str:
    return _COPY + (_COPY_LIVE if value != observable.value else "") + "</span>"


def _words() -> dict[str, str]:
    return {
        "what": gettext("Ce que c'est"), "page": gettext("Fiche"), "note": gettext("Noter"),
        "elsewhere": gettext("Vu ailleurs"), "never": gettext("jamais un indicateur"),
        "copy": gettext("Copier"), "as_shown": gettext("tel qu'affiché"),
        "copy_live": gettext("Copier la valeur vive"), "of": gettext("de"),
    }  # fmt: skip
