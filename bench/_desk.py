"""What a measurement works on: a database of its own and real processes, as the tests have them.

SQLite, or PostgreSQL and Redis with ``CSIRT_TEST_SERVICES=1``.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tools import machine


@contextmanager
def desk() -> Iterator[str]:
    """Prepare an empty desk; give the name of its profile."""
    from tests import conftest  # names the folder, starts the services, sets the environment

    if conftest._missing:  # noqa: SLF001 - said by the tests' own preparation
        raise SystemExit(conftest._missing)  # noqa: SLF001
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connections

    try:
        call_command("migrate", verbosity=0)
        yield "services" if conftest.SERVICES else "embedded"
    finally:
        connections.close_all()
        conftest._until_the_end.close()  # noqa: SLF001


@contextmanager
def filled(settings: str = "csirt.settings") -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Serve the demonstration's desk; give its profile, its web process, and who may come in."""
    with desk() as profile:
        from csirt.management import filling
        from tests.server import Web

        web = Web(DJANGO_SETTINGS_MODULE=settings)
        if settings != "csirt.settings":
            command = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"]
            subprocess.run(command, cwd=machine.ROOT, env=web.environment, check=True)
        with web:
            yield profile, web, filling.fill(url=web.url, say=lambda _: None)
