"""A call, taken in a browser by an analyst; then the caller comes and is given another code."""

import pytest

from csirt.directory import search
from csirt.directory.models import Commune, Department
from incidents.models import AccessCode, Incident
from tests.conftest import once_but_the_first
from tests.console.test_phone import CALLS, given
from tests.intake.browsing import CODE, TICK_AND_TYPE
from tests.people import cookies_of


def typed(answers):
    return {name: value if isinstance(value, list) else [value] for name, value in answers.items()}


@pytest.mark.parametrize("name", once_but_the_first(CALLS))
def test_an_analyst_types_a_call_and_the_caller_replaces_the_code(
    live_desk, new_context, phone, alice, name
):
    call, (first, rest) = given(name), CALLS[name]
    place = call["place"]
    where = Department.objects.create(code=place["dep"], name="Département")
    Commune.objects.create(insee=place["insee"], name=place["nom"], department=where, postcodes=[])
    search._index.cache_clear()
    desk = new_context()
    cookies = cookies_of(alice).items()
    desk.add_cookies([{"name": key, "value": one, "url": live_desk.url} for key, one in cookies])
    page = desk.new_page()
    page.goto(f"{live_desk.url}/console/nouveau/")
    page.evaluate(TICK_AND_TYPE, typed(first))
    page.get_by_role("button", name="Continuer").click()
    page.locator("#f-recit").fill(call["text_fr"])
    said = {"ou_texte": place["nom"], "contact_phone": call["contact"]["phone"]}
    page.evaluate(TICK_AND_TYPE, typed({**rest, **said}))
    page.get_by_role("button", name="Enregistrer le signalement").click()
    spoken = page.locator("strong.ref").inner_text()

    case, expected = Incident.objects.get(), call["expected"]
    assert (case.priority, case.category) == (expected["priority"], expected["category"])
    assert case.reference in page.locator(".panel").inner_text()

    caller = phone()
    caller.goto(f"{live_desk.url}/suivi/")
    caller.locator("#f-code").fill(spoken)
    caller.get_by_role("button", name="Ouvrir").click()
    assert caller.url.endswith("/suivi/nouveau-code/")
    fresh = CODE.search(caller.locator(".panel").inner_text())[0]
    caller.get_by_text("J'ai noté mon code").click()
    caller.get_by_role("button", name="Ouvrir la page de suivi").click()

    assert case.reference in caller.locator("h1").inner_text()
    assert fresh != spoken
    assert AccessCode.objects.filter(revoked_at=None).count() == 1
