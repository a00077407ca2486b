"""People who report, as programs: each holds a form's token and does not give up.

They send the last page of the form over a connection of their own, so that what is *in flight* is
known exactly: wholly sent, and not answered yet.
"""

import asyncio
import hashlib
import json
import re
import time
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urlencode

from csirt.kernel import codes

PATH = "/signaler/envoi/"
ANSWERS = {
    "danger": "non",
    "kind": "particulier",
    "autrui": "moi",
    "quoi": "perdu",
    "quand": "maintenant",
    "continue": "non",
    "appareil": "code_seul",
    "vol": "perdu",
    "ou": "nsp",
    "contact": {"phone": "05 61 00 00 00", "email": ""},
}
SHOWN = re.compile(r'<strong translate="no">([0-9A-Z-]+)</strong>')
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
WORK = re.compile(r'data-start="(\w+)" data-bits="(\d+)"')
_CSRF = "c" * 32


def waits(page):
    """Tell whether the desk asks for an effort, instead of an answer."""
    return 'id="effort"' in page


def waited(page):
    """Return the fields of the page that asks for an effort, as its button sends them."""
    form = page[page.index('id="effort"') :].partition("</form>")[0]
    return {name: unescape(value) for name, value in HIDDEN.findall(form)}


def worked(page):
    """Return the same with the work done, as a browser does it."""
    start, bits = WORK.search(page).groups()
    most, number = 1 << (256 - int(bits)), 0
    while int.from_bytes(hashlib.sha256(f"{start}{number}".encode()).digest()) >= most:
        number += 1
    return waited(page) | {"travail": str(number)}


def last_page(token, text):
    """Return the body of the form's last page, where answers are checked and sent."""
    held = json.dumps({"language": "fr", "answers": {**ANSWERS, "recit": text}})
    fields = {"envoi": token, "reponses": held, "csrfmiddlewaretoken": _CSRF}
    return urlencode(fields).encode()


def request_of(host, body, *, path=PATH, cookie=f"csrftoken={_CSRF}", address="127.0.0.1"):
    """Return the bytes of a POST, passed on for *address*, that has the connection closed."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n"
        f"X-Forwarded-For: {address}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def parsed(raw):
    """Return (status, page) of a whole answer; raises ``EOFError`` when it was cut."""
    head, _, body = raw.partition(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length: (\d+)", head.lower())
    if not length or len(body) < int(length[1]):
        raise EOFError
    return int(head.split()[1]), body.decode()


@dataclass
class Crowd:
    """Many reporters of one desk. ``shown`` has what each token's reporter was told."""

    port: int
    text: str = ""  # with {number} in it
    patience: float = 30.0  # seconds that one try may take
    shown: dict[str, tuple[str, str]] = field(default_factory=dict)  # token: reference, code
    when: dict[str, float] = field(default_factory=dict)  # token: moment of the answer
    took: list[float] = field(default_factory=list)  # seconds of each acknowledged try
    unexpected: list[tuple[int, str]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)  # pages of each 503
    in_flight: int = 0
    again: int = 0  # tries after the first
    number: int = 0

    async def post(self, body, **how):
        """Send one request; return (status, page). Raises ``OSError`` or ``EOFError``."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(request_of(f"127.0.0.1:{self.port}", body, **how))
            await writer.drain()
            self.in_flight += 1
            try:
                return parsed(await asyncio.wait_for(reader.read(-1), self.patience))
            finally:
                self.in_flight -= 1
        finally:
            writer.close()

    async def with_effort(self, address, text):
        """File a report, with the work when it is asked for; return if it was, and the seconds.

        The work is not counted: it is done on the reporter's own machine.
        """
        body, effort, took = last_page(codes.new_token(), text), False, 0.0
        while True:
            began = time.monotonic()
            status, page = await self.post(body, address=address)
            took += time.monotonic() - began
            if effort or not waits(page):
                break
            effort, body = True, urlencode(await asyncio.to_thread(worked, page)).encode()
        assert (status, len(SHOWN.findall(page))) == (200, 2), page[:500]
        return effort, took

    async def once(self, token, body):
        """Try once; return whether the report was acknowledged."""
        began = time.monotonic()
        try:
            status, page = await self.post(body)
        except (OSError, EOFError, TimeoutError):
            return False
        if status == 200:
            self.when[token] = time.monotonic()
            self.took.append(self.when[token] - began)
            self.shown[token] = tuple(SHOWN.findall(page))
            return True
        if status == 503:
            self.refused.append(page)
        else:
            self.unexpected.append((status, page[:500]))
        return False

    async def report(self):
        """File one report, trying again with the same token until it is acknowledged."""
        token, self.number = codes.new_token(), self.number + 1
        await self.insist(token, last_page(token, self.text.format(number=self.number)))
        return token

    async def insist(self, token, body):
        """Send the same form until it is acknowledged."""
        while not await self.once(token, body):
            self.again += 1
            assert len(self.unexpected) < 10, self.unexpected
            await asyncio.sleep(0.25)

    async def file(self, count, *, at_once):
        """File *count* reports, *at_once* of them at any moment."""
        left = iter(range(count))

        async def one():
            for _ in left:
                await self.report()

        await asyncio.gather(*(one() for _ in range(at_once)))

    def slowest(self, share=0.95):
        """Return the time in which that share of the acknowledged tries was answered, in seconds."""
        ordered = sorted(self.took)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


async def dribble(port, *, every):
    """Send a body a byte each *every* seconds; return how the answer begins, and after how long."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = b"a" * 10_000
    began, whole = time.monotonic(), request_of(f"127.0.0.1:{port}", body)
    writer.write(whole.removesuffix(body))
    answer = asyncio.ensure_future(reader.read(12))
    for byte in body:
        done, _ = await asyncio.wait([answer], timeout=every)
        if done:
            break
        writer.write(bytes([byte]))
    writer.close()
    return await answer, time.monotonic() - began


def kept(shown):
    """Return (lost, double, wrong): tokens without a report, cases too many, wrong codes shown."""
    from django.conf import settings

    from incidents.models import Incident, Report

    reports = Report.objects.filter(idempotency__in=list(map(codes.idempotency, shown)))
    known = dict(reports.values_list("idempotency", "first_incident__reference"))
    lost = [token for token in shown if codes.idempotency(token) not in known]
    wrong = [
        token
        for token, told in shown.items()
        if told
        != (
            known.get(codes.idempotency(token)),
            codes.grouped(codes.tracking_code(token, settings.CODE_KEY)),
        )
    ]
    return lost, Incident.objects.count() - len(shown), wrong
