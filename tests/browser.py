"""Debian's Chromium, and no error in its console."""

import os

import pytest
from playwright.sync_api import expect

from tools import machine

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    # Playwright's loop runs in this thread from now on: tell Django that the ORM may be used.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    expect.set_options(timeout=15_000)  # several browsers share two cores
    return {
        **browser_type_launch_args,
        "executable_path": machine.chromium(),
        "args": CHROMIUM_ARGUMENTS,
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return {**browser_context_args, "locale": "fr-FR", "timezone_id": "Europe/Paris"}


@pytest.fixture
def console_errors():
    """What the pages of this test wrote as errors; a test that expects one removes it."""
    return []


@pytest.fixture
def new_context(new_context, console_errors):
    """Fail the test on any console error: a CSP violation appears as one."""

    contexts = []

    def watched(**options):
        context = new_context(**options)
        contexts.append(context)
        context.on(
            "console",
            lambda message: (
                message.type == "error"
                and console_errors.append(f"{message.text} ({message.location.get('url', '')})")
            ),
        )
        context.on("weberror", lambda error: console_errors.append(str(error.error)))
        return context

    yield watched

    for page in (page for context in contexts for page in context.pages):
        page.title()  # whatever was written before has arrived by then
    # A server that has stopped, as some tests have it do, is no fault of the page.
    assert [error for error in console_errors if "ERR_CONNECTION_REFUSED" not in error] == []


@pytest.fixture
def phone(new_context, playwright):
    """Open a page on a phone, without JavaScript."""
    device = {
        name: value
        for name, value in playwright.devices["Galaxy S9+"].items()
        if name != "default_browser_type"
    }

    def opened(**options):
        return new_context(**{**device, "java_script_enabled": False, **options}).new_page()

    return opened
