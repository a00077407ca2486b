"""F5: Redis killed, frozen or emptied while people file and consoles watch: half a second, no more."""

import asyncio
import signal
import threading
import time
from contextlib import ExitStack, closing, contextmanager
from math import inf

import pytest
from redis import Redis as Client

from csirt.journal import nudge, tailer
from incidents.models import Incident
from tests.conftest import SERVICES
from tests.live.desk import Console
from tests.people import PASSWORD, client_of, cookies_of, totp
from tests.reporters import Crowd, kept
from tests.server import Web, Worker
from tools.servers import Redis

CONSOLES = 20
SUBMITS = 200
USUAL = 50  # of them, before the first fault
EACH = 40  # while each fault lasts, and ten after it
AT_ONCE = 4
IN_FLIGHT = 3  # at least, at each onset and each return
SLOWER_BY = 0.1  # seconds, of the slowest twentieth of the answers
SEEN_LATER_BY = 0.5  # seconds, on the last of the consoles
BUSY = 0.5  # seconds more on either: a busy machine is slow for reasons of its own

pytestmark = [
    pytest.mark.services,
    pytest.mark.skipif(not SERVICES, reason="SQLite has no Redis beside it"),
]


class Window(threading.Thread):
    """A console that notes when it saw each case first."""

    def __init__(self, desk, cookies):
        super().__init__(daemon=True)
        self.console = Console(desk, None, cookies).start()
        self.saw, self.broken = {}, None
        self.ended = threading.Event()
        self.start()

    def run(self):
        done = 0
        try:
            while not self.ended.is_set() and self.console.closed is None:
                self.console.step(0.2)
                for _, _, case in self.console.seen[done:]:
                    self.saw.setdefault(case, time.monotonic())
                    done += 1
        except AssertionError as error:
            self.broken = str(error)

    def end(self):
        self.ended.set()
        self.join(20)
        self.console.close()


@pytest.fixture
def redis():
    with Redis() as redis:
        yield redis


@pytest.fixture
def desk(transactional_db, redis):
    with Web(CSIRT_REDIS_URL=redis.url) as web, Worker(CSIRT_REDIS_URL=redis.url):
        yield web


def frozen(redis):
    redis.signal(signal.SIGSTOP)
    yield
    redis.signal(signal.SIGCONT)


def emptied(redis):
    with closing(Client.from_url(redis.url)) as client:
        client.flushall()
    yield


def killed(redis):
    redis.kill()
    yield
    redis.start()


async def file_through(crowd, redis):
    """File everything, each fault coming and going meanwhile; return (in flight, first onset)."""
    in_flight, onset = [], None

    async def reached(count):
        while len(crowd.shown) < count or crowd.in_flight < IN_FLIGHT:
            assert not filing.done(), "all was filed before"
            await asyncio.sleep(0.002)
        in_flight.append(crowd.in_flight)

    filing = asyncio.create_task(crowd.file(SUBMITS, at_once=AT_ONCE))
    for number, fault in enumerate((frozen, emptied, killed)):
        turn, start = contextmanager(fault)(redis), USUAL + number * (EACH + 10)
        await reached(start)
        onset = onset or time.monotonic()
        await asyncio.to_thread(turn.__enter__)
        await reached(start + EACH)
        await asyncio.to_thread(turn.__exit__, None, None, None)
    await filing
    return in_flight, onset


def slowest(seconds):
    """Return the time in which 19 of 20 were done."""
    return sorted(seconds)[int(len(seconds) * 0.95)]


def test_reports_and_consoles_do_not_notice(desk, redis, alice, bruno):
    cookies = [cookies_of(alice), cookies_of(bruno)]
    crowd = Crowd(desk.port, text="Un signalement, numéro {number}.")
    with ExitStack() as stack:
        windows = [Window(desk, cookies[n % 2]) for n in range(CONSOLES)]
        for window in windows:
            stack.callback(window.end)
        in_flight, onset = asyncio.run(file_through(crowd, redis))
        deadline = time.monotonic() + 10
        while any(len(w.saw) < SUBMITS for w in windows) and time.monotonic() < deadline:
            time.sleep(0.05)
    cases = dict(Incident.objects.values_list("reference", "uuid"))
    took, seen = ([], []), ([], [])  # before the first fault, and since
    for (token, moment), seconds in zip(crowd.when.items(), crowd.took, strict=True):
        case = str(cases[crowd.shown[token][0]])
        took[moment > onset].append(seconds)
        seen[moment > onset].append(max(w.saw.get(case, inf) for w in windows) - moment)
    figures = [round(n, 3) for n in (*map(slowest, took), *map(max, seen))]
    print(f"F5: {figures}, in flight {in_flight}")  # noqa: T201 - the figures, with -s

    assert min(in_flight) >= IN_FLIGHT
    assert (crowd.again, crowd.unexpected, crowd.refused) == (0, [], [])
    assert [window.broken for window in windows if window.broken] == []
    assert {window.console.closed for window in windows} == {None}
    assert [window.console.resets for window in windows if window.console.resets] == []
    assert slowest(took[True]) <= slowest(took[False]) + SLOWER_BY + BUSY, figures
    assert max(seen[True]) <= max(seen[False]) + SEEN_LATER_BY + BUSY, figures
    assert kept(crowd.shown) == ([], 0, [])


class Ear:
    """A follower of the journal that keeps what it hears on the bus."""

    def __init__(self):
        self.words = []

    def read(self, batch):
        pass

    async def deliver(self, batch, extra):
        pass

    async def reset(self, epoch, seq):
        pass

    async def heard(self, message):
        self.words.append(message["words"])


async def test_rubbish_on_the_bus_makes_nobody_deaf(transactional_db, redis, settings, monkeypatch):
    settings.REDIS_URL, ear = redis.url, Ear()
    monkeypatch.setattr(tailer, "_followers", [ear])
    running = tailer.Tailer()
    try:
        with closing(Client.from_url(redis.url)) as client:
            for text in ("no JSON", "[]", "{}", '{"t": "presence"}'):
                while not client.publish(nudge.channel(), text):  # noqa: ASYNC110 - see below
                    await asyncio.sleep(0.1)  # nobody listens yet, or again
            while not ear.words:
                client.publish(nudge.channel(), '{"t": "presence", "words": "heard"}')
                await asyncio.sleep(0.1)
    finally:
        await running.stop()

    assert set(ear.words) == {"heard"}


@pytest.mark.parametrize("fault", [signal.SIGSTOP, signal.SIGKILL])
def test_people_log_in_all_the_same(redis, settings, alice, bruno, fault):
    """The cache is not on the way of a password and a second factor."""
    log_in_by_the_pages(bruno)  # what is read once is read now
    redis.signal(fault)
    settings.REDIS_URL = redis.url
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": redis.url}}
    began = time.monotonic()
    log_in_by_the_pages(alice)

    assert time.monotonic() - began < 3


def log_in_by_the_pages(user):
    client = client_of()
    answers = {"login": user.email, "password": PASSWORD}
    page = client.post("/comptes/connexion/", answers, follow=True)
    page = client.post(page.request["PATH_INFO"], {"code": totp(user)}, follow=True)

    assert page.status_code == 200
    assert page.request["PATH_INFO"] == "/console/"
