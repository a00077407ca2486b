"""F10: a whole deployment behind nginx, restarted, killed and cut off part by part while people file."""

import signal
import threading
import time
from pathlib import Path

import httpx
import psycopg
import pytest

from csirt.kernel import codes
from tests.conftest import REQUIRE_ALL, SERVICES
from tests.reporters import PATH, SHOWN, last_page
from tools import machine
from tools.cluster import HOST, Cluster

pytestmark = [
    pytest.mark.services,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not SERVICES, reason="about PostgreSQL, Redis and nginx"),
]

PATIENCE = 5.0  # seconds during which a person's browser tries again
COOKIE = {"__Host-csrf": "c" * 32}
HEADERS = {
    "Host": HOST,
    "Origin": f"https://{HOST}",
    "Content-Type": "application/x-www-form-urlencoded",
}


@pytest.fixture(scope="module")
def cluster():
    if machine.nginx() is None:
        (pytest.fail if REQUIRE_ALL else pytest.skip)(
            "nginx is not installed (apt-get install nginx)"
        )
    limits = dict.fromkeys(("CSIRT_REPORTS_ADDRESS", "CSIRT_REPORTS_DESK"), "1000000")
    with Cluster(**limits) as running:
        yield running


class Reporters:
    """People who file one report after the other, each with a token that they keep."""

    def __init__(self, url, count=3):
        self.url = url
        self.codes, self.failed, self.refused, self.longest = {}, [], 0, 0.0
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(count)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _run(self):
        while not self._ended.is_set():
            token = codes.new_token()
            began = time.monotonic()
            while (code := self._send(token)) is None:
                if time.monotonic() - began > PATIENCE:
                    self.failed.append(token)
                    break
                time.sleep(0.1)
            self.longest = max(self.longest, time.monotonic() - began)
            if code:
                self.codes[token] = code

    def _send(self, token):
        """Return the code that is shown, None when the answer is no acknowledgement."""
        try:
            answer = httpx.post(
                f"{self.url}{PATH}", content=last_page(token, "Pendant la panne."),
                headers=HEADERS, cookies=COOKIE, verify=False, timeout=10,
                follow_redirects=False,
            )  # fmt: skip
        except httpx.HTTPError:
            return None
        if answer.status_code == 503:
            self.refused += 1
            assert "pas" in answer.text
        found = SHOWN.search(answer.text) if answer.status_code < 400 else None
        return found[1] if found else None


def filed(cluster):
    """Return how many reports there are, and how many different tokens filed them."""
    with psycopg.connect(cluster.postgres.url) as line:
        return line.execute(
            "select count(*), count(distinct idempotency) from incidents_report"
        ).fetchone()


def kept(cluster, reporters, before):
    """See that each acknowledged report is there once, and no other but those that gave up."""
    count, tokens = filed(cluster)
    assert count == tokens
    acknowledged = len(reporters.codes)
    assert acknowledged <= count - before <= acknowledged + len(reporters.failed)


def everything_read(cluster):
    """Tell whether the workers have read the journal to its end."""
    with psycopg.connect(cluster.postgres.url) as line:
        return line.execute(
            "select min(c.seq) = max(h.seq) from journal_consumer c, journal_head h"
        ).fetchone()[0]


def goes_round(part):
    """Tell whether a worker has started: the threads of its pool of connections are there."""
    return part.running and len(list(Path(f"/proc/{part.process.pid}/task").iterdir())) > 3


def until(condition, within=60):
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.05)


def test_the_deployment_is_what_its_doctor_wants(cluster):
    said = cluster.run("doctor", check=False)
    wrong = {line.partition(":")[0] for line in said.splitlines() if ": " in line}

    assert wrong <= {
        "mail_out",
        "mail_in",
        "backup",
        "words",
        "checkpoint",
        "worker",
        "retention",
    }, said
    answer = httpx.get(f"{cluster.nginx.url}/metrics", headers=HEADERS, verify=False)
    assert answer.status_code == 404
    own = httpx.get(f"http://127.0.0.1:{cluster.ports[0]}/metrics")
    assert "desk_worker_timestamp_seconds" in own.text


def test_a_rolling_restart_fails_no_report(cluster):
    before = filed(cluster)[0]
    with Reporters(cluster.nginx.url) as reporters:
        until(lambda: len(reporters.codes) > 5)
        for web, port in zip(cluster.webs, cluster.ports, strict=True):
            began = time.monotonic()
            web.stop()
            assert time.monotonic() - began < 30
            web.start()
            until(lambda port=port: cluster.ready(port))
        for tend in cluster.tends:
            began = time.monotonic()
            tend.stop()
            assert time.monotonic() - began < 30
            tend.start()
        enough = len(reporters.codes) + 10
        until(lambda: len(reporters.codes) > enough)

    assert reporters.failed == []
    assert reporters.refused == 0
    kept(cluster, reporters, before)


def test_each_process_is_killed_and_no_report_fails(cluster):
    before = filed(cluster)[0]
    with Reporters(cluster.nginx.url) as reporters:
        until(lambda: len(reporters.codes) > 5)
        for part in cluster.parts:
            part.kill()
            time.sleep(1)  # systemd's RestartSec
            part.start()
            cluster.until_ready()
        cluster.nginx.kill()
        cluster.nginx.start()
        enough = len(reporters.codes) + 10
        until(lambda: len(reporters.codes) > enough)

    assert reporters.failed == []
    kept(cluster, reporters, before)


def test_redis_away_and_back_fails_no_report(cluster):
    before = filed(cluster)[0]
    with Reporters(cluster.nginx.url) as reporters:
        until(lambda: len(reporters.codes) > 5)
        cluster.redis.kill()
        enough = len(reporters.codes) + 10
        until(lambda: len(reporters.codes) > enough)
        cluster.redis.signal(signal.SIGCONT)
        cluster.redis.start()
        enough = len(reporters.codes) + 10
        until(lambda: len(reporters.codes) > enough)

    assert reporters.failed == []
    kept(cluster, reporters, before)


def test_postgresql_away_is_said_and_back_within_five_seconds_without_a_restart(cluster):
    # A process that starts while the database is away refuses, and systemd starts it again; here
    # those that run already must come back by themselves.
    until(lambda: all(goes_round(part) for part in cluster.tends))
    before = filed(cluster)[0]
    with Reporters(cluster.nginx.url) as reporters:
        until(lambda: len(reporters.codes) > 5)
        cluster.postgres.kill()
        (cluster.postgres.folder / "data" / "postmaster.pid").unlink(missing_ok=True)
        time.sleep(4)
        assert not cluster.ready(cluster.ports[0])
        known = len(reporters.codes)
        cluster.postgres.start()
        back = time.monotonic()
        until(lambda: len(reporters.codes) > known)
        assert time.monotonic() - back < 5
        enough = len(reporters.codes) + 10
        until(lambda: len(reporters.codes) > enough)

    assert reporters.refused > 0
    ended = {part.name: part.log()[-2000:] for part in cluster.parts if not part.running}
    assert ended == {}
    kept(cluster, reporters, before)


def test_at_the_end_the_chain_is_whole_and_everything_is_read(cluster):
    until(lambda: everything_read(cluster), within=120)
    assert "events verified" in cluster.run("journal", "verify")
    logs = "".join(Path(part.log_file).read_text() for part in cluster.parts)
    assert "Pendant la panne" not in logs
