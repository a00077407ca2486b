"""A7: the connection is cut after sending, the same form is sent again: one case, the same code."""

import asyncio
import socket
import struct
from collections import Counter

import pytest

from csirt.kernel import codes
from incidents.models import Incident, Report
from tests.reporters import Crowd, kept, last_page, request_of

FORMS = 40
CUTS = ("closed", "reset", "waited", "half")  # how the first try ends


@pytest.fixture
def crowd(live_desk):
    return Crowd(live_desk.port)


async def cut(crowd, body, how):
    """Send the form, wholly or half of it, and hang up without reading the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", crowd.port)
    whole = request_of("127.0.0.1", body)
    writer.write(whole[: -len(body) // 2] if how == "half" else whole)
    await writer.drain()
    if how == "waited":
        await reader.read(1)  # the answer is on its way: it was filed
    if how == "reset":
        line = writer.get_extra_info("socket")
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
    writer.close()


async def insist(crowd, number):
    """Lose the answer, then send the same form again until it is acknowledged."""
    token = codes.new_token()
    body = last_page(token, f"Signalement {number}")
    await cut(crowd, body, CUTS[number % len(CUTS)])
    await crowd.insist(token, body)
    first = crowd.shown[token]
    assert await crowd.once(token, body)
    assert crowd.shown[token] == first


def test_a_retry_is_one_case_with_the_same_code(crowd):
    async def all_of_them():
        numbers = iter(range(FORMS))

        async def some():
            for number in numbers:
                await insist(crowd, number)

        await asyncio.gather(*(some() for _ in range(4)))

    asyncio.run(all_of_them())
    texts = Counter(Report.objects.values_list("text", flat=True))

    assert crowd.unexpected == []
    assert kept(crowd.shown) == ([], 0, [])
    assert texts == {f"Signalement {number}": 1 for number in range(FORMS)}


def test_half_a_form_is_no_report(crowd, live_desk):
    asyncio.run(cut(crowd, last_page(codes.new_token(), "Coupé"), "half"))
    asyncio.run(crowd.report())  # what came before has been dealt with by then

    assert Report.objects.filter(text="Coupé").count() == 0


def test_other_words_under_the_same_token_are_no_retry(crowd):
    token = codes.new_token()

    async def twice():
        assert await crowd.once(token, last_page(token, "Le texte envoyé."))
        return await crowd.post(last_page(token, "Un texte changé entre-temps."))

    status, page = asyncio.run(twice())

    assert status == 409
    assert "suivi" in page
    assert list(Report.objects.values_list("text", flat=True)) == ["Le texte envoyé."]
    assert Incident.objects.count() == 1
