"""Somebody in front of the form's pages, in a real browser."""

import re

from django.test import Client

from tests.intake.conftest import Visitor, form_reports, of_report

CODE = re.compile(r"\b(?:[0-9A-Z]{4}-){5}[0-9A-Z]{4}\b")
REPORTS = {report["id"]: report for report in form_reports()}
MOST_PAGES = 13  # with the one where answers are checked
TICK_AND_TYPE = """values => {
    for (const [name, given] of Object.entries(values)) for (const value of given.filter(Boolean)) {
        const fields = [...document.getElementsByName(name)].filter(one => one.type !== "hidden");
        const choice = fields.find(one => one.matches("[type=radio], [type=checkbox]"));
        const box = choice ? fields.find(one => one.value === value) : fields[0];
        if (choice && box && !box.checked) document.querySelector(`label[for="${box.id}"]`).click();
        else if (box && !choice) {
            box.value = value;
            box.dispatchEvent(new Event("input", { bubbles: true }));
        }
    }
}"""


class Person:
    """Somebody in front of a page, who ticks, types and presses the button."""

    def __init__(self, page, desk, *, at_each_page=lambda: None):
        self.page, self.desk, self.at_each_page = page, desk, at_each_page

    def go(self, path):
        self.page.goto(self.desk.url + path)
        self.at_each_page()

    def press(self, label):
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=label, exact=True).click()
        self.at_each_page()

    def answer(self, values):
        """Answer what the page asks of *values*, in one call: many pages are walked."""
        self.page.evaluate(TICK_AND_TYPE, values)

    def file(self, report):
        """File a report from the home page on; return what the last page says."""
        values = of_report(report)
        self.go("/")
        with self.page.expect_navigation():
            self.page.get_by_role("link", name="Je suis attaqué maintenant").click()
        self.at_each_page()
        for _ in range(MOST_PAGES):
            if "/verification/" in self.page.url:
                break
            self.answer(values)
            self.press("Continuer")
        self.press("Envoyer mon signalement")
        return self.page.content()


def writing(client=None):
    """Return a client that holds a draft, everything answered."""
    visitor = Visitor(client or Client())
    report = REPORTS["r01"]
    visitor.resume({**report["answers"], "kind": "commune"}, text=report["text_fr"])
    return visitor.client


def returning(code, client=None):
    """Return a client that has come back with this code."""
    client = client or Client()
    assert client.post("/suivi/", {"code": code}).status_code == 302
    return client


def cookies(client, url):
    """Return what a client holds, for a browser."""
    return [{"name": key, "value": one.value, "url": url} for key, one in client.cookies.items()]
