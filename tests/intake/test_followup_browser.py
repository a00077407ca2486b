"""The follow-up page in a real browser: on a phone, with and without a script, nothing lost."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from csirt.accounts.principals import Person
from csirt.directory.models import Commune, Department
from csirt.kernel import codes
from csirt.kernel.clock import now
from incidents.domain.lifecycle import UNDO_FOR
from incidents.models import AccessCode, Incident, Message
from incidents.services.following import write_to_victim
from tests.intake.test_followup_questions import ANSWERS, INPUTS
from tests.intake.test_form_browser import TAGS
from tests.people import file_case, person

SECOND_PAGES = ("questions/suite-copie/", "changement/", "resume/", "effacement/", "code-perdu/")


@pytest.fixture
def town(transactional_db):
    return file_case(answers=ANSWERS, inputs=INPUTS, asked=tuple(INPUTS))


def desk_says(text):
    alice = person("Alice", "analyst", enrolled=False)
    write_to_victim(
        incident=Incident.objects.get().uuid, by=Person.of(alice), token=codes.new_token(),
        text=text, now=now() - UNDO_FOR,
    )  # fmt: skip


def small(new_context, **options):
    context = new_context(viewport={"width": 320, "height": 640}, **options)
    return context.new_page()


def enter(page, desk, victim):
    page.goto(f"{desk.url}/suivi/")
    page.locator("#f-code").fill(codes.grouped(victim.code))
    page.get_by_role("button", name="Ouvrir").click()
    page.locator("#etat").wait_for()


def test_everything_works_without_a_script(town, live_desk, new_context):
    page = small(new_context, java_script_enabled=False)
    enter(page, live_desk, town)

    page.get_by_role("link", name="Répondre").click()
    page.get_by_text("Messagerie", exact=True).click()
    page.get_by_role("button", name="Continuer").click()
    page.get_by_text("Oui, jamais essayée", exact=True).click()
    page.get_by_role("button", name="Continuer").click()
    page.get_by_text("Rien encore", exact=True).click()
    page.get_by_role("button", name="Continuer").click()
    assert "Merci. Vos réponses sont arrivées." in page.content()

    page.get_by_label("Nous écrire").fill("Bonjour.")
    page.get_by_role("button", name="Envoyer ce message").click()
    page.get_by_text("Donner accès à quelqu'un").click()
    page.get_by_label("Pour qui ?").fill("Le maire")
    page.get_by_role("button", name="Faire un code").click()
    assert re.search(r"(?:[0-9A-Z]{4}-){5}[0-9A-Z]{4}", page.content())

    assert Message.objects.get().text == "Bonjour."
    assert AccessCode.objects.filter(name="Le maire").exists()


@pytest.mark.once
def test_a_code_after_the_hash_opens_the_page_and_leaves_the_address(town, live_desk, new_context):
    page, seen = small(new_context), []
    page.on("request", lambda request: seen.append(request.url))
    page.goto(f"{live_desk.url}/suivi/#{codes.grouped(town.code)}")
    page.locator("#etat").wait_for()

    assert page.url == f"{live_desk.url}/suivi/"
    assert not any(town.code[:4] in url.partition("#")[0] for url in seen)
    page.go_back()
    assert town.code[:4] not in page.url


def test_the_page_brings_itself_up_to_date_and_keeps_what_is_typed(town, live_desk, new_context):
    page = small(new_context)
    page.clock.install()
    enter(page, live_desk, town)
    page.get_by_label("Nous écrire").fill("Je suis en train d'écr")
    desk_says("Ne branchez rien.")
    page.clock.run_for(21_000)

    expect(page.locator("#fil")).to_contain_text("Ne branchez rien.")
    expect(page.locator("#nouvelles")).to_have_text("Il y a du nouveau sur cette page.")
    assert page.get_by_label("Nous écrire").input_value() == "Je suis en train d'écr"
    assert page.evaluate("document.activeElement.id") == "f-message"


@pytest.mark.once
def test_nothing_is_asked_while_the_page_is_hidden(town, live_desk, new_context):
    page, asked = small(new_context), []
    page.clock.install()
    enter(page, live_desk, town)
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate("""() => {
        Object.defineProperty(document, "hidden", { value: true, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }""")
    page.clock.run_for(120_000)
    assert asked == []

    page.evaluate("""() => {
        Object.defineProperty(document, "hidden", { value: false });
        document.dispatchEvent(new Event("visibilitychange"));
    }""")
    page.wait_for_timeout(300)
    assert [url for url in asked if "/nouvelles/" in url]


@pytest.mark.once
def test_a_message_half_written_survives_another_page_and_not_the_visit(
    town, live_desk, new_context
):
    page = small(new_context)
    enter(page, live_desk, town)
    page.get_by_label("Nous écrire").fill("À moitié écrit")
    page.get_by_role("link", name="Ma situation a changé").click()
    page.get_by_role("link", name="Votre dossier").click()
    assert page.get_by_label("Nous écrire").input_value() == "À moitié écrit"

    page.get_by_role("button", name="Quitter").click()
    enter(page, live_desk, town)
    assert page.get_by_label("Nous écrire").input_value() == ""


@pytest.mark.once
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_each_page_is_accessible_and_fits_a_narrow_phone(town, live_desk, new_context, scheme):
    desk_says("Bonjour, ne branchez rien. Nous vous appelons à 14 h 30.")
    for language, width in (("fr", 320), ("en", 1280)):
        context = new_context(
            viewport={"width": width, "height": 700},
            color_scheme=scheme,
        )
        cookie = {"name": "django_language", "value": language, "url": live_desk.url}
        context.add_cookies([cookie])
        page = context.new_page()
        page.goto(f"{live_desk.url}/suivi/")
        page.locator("#f-code").fill(town.code)
        page.locator("main form button").click()
        page.locator("#etat").wait_for()
        for path in ("", *SECOND_PAGES):
            page.goto(f"{live_desk.url}/suivi/{path}")
            page.evaluate(
                "document.querySelectorAll('details').forEach((one) => (one.open = true))"
            )
            assert page.locator("html").get_attribute("lang") == language
            found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}}).response
            assert [v["id"] for v in found["violations"]] == [], (path, found["violations"])
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path


@pytest.mark.once
def test_the_summary_is_one_printed_page(transactional_db, live_desk, new_context):
    """Also for twelve towns, a name as long as may be, and duties that are many."""
    gers = Department.objects.create(code="32", name="Gers")
    twelve = [
        Commune.objects.create(
            insee=f"32{n:03}", name=f"Commune {n}", department=gers, postcodes=["32000"]
        ).pk
        for n in range(1, 13)
    ]
    answers = ANSWERS | {
        "ou": twelve, "infos_gens": "sensibles", "argent_parti": "moins_72h", "quand": "cette_semaine",
    }  # fmt: skip
    victim = file_case(
        answers=answers,
        inputs=INPUTS | {"donnees": "sensibles", "argent": "recent"},
        traits=("sante", "essentielle", "sous_traitant"),
        victim_kind="epci",
        organisation_name="Communauté de communes " * 8,
        flags=("mineur",),
    )
    page = small(new_context)
    enter(page, live_desk, victim)
    page.goto(f"{live_desk.url}/suivi/resume/")
    printed = page.pdf(
        format="A4", margin=dict.fromkeys(("top", "bottom", "left", "right"), "12mm")
    )

    assert "Commune 12 (32000, Gers)" in page.content()
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
