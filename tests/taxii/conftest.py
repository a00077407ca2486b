"""A filled desk that the tests of a file read together, and a bare one for tests that change it.

Both are rows of their own behind the same server, emptied after the file's last test: emptying the
database after each test would take most of the time.
"""

from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.core.management import call_command

from tests.taxii import shelf


@pytest.fixture(scope="module")
def desk_of_file(django_db_setup, django_db_blocker, _web):
    """Return the running server; the database may be used until the file's last test."""
    with django_db_blocker.unblock():
        if not _web.running:
            _web.start()
        call_command("flush", verbosity=0, interactive=False)
        yield _web
        call_command("flush", verbosity=0, interactive=False)


@pytest.fixture(scope="module")
def release(desk_of_file):
    """Return somebody's release of a case, for rows to hang under."""
    return shelf.release()


def a_partner(web, name):
    desk = SimpleNamespace(url=web.url, web=web, voisin=shelf.partner(name))
    desk.row, desk.token = shelf.token(desk.voisin)
    desk.login = (name, desk.token)
    desk.reader = shelf.Reader(desk.url, *desk.login)
    return desk


@pytest.fixture(scope="module")
def filled(desk_of_file, release):
    """Return a filled desk, to be read only.

    ``voisin`` reads ``communaute`` (30 indicators, 5 addresses, one indicator in three versions) and
    ``vide``, may only write to ``boite``, and has nothing to do with ``reservee``.
    """
    desk = a_partner(desk_of_file, "csirt-voisin")
    autre = shelf.partner("csirt-autre")
    _, desk.autre_token = shelf.token(autre)
    desk.communaute = shelf.collection("communaute", desk.voisin, description="Pour tous.")
    desk.vide = shelf.collection("vide", desk.voisin)
    desk.boite = shelf.collection("boite", desk.voisin, can_read=False, can_write=True)
    desk.reservee = shelf.collection("reservee", autre, tlp="amber")
    some = [shelf.indicator(number) for number in range(1, 31)]
    seen = [shelf.address(number) for number in range(5)]
    versions = [
        shelf.indicator(99, modified=f"2026-01-31T10:00:0{second}.000Z") for second in (0, 1, 2)
    ]
    desk.rows = shelf.put(desk.communaute, release, [*some, *seen, *versions], step=10)
    desk.many = versions[0]["id"]
    shelf.put(desk.reservee, release, [shelf.indicator(500)])
    desk.nobody = shelf.Reader(desk.url)
    return desk


@pytest.fixture
def bare(desk_of_file, release):
    """Return a desk with a partner, a token and an empty collection of this test's own."""
    name = uuid4().hex[:12]
    desk = a_partner(desk_of_file, f"csirt-{name}")
    desk.communaute = shelf.collection(f"communaute-{name}", desk.voisin)
    desk.release = release
    return desk
