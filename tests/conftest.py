"""What every test stands on: the settings, a database of its own, a real server, a browser.

SQLite by default; with ``CSIRT_TEST_SERVICES=1`` PostgreSQL and Redis, started here unless
``CSIRT_TEST_DATABASE_URL`` and ``CSIRT_TEST_REDIS_URL`` name some. Each worker has its own.
"""

import atexit
import gc
import os
import shutil
from contextlib import ExitStack
from importlib.util import find_spec
from urllib.parse import urlsplit

import hypothesis
import pytest
from django.utils import translation

from tools import machine, servers
from tools.servers import Missing, both

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"{os.getpid():x}")[:8]
NAME = f"{RUN}_{WORKER or 'main'}"  # of this worker's folder and database
FOLDER = machine.scratch() / NAME
SERVICES = os.environ.get("CSIRT_TEST_SERVICES") == "1"
REQUIRE_ALL = os.environ.get("CSIRT_REQUIRE_ALL") == "1"
PLAIN = {"domain", "kernel", "reference"}
REDIS_DATABASES = 16  # of a server with its own defaults
_until_the_end = ExitStack()
_missing = ""


def _prepare() -> None:
    """Say in the environment, before the settings are read, what this worker works on."""
    global _missing  # noqa: PLW0603 - said once, at configuration
    servers.SERVICES = FOLDER.parent / "services"  # they sync as ever, and TRUNCATE syncs a lot
    if SERVICES and not WORKER and "CSIRT_TEST_DATABASE_URL" not in os.environ:
        try:
            postgres, redis = _until_the_end.enter_context(both())
        except Missing as missing:
            _missing = str(missing)
        else:
            os.environ["CSIRT_TEST_DATABASE_URL"] = postgres.url
            os.environ["CSIRT_TEST_REDIS_URL"] = redis.url
    if not FOLDER.exists():  # a program that a test starts finds it, and must leave it
        FOLDER.mkdir(parents=True)
        atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
    for name in [name for name in os.environ if name.startswith("CSIRT_")]:
        if not name.startswith(("CSIRT_TEST_", "CSIRT_REQUIRE_", "CSIRT_CHROMIUM")):
            del os.environ[name]
    os.environ["DJANGO_SETTINGS_MODULE"] = "csirt.settings"
    os.environ["CSIRT_MODE"] = "test"
    os.environ["CSIRT_VAR"] = str(FOLDER)
    if SERVICES and not _missing:
        redis_url = urlsplit(os.environ["CSIRT_TEST_REDIS_URL"])
        database = (int(WORKER[2:]) + 1 if WORKER else 0) % REDIS_DATABASES
        os.environ["CSIRT_REDIS_URL"] = redis_url._replace(path=f"/{database}").geturl()
        os.environ["CSIRT_DATABASE_URL"] = os.environ["CSIRT_TEST_DATABASE_URL"]
    else:
        os.environ["CSIRT_DATABASE_URL"] = f"sqlite:///{FOLDER / 'desk.sqlite3'}"


_prepare()
hypothesis.settings.register_profile("desk", deadline=None)  # a busy machine is no counter-example
hypothesis.settings.load_profile("desk")
pytest_plugins = [
    name
    for name in (
        "tests.database",
        "tests.static_files",
        "tests.browser",
        "tests.server",
        "tests.people",
    )
    if find_spec(name)
]


def pytest_configure(config):
    if _missing:
        raise pytest.UsageError(_missing)
    if REQUIRE_ALL and machine.chromium() is None:
        raise pytest.UsageError("Chromium is not installed (apt-get install chromium)")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config, specs):
    """Let no worker read the settings before it has said what it works on."""
    del os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_unconfigure(config):
    _until_the_end.close()


def pytest_report_header(config):
    return "profile: " + ("PostgreSQL and Redis" if SERVICES else "SQLite")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Mark what drives a browser, and put it last.

    Playwright keeps an event loop running in the main thread until its worker ends: nothing
    asynchronous may come after it.
    """
    for item in items:
        if {"page", "context", "new_context", "browser"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.browser)
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
    if SERVICES:
        twice = [
            item for item in items if _knows_no_database(item) or item.get_closest_marker("once")
        ]
        config.hook.pytest_deselected(items=twice)
        items[:] = [item for item in items if item not in set(twice)]


def pytest_collection_finish(session):
    """Leave out of the collector's rounds what stays until the end: a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def _knows_no_database(item):
    """Whether a test is of the plain Python rooms alone: it ran with SQLite, and is the same here."""
    room = item.path.relative_to(machine.ROOT / "tests").parts[0]
    return room in PLAIN and "db" not in item.fixturenames


def once_but_the_first(names):
    """Return *names* to parametrize with: in the second profile the first is enough."""
    first, *others = names
    return [first, *(pytest.param(name, marks=pytest.mark.once) for name in others)]


def pytest_runtest_setup(item):
    translation.activate("fr")  # a test before it may have asked for pages in English
    reason = None
    if item.get_closest_marker("browser") and machine.chromium() is None:
        reason = "Chromium is not installed (apt-get install chromium)"
    if item.get_closest_marker("services"):
        if machine.postgres() is None:
            reason = "PostgreSQL is not installed (apt-get install postgresql)"
        elif machine.redis() is None:
            reason = "Redis is not installed (apt-get install redis-server)"
    if reason and REQUIRE_ALL:
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
