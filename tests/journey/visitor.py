"""Somebody without JavaScript: reads pages, fills their forms, follows redirects."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx


@dataclass
class Form:
    """One form of a page: what a browser would send if nothing was touched, and its choices."""

    action: str
    method: str
    values: dict[str, list[str]] = field(default_factory=dict)
    choices: dict[str, set[str]] = field(default_factory=dict)

    def named(self, name):
        """Return the field's whole name: a page with several forms prefixes them."""
        known = {*self.values, *self.choices}
        return name if name in known else next(k for k in known if k.endswith(f"-{name}"))


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.forms, self.text, self.links = [], [], []
        self._form = self._select = self._area = None

    def handle_starttag(self, tag, attrs):
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._form)
        elif tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif self._form is None or "name" not in given:
            if tag == "option" and self._select and self._form is not None:
                value = given.get("value", "")
                self._form.choices.setdefault(self._select, set()).add(value)
                if "selected" in given or self._select not in self._form.values:
                    self._form.values[self._select] = [value]
        elif tag == "input":
            self._input(given)
        elif tag == "select":
            self._select = given["name"]
        elif tag == "textarea":
            self._area = given["name"]
            self._form.values[self._area] = [""]

    def _input(self, given):
        name, kind = given["name"], given.get("type", "text")
        if kind in {"submit", "button"}:
            return
        if kind in {"radio", "checkbox"}:
            self._form.choices.setdefault(name, set()).add(given.get("value", "on"))
            if "checked" not in given:
                return
        self._form.values.setdefault(name, []).append(given.get("value", ""))

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None

    def handle_data(self, data):
        if self._area and self._form is not None:
            self._form.values[self._area] = [self._form.values[self._area][0] + data]
        self.text.append(data)


class Visitor:
    """One browser, its cookies, and the page it shows."""

    def __init__(self, url, cookies=None):
        self.client = httpx.Client(base_url=url, cookies=cookies, follow_redirects=True, timeout=30)
        self.answer = None

    def get(self, path):
        return self._show(self.client.get(path))

    def _show(self, answer):
        self.answer = answer
        self.page = _Reader()
        self.page.feed(answer.text)
        return self

    @property
    def path(self):
        return self.answer.url.path

    @property
    def text(self):
        return " ".join(" ".join(self.page.text).split())

    def form(self, ending="", having=""):
        """Return the form whose action ends with *ending* and that has the field *having*."""
        for form in self.page.forms:
            fields = {*form.values, *form.choices}
            action = form.action or self.path
            if action.rstrip("/").endswith(ending.rstrip("/")) and (not having or having in fields):
                return form
        raise AssertionError(
            f"no form {ending!r} with {having!r} on {self.path}: {self.text[:400]}"
        )

    def send(self, form, **values):
        """Send *form* with *values* in place; a list for several of one name."""
        fields = dict(form.values)
        for name, value in values.items():
            fields[form.named(name)] = list(value) if isinstance(value, list | tuple) else [value]
        target = urljoin(str(self.answer.url), form.action)
        headers = {"Referer": str(self.answer.url), "Origin": str(self.client.base_url).rstrip("/")}
        self._show(self.client.request(form.method.upper(), target, data=fields, headers=headers))
        assert self.answer.status_code < 400, (self.answer.status_code, self.text[:600])
        return self
