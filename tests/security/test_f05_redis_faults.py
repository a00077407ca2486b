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
SUBMITS = 34  # before and during each of three faults: some 200
TRIES = 3  # a busy machine is slow for reasons of its own
AT_ONCE = 3
SLOWER_BY = 0.1  # seconds, of the slowest twentieth
SEEN_WITHIN = 3.0  # seconds, on each console

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


def filed(desk):
    """File reports; return what is known of them."""
    crowd = Crowd(desk.port, text="Un signalement, numéro {number}.")
    asyncio.run(crowd.file(SUBMITS, at_once=AT_ONCE))
    assert crowd.again == 0
    assert crowd.unexpected == crowd.refused == []
    return crowd


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


def filed_through(fault, desk, redis):
    """File before and during a fault, which must not show; return the crowds."""
    crowds = []
    for _ in range(TRIES):
        usual = filed(desk)
        with contextmanager(fault)(redis):
            meanwhile = filed(desk)
        crowds += [usual, meanwhile]
        if meanwhile.slowest() <= usual.slowest() + SLOWER_BY:
            return crowds
    pytest.fail(f"slower {TRIES} times: {[round(crowd.slowest(), 3) for crowd in crowds]}")


def test_reports_and_consoles_do_not_notice(desk, redis, alice, bruno):
    cookies = [cookies_of(alice), cookies_of(bruno)]
    with ExitStack() as stack:
        windows = [Window(desk, cookies[n % 2]) for n in range(CONSOLES)]
        for window in windows:
            stack.callback(window.end)
        crowds = [
            crowd
            for fault in (frozen, emptied, killed)
            for crowd in filed_through(fault, desk, redis)
        ]
        time.sleep(SEEN_WITHIN)
    shown = {token: told for crowd in crowds for token, told in crowd.shown.items()}
    cases = dict(Incident.objects.values_list("reference", "uuid"))
    latest = [
        max(window.saw.get(str(cases[shown[token][0]]), inf) for window in windows) - moment
        for crowd in crowds
        for token, moment in crowd.when.items()
    ]

    assert [window.broken for window in windows if window.broken] == []
    assert {window.console.closed for window in windows} == {None}
    assert [window.console.resets for window in windows if window.console.resets] == []
    assert max(latest) <= SEEN_WITHIN
    assert kept(shown) == ([], 0, [])


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
