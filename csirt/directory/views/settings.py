"""The pages on which admins set things: one form for all, with a preview and the versions before."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_http_methods, require_safe

from csirt.accounts.access import only
from csirt.accounts.roles import Role
from csirt.directory import forms, queries, reference, services
from csirt.directory.desk import texts
from csirt.directory.desk.overlay import MAIL, REPLY
from csirt.directory.desk.sorts import Sort, sort_of
from csirt.directory.models import DeskSetting
from csirt.directory.views.asking import asking
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, Invalid, NotFound

FIXED = ("hours", "numbers", "warnings")
_OWN = re.compile(r"reply\.r-[0-9a-f]{8}")  # sent twice, a new reply is one


@dataclass(frozen=True)
class Entry:
    """One line of the list of all that can be set."""

    name: str
    label: str
    row: DeskSetting | None
    hint: str = ""


@require_safe
@only(Role.ADMIN)
def settings(request: HttpRequest) -> HttpResponse:
    """List what can be set, with who changed it last."""
    person, rows = asking(request), queries.settings()
    language = "en" if (get_language() or "fr").startswith("en") else "fr"
    own = [name.removeprefix(REPLY) for name in rows if name.startswith(REPLY)]
    keys = dict.fromkeys([*_victims(), *own])
    replies = [_reply(key, rows.get(REPLY + key), language) for key in keys]
    mails = [
        Entry(MAIL + key, gettext(texts.MAILS.get(key, key)), rows.get(MAIL + key))
        for key in texts.mails()
    ]
    pages = [
        Entry(f"page.{key}", gettext(title), rows.get(f"page.{key}"))
        for key, title in texts.PAGES.items()
    ]
    fixed = [Entry(name, gettext(sort_of(name).title), rows.get(name)) for name in FIXED]
    context = {
        "principal": person,
        "groups": [
            (gettext("Le service"), fixed),
            (gettext("Un mot sur les pages"), pages),
            (gettext("Réponses aux victimes"), replies),
            (gettext("Courriels qui partent tout seuls"), mails),
        ],
    }
    return render(request, "desk/settings.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@only(Role.ADMIN)
def new_reply(request: HttpRequest) -> HttpResponse:
    """Write a reply that did not exist."""
    name = request.POST.get("name") or f"{REPLY}r-{secrets.token_hex(4)}"
    if not _OWN.fullmatch(name):
        raise NotFound
    return _form(request, name, gettext("Nouvelle réponse"))


@require_http_methods(["GET", "HEAD", "POST"])
@only(Role.ADMIN)
def setting(request: HttpRequest, key: str) -> HttpResponse:
    """Show one thing that can be set, its versions, and change it."""
    sort = sort_of(key)
    if sort.shipped() is None and not queries.versions(key).exists():
        raise NotFound
    return _form(request, key, gettext(sort.title))


def _form(request: HttpRequest, name: str, title: str) -> HttpResponse:
    sort, status = sort_of(name), 200
    versions = list(queries.versions(name))
    current = versions[0] if versions else None
    value = current.value if current else sort.shipped()
    form = forms.Returned(sort.shown(value) if value else {}, current.number if current else 0)
    read: dict[str, Any] | None = value
    if request.method == "POST":
        form = forms.Returned(_asked(request, sort, versions))
        try:
            form.version = forms.version(request)
            read = sort.read(form.values)
            if request.POST.get("do") != "preview":
                return _save(request, name, form)
        except (Invalid, Conflict) as error:
            form.refused(error, {}, current.number if current else 0)
            read, status = None, error.status
    label = str(value.get("label_fr", "")) if value else ""
    label = label or gettext(texts.MAILS.get(name.removeprefix(MAIL), ""))
    context = {
        "principal": asking(request),
        "name": name,
        "title": title,
        "label": label,
        "sort": sort,
        "form_": form,
        "boxes": [_box(box, form) for box in sort.boxes],
        "hint": gettext(sort.hint),
        "allowed": [(f"{{{one.id}}}", one.example) for one in _placeholders(sort)],
        "previews": sort.preview is not None,
        "preview": sort.preview(read) if sort.preview and read and any(read.values()) else (),
        "versions": [(row, _lines(sort, row.value)) for row in versions],
        "shipped": current is not None and sort.shipped() not in (None, current.value),
    }
    return render(request, "desk/setting.html", context, status=status)


def _asked(request: HttpRequest, sort: Sort, versions: list[DeskSetting]) -> dict[str, str]:
    """Return what was typed, or an older version that is wanted back; raises ``NotFound``."""
    number = request.POST.get("back", "")
    if not number:
        return {box.name: request.POST.get(box.name, "") for box in sort.boxes}
    older = {str(row.number): row.value for row in versions} | {"0": sort.shipped()}
    value = older.get(number)
    if value is None:
        raise NotFound
    return sort.shown(value)


def _save(request: HttpRequest, name: str, form: forms.Returned) -> HttpResponse:
    services.change_setting(
        name=name, version=form.version, typed=form.values, by=asking(request), now=now()
    )
    messages.success(request, gettext("C'est réglé, et déjà en vigueur."))
    return redirect("desk-setting", key=name)


def _box(box: Any, form: forms.Returned) -> dict[str, Any]:
    value = form.values.get(box.name, "")
    return {
        "box": box,
        "label": gettext(box.label),
        "hint": gettext(box.hint) if box.hint else "",
        "value": value,
        "error": form.wrong.get(box.name, ""),
        "options": [{"value": "oui", "label": gettext(box.label)}],
        "values": [value],
    }


def _placeholders(sort: Sort) -> list[Any]:
    return [one for one in reference.current().messages.placeholders if one.id in sort.allowed]


def _lines(sort: Sort, value: Mapping[str, Any]) -> list[tuple[str, str]]:
    shown = sort.shown(dict(value))
    labels = {box.name: (gettext(box.label), box.tick) for box in sort.boxes}
    return [
        (label, gettext("oui") if tick else shown[name])
        for name, (label, tick) in labels.items()
        if shown.get(name)
    ]


def _victims() -> list[str]:
    return [one.id for one in reference.shipped().messages.templates if one.audience == "victime"]


def _reply(key: str, row: DeskSetting | None, language: str) -> Entry:
    value = row.value if row else texts.shipped_reply(key)
    assert value is not None  # it is set, or comes with the product
    hint = gettext("n'est plus proposée") if value["gone"] else ""
    return Entry(REPLY + key, value[f"label_{language}"], row, hint)
