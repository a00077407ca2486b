"""The directory and the legal pages in Chromium: by axe, narrow and wide, light and dark, by keyboard."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from csirt.accounts.principals import Person
from csirt.directory import services
from csirt.directory.loading import load_places
from csirt.directory.models import Organisation
from csirt.kernel.clock import now
from tests.people import cookies_of, file_case

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice", "RGAAv4"]
PUBLIC = ["/accessibilite/", "/mentions-legales/", "/donnees-personnelles/"]
LOOKS = {"light": 1280, "dark": 320}


@pytest.fixture
def town(live_desk, bruno, emile):
    """Mirepoix with a contact, an agreement and a case."""
    load_places()
    row, by = Organisation.objects.get(commune="09194"), Person.of(bruno)
    services.add_contact(
        organisation=row.uuid,
        fields=services.ContactFields(
            name="Denise Vidal",
            phone="05 61 00 00 00",
            email="denise@mairie-exemple.fr",
            email_trust="compromised",
        ),
        by=by,
        now=now(),
    )
    operator = emile.operators.get()
    services.agree(organisation=row.uuid, operator=operator.uuid, by=by, now=now())
    case = file_case().incident
    case.organisation = row
    case.save()
    return row


@pytest.fixture
def opened(live_desk, bruno, new_context):
    """Return a function that opens a browser in which Bruno is logged in."""

    def page(**options):
        context = new_context(**options)
        context.add_cookies(
            [
                {"name": name, "value": value, "url": live_desk.url}
                for name, value in cookies_of(bruno).items()
            ]
        )
        return context.new_page()

    return page


def problems(page):
    """Return what axe finds, and whether the page is wider than its window."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}}).response
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return [violation["id"] for violation in found["violations"]] + ["too wide"] * wide


@pytest.mark.once
@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_and_nothing_overflows(look, live_desk, town, opened, console_errors):
    page = opened(
        color_scheme=look,
        viewport={"width": LOOKS[look], "height": 800},
    )
    operator = town.agreements.get().operator
    found = {}

    for address in (
        "/console/annuaire/?q=mirepoix",
        "/console/annuaire/?q=zzzz",
        "/console/annuaire/communes/09194/",
        reverse("directory-new"),
        reverse("directory-organisation", args=[town.uuid]),
        reverse("directory-edit", args=[town.uuid]),
        reverse("directory-edit-contact", args=[town.uuid, town.contacts.get().uuid]),
        reverse("directory-operators"),
        reverse("directory-operator", args=[operator.uuid]),
        *PUBLIC,
    ):
        page.goto(live_desk.url + address)
        found[address] = problems(page)
    page.goto(live_desk.url + reverse("directory-new"))
    page.get_by_label("Nom", exact=True).fill("Régie")
    page.get_by_label("Commune").fill("mirepoix")
    page.get_by_role("button", name="Enregistrer").click()
    page.get_by_text("Choisissez la commune ci-dessous.").first.wait_for()
    found["refused"] = problems(page)
    console_errors[:] = [said for said in console_errors if "400 (Bad Request)" not in said]

    assert {address: wrong for address, wrong in found.items() if wrong} == {}


@pytest.mark.once
def test_a_place_is_found_and_an_organisation_corrected_by_keyboard(live_desk, town, opened):
    page = opened(java_script_enabled=False)
    page.goto(live_desk.url + "/console/annuaire/")
    page.get_by_label("Chercher une commune ou une organisation").focus()
    page.keyboard.type("mirepoix")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Mirepoix (09500, Ariège)").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Mairie de Mirepoix").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Modifier la fiche").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Prestataire informatique").focus()
    page.keyboard.type("Info 09")
    page.keyboard.press("Enter")

    page.get_by_text("La fiche est à jour.").wait_for()
    assert page.get_by_text("Info 09").is_visible()
