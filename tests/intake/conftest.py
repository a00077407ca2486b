"""The form as its visitors use it: their answers, their places, a client that fills page by page."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape

import pytest
from django.test import Client

from csirt.directory import search
from csirt.directory.models import Commune, Department
from csirt.kernel.clock import now
from csirt.reference.bundle import shipped
from csirt.reference.reports import given_reports
from incidents.intake import device
from incidents.services import drafts

MONDAY = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)  # 10:30 in Paris, the desk is open
SUNDAY = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
PLACES = [
    ("32256", "Mirande", "32", "Gers", "32300", 3500),
    ("65286", "Lourdes", "65", "Hautes-Pyrénées", "65100", 13000),
    ("81004", "Albi", "81", "Tarn", "81000", 49000),
    ("48095", "Mende", "48", "Lozère", "48000", 12000),
    ("09194", "Mirepoix", "09", "Ariège", "09500", 3000),
    ("32258", "Mirepoix", "32", "Gers", "32390", 200),
]
HIDDEN = re.compile(r'name="(envoi|reponses)" value="([^"]*)"')


def form_reports():
    """Return the given reports that came by the form."""
    return [report for report in given_reports() if report["channel"] == "formulaire"]


@pytest.fixture(params=form_reports(), ids=lambda report: report["id"])
def form_report(request):
    return request.param


@pytest.fixture
def places(db):
    """A few communes; two share a name."""
    search._index.cache_clear()
    for insee, name, code, department, postcode, population in PLACES:
        where, _ = Department.objects.get_or_create(code=code, defaults={"name": department})
        Commune.objects.create(
            insee=insee, name=name, department=where, postcodes=[postcode], population=population
        )
    yield
    search._index.cache_clear()


def typed(answers, *, place="Mirande", phone="05 36 49 12 34", email="", text=""):
    """Return what a person types and ticks for these answers, by field."""
    values = {
        name: answer if isinstance(answer, list) else [answer] for name, answer in answers.items()
    }
    values |= {"contact_phone": [phone], "contact_email": [email], "recit": [text]}
    if "ou" not in answers:
        values["ou_texte"] = [place]
    return values


def of_report(report):
    """Return what the author of a given report types."""
    answers = {"kind": report["victim_kind"], **report["answers"]}
    return typed(
        answers,
        place=report["place"]["nom"],
        phone=report["contact"]["phone"] or "",
        text=report["text_fr"],
    ) | {"organisme": [report["organisation"] or ""]}


@dataclass
class Visitor:
    """Somebody with a browser, who reads a page and fills it in."""

    client: Client = field(default_factory=Client)
    seen: list[str] = field(default_factory=list)
    html: dict[str, str] = field(default_factory=dict)

    def fill(self, values, *, most=13):
        """Answer page by page until answers can be checked; return that page."""
        response = self.client.get("/signaler/", follow=True)
        for _ in range(most):
            path = (
                response.redirect_chain[-1][0]
                if response.redirect_chain
                else response.wsgi_request.path
            )
            html = response.content.decode()
            self.html[path] = html
            if path.startswith("/signaler/verification/"):
                return response
            assert path not in self.seen, f"{path} twice: {html}"
            self.seen.append(path)
            names = set(re.findall(r'name="([a-z_]+)"', html))
            data = {name: values[name] for name in names & values.keys()}
            response = self.client.post(path, data, follow=True)
        raise AssertionError(f"no end: {self.seen}")

    def resume(self, answers, *, text=""):
        """Stand where every page is answered, with these answers; return the check page."""
        secret = device.new_secret()
        kept = {"ou": "32256", "contact": {"phone": "+33536491234"}, **answers}
        kept |= {"recit": text} if text else {}
        drafts.keep(secret=secret, answers=kept, language="fr", now=now())
        self.client.cookies[device.COOKIE] = secret
        return self.client.get("/signaler/verification/")

    def send(self, checked):
        """Press the button of the page that shows the answers."""
        return self.client.post("/signaler/envoi/", self.held(checked))

    @staticmethod
    def held(checked):
        """Return the hidden fields of the page that shows the answers."""
        found = HIDDEN.findall(checked.content.decode())
        return {name: unescape(value) for name, value in found}


@pytest.fixture
def visitor(places):
    return Visitor()


@pytest.fixture(scope="session")
def bundle():
    return shipped()
