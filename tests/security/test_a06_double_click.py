"""A6: one form sent twenty times at once is one case, and each answer shows the same code."""

import asyncio
from urllib.parse import urlencode

import httpx
import pytest

from csirt.kernel import codes
from incidents.models import AccessCode, Incident, Message, Report
from incidents.services.following import victim_by_code
from tests.intake.conftest import Visitor, places  # noqa: F401 - a fixture
from tests.intake.test_form_pages import TOWN
from tests.people import file_case
from tests.reporters import SHOWN, Crowd, last_page

FORMS = 15
CLICKS = 20


@pytest.fixture
def crowd(live_desk):
    return Crowd(live_desk.port)


async def clicked(crowd, body):
    """Send the same form *CLICKS* times at once; return the different answers."""
    answers = await asyncio.gather(*(crowd.post(body) for _ in range(CLICKS)))
    return {(status, *SHOWN.findall(page)) for status, page in answers}


def test_twenty_answers_to_one_form_are_one_case_with_one_code(crowd):
    async def every_form():
        bodies = [last_page(codes.new_token(), f"Clic {number}") for number in range(FORMS)]
        return [await clicked(crowd, body) for body in bodies]

    told = asyncio.run(every_form())

    assert Incident.objects.count() == Report.objects.count() == FORMS
    assert AccessCode.objects.count() == FORMS
    for answers in told:
        ((status, reference, code),) = answers
        assert status == 200
        assert victim_by_code(code).incident_id == Incident.objects.get(reference=reference).pk


def test_the_form_as_it_is_shown_may_be_clicked_twenty_times(crowd, places):  # noqa: F811
    visitor = Visitor()
    held = visitor.held(visitor.resume(TOWN, text="Tout est bloqué."))
    body = urlencode({**held, "csrfmiddlewaretoken": "c" * 32}).encode()

    ((status, reference, _code),) = asyncio.run(clicked(crowd, body))

    assert status == 200
    assert Incident.objects.get().reference == reference
    assert Report.objects.get().text == "Tout est bloqué."


def test_one_message_sent_twenty_times_is_one_message(live_desk):
    victim, csrf = file_case(), "c" * 32
    address = f"{live_desk.url}/suivi/"

    async def send():
        cookies = {"csrftoken": csrf}
        async with httpx.AsyncClient(cookies=cookies, timeout=60) as browser:
            await browser.post(address, data={"code": victim.code, "csrfmiddlewaretoken": csrf})
            fields = {
                "envoi": codes.new_token(),
                "message": "Une sauvegarde est saine.",
                "csrfmiddlewaretoken": csrf,
            }
            clicks = (browser.post(f"{address}message/", data=fields) for _ in range(CLICKS))
            return [answer.status_code for answer in await asyncio.gather(*clicks)]

    assert set(asyncio.run(send())) == {302}
    assert Message.objects.get().text == "Une sauvegarde est saine."
