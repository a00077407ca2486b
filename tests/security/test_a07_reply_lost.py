"""A7: the connection is cut after sending, the same form is sent again: one case, the same code.

So it is with a file: one file, one event, whatever moment the first try ended at.
"""

import asyncio
import os
import socket
import struct
from collections import Counter
from contextlib import suppress

import pytest

from csirt.journal.models import Event
from csirt.kernel import codes
from incidents.models import Evidence, Incident, Report
from tests.conftest import FOLDER
from tests.evidence.wire import Line
from tests.people import file_case
from tests.reporters import Crowd, kept, last_page, request_of

FORMS = 40
FILES = 20
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
    """Lose the answer, then send the same form again until it is acknowledged, twice."""
    token = codes.new_token()
    body = last_page(token, f"Signalement {number}")
    with suppress(OSError):  # the desk may be away
        await cut(crowd, body, CUTS[number % len(CUTS)])
    await crowd.insist(token, body)
    first = crowd.shown[token]
    await crowd.insist(token, body)
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


def cut_file(line, body, how):
    """Send a file, wholly or half of it, and hang up without reading the answer."""
    with socket.create_connection(("127.0.0.1", line.port), timeout=20) as connection:
        connection.sendall(line.head(len(body), line.kind))
        connection.sendall(body[: len(body) // 2] if how == "half" else body)
        if how == "waited":
            connection.recv(1)
        if how == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_a_file_sent_again_is_kept_once(live_desk):
    """The retry does not wait: the first try may still be at work."""
    line = Line(live_desk, file_case())
    for number in range(FILES):
        content, token = os.urandom(30_000 + number), codes.new_token()
        cut_file(line, line.body(content, token), CUTS[number % len(CUTS)])
        for _ in range(2):
            assert line.send(content, token)[0] == 302

    rows = list(Evidence.objects.all())
    assert sorted(row.size for row in rows) == [30_000 + number for number in range(FILES)]
    assert Event.objects.filter(kind="evidence.received").count() == FILES
    for row in rows:
        assert (FOLDER / "evidence" / row.stored).is_file()
        (FOLDER / "evidence" / row.stored).unlink()
