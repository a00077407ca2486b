"""The questions after closing, answered on a telephone, with and without a script."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from incidents.models import FollowUp
from tests.console.test_live_browser import RULES, TOO_WIDE
from tests.incidents.conftest import follow, row
from tests.incidents.test_follow_ups import send
from tests.intake.test_followup_browser import enter
from tests.people import file_case, person
from tests.playbooks.desk import attach

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]
PHONE = {"viewport": {"width": 320, "height": 640}, "has_touch": True}


@pytest.fixture
def town(transactional_db):
    alice = person("Alice", "analyst", enrolled=False)
    victim = file_case()
    follow("take", victim.incident, alice)
    follow("qualify", victim.incident, alice)
    attach(victim.incident, alice)
    follow("resolve", victim.incident, alice)
    victim.incident.runs.get().steps.filter(phase="after").update(state="done")
    follow("close", victim.incident, alice)
    send(victim.incident, 30)
    return victim


def check(page):
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
    assert found.response["violations"] == [], found.generate_report()
    assert page.evaluate(TOO_WIDE) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_victim_answers_on_a_telephone(live_desk, new_context, town, script, scheme):
    page = new_context(**PHONE, color_scheme=scheme, java_script_enabled=script).new_page()
    see = check if script else lambda _page: None  # axe is a script
    enter(page, live_desk, town)
    expect(page.get_by_role("heading", name="De vos nouvelles")).to_be_visible()
    see(page)
    page.get_by_role("button", name="Envoyer mes réponses").click()
    expect(page.get_by_text("Il y a un problème")).to_be_visible()
    see(page)
    asked = page.get_by_role("group", name="Tout fonctionne-t-il de nouveau")
    asked.get_by_text("Presque tout", exact=True).click()
    asked = page.get_by_role("group", name="Avez-vous revu quelque chose")
    asked.get_by_text("Oui, cela recommence", exact=True).click()
    page.get_by_label("Autre chose à nous dire").fill("Un poste s'est rallumé seul.")
    page.get_by_role("button", name="Envoyer mes réponses").click()
    expect(page.get_by_text("Merci de nous le dire. Votre dossier est rouvert.")).to_be_visible()
    expect(page.get_by_text("Un poste s'est rallumé seul.")).to_be_visible()
    see(page)

    assert row(town.incident).state == "active"
    assert FollowUp.objects.get().answers == {"marche": "presque", "recommence": "oui"}


def test_the_steps_are_ticked_beside_the_questions_after_closing(live_desk, new_context, town):
    page = new_context(**PHONE, java_script_enabled=False).new_page()
    enter(page, live_desk, town)
    step = town.incident.runs.get().steps.filter(visible=True, phase="before", state="todo").first()
    page.locator(f'label[for="f-etape-{step.uuid}"]').click()
    page.get_by_role("button", name="Noter ce qui est fait").click()
    expect(page.get_by_text("C'est noté. L'équipe voit ce qui est fait.")).to_be_visible()

    step.refresh_from_db()
    assert (step.state, step.by_victim) == ("done", True)
    assert row(town.incident).state == "closed"
