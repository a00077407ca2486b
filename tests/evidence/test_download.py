"""A file leaves the desk: through the worker's copy, as a zip, once, for one person, and recorded."""

import hashlib
import io
import re
from datetime import timedelta

import httpx
import pytest
import pyzipper
import time_machine

from csirt.accounts.principals import Person
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.kernel.errors import NotFound
from incidents.models import Download, Evidence
from incidents.services import casework, custody
from incidents.services import evidence as services
from incidents.services.merging import merge
from incidents.services.transitions import take
from tests.evidence.conftest import send, stored, visit
from tests.evidence.hostile import EICAR
from tests.people import agree, client_of, cookies_of, file_case
from tests.server import Web, Worker

pytestmark = pytest.mark.django_db(transaction=True)
LINK = re.compile(r'href="(/console/pieces/[^"]+)"')


def given(victim, content=b"abc", name="a.png"):
    send(visit(victim), content, name)
    return Evidence.objects.latest("pk")


def page_of(row):
    return f"/console/dossiers/{row.incident.uuid}/pieces/{row.uuid}/"


def asked(row, by):
    """Return the secret of a link whose copy the worker has made."""
    secret = services.ask(
        incident=row.incident.uuid, evidence=row.uuid, by=Person.of(by), now=now()
    )
    custody.make_copies(now=now())
    return secret


def unzipped(data):
    archive = pyzipper.AESZipFile(io.BytesIO(data))
    archive.setpassword(b"infected")
    [name] = archive.namelist()
    return name, archive.read(name)


@pytest.fixture
def desk(tmp_path):
    """The web process, which has no key, and the worker, over one folder."""
    folder = {"CSIRT_EVIDENCE_FOLDER": str(tmp_path / "evidence")}
    with Web(**folder) as web, Worker(**folder):
        yield web


def test_what_comes_out_is_what_was_sent(desk, denise, alice):
    """Malware, through the real processes; ``test_hostile_files`` has every other kind."""
    row = given(denise, EICAR, "eicar\u202emoc.png")
    assert EICAR not in stored()[0].read_bytes()
    with httpx.Client(base_url=desk.url, cookies=cookies_of(alice), timeout=60) as browser:
        page = browser.get(page_of(row)).text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
        asked_for = browser.post(
            page_of(row), data={"csrfmiddlewaretoken": token}, headers={"Origin": desk.url}
        )
        link = LINK.search(asked_for.text)[1]
        answer = browser.get(link)
        while answer.status_code == 503:  # the worker is still starting
            answer = browser.get(link)
        again = browser.get(link)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/octet-stream"
    assert re.fullmatch(
        rf'attachment; filename="{denise.reference}-[0-9a-f]{{8}}\.zip"',
        answer.headers["content-disposition"],
    )
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"
    inside, found = unzipped(answer.content)
    assert found == EICAR
    assert hashlib.sha256(found).hexdigest() == row.sha256
    assert re.fullmatch(r"[\w.\- ]+", inside)
    assert again.status_code == 404
    assert stored("copies") == []


def test_each_download_is_an_event_with_who_what_and_hash(denise, alice):
    row = given(denise)
    services.fetch(secret=asked(row, alice), by=Person.of(alice), now=now())

    event = Event.objects.get(kind="evidence.downloaded")
    assert event.actor == f"user:{alice.uuid}"
    assert event.incident == denise.incident.pk
    assert event.data == {"evidence": str(row.uuid), "size": 3, "sha256": row.sha256}
    page = client_of(alice).get(page_of(row)).content.decode()
    assert "Alice a téléchargé le fichier" in page
    assert row.sha256 in page


def test_a_link_serves_once(denise, alice):
    secret = asked(given(denise), alice)
    assert len(secret) >= 43
    services.fetch(secret=secret, by=Person.of(alice), now=now())

    with pytest.raises(NotFound):
        services.fetch(secret=secret, by=Person.of(alice), now=now())


def test_a_link_lives_a_minute(denise, alice):
    secret = asked(given(denise), alice)
    assert len(stored("copies")) == 1

    with time_machine.travel(now() + timedelta(seconds=61)):
        with pytest.raises(NotFound):
            services.fetch(secret=secret, by=Person.of(alice), now=now())
        assert custody.sweep_copies(now=now()) == 1
    assert stored("copies") == []


def test_a_link_is_of_one_person(denise, alice, bruno):
    secret = asked(given(denise), alice)

    assert client_of(bruno).get(f"/console/pieces/{secret}").status_code == 404
    assert client_of(alice).head(f"/console/pieces/{secret}").status_code == 405
    assert services.look(secret=secret, by=Person.of(alice), now=now())


def test_a_case_that_is_closed_to_somebody_ends_their_link(denise, alice, bruno):
    secret = asked(given(denise), alice)
    case = Evidence.objects.get().incident
    casework.restrict(
        incident=case.uuid, version=case.version, by=Person.of(bruno), people=[], now=now()
    )

    assert client_of(alice).get(f"/console/pieces/{secret}").status_code == 404


@pytest.mark.parametrize("guess", ["x" * 58, "A" * 58, "%00", "é", "..%2f..%2fpieces"])
def test_a_guess_finds_nothing(denise, alice, guess):
    asked(given(denise), alice)
    assert client_of(alice).get(f"/console/pieces/{guess}").status_code == 404


def test_a_file_of_another_case_is_not_there(denise, alice, eve):
    row, other = given(denise), file_case()
    mixed = f"/console/dossiers/{other.incident.uuid}/pieces/{row.uuid}/"

    assert client_of(alice).get(mixed).status_code == 404
    assert client_of(alice).post(mixed).status_code == 404
    assert client_of(eve).get(page_of(row)).status_code == 404
    assert Download.objects.count() == 0


def test_an_operator_sees_that_there_is_a_file_and_may_not_fetch_it(denise, emile):
    row = given(denise)
    agree(emile.operators.get(), denise.incident)
    client = client_of(emile)

    assert "Préparer le téléchargement" not in client.get(page_of(row)).content.decode()
    assert client.post(page_of(row)).status_code == 403
    assert Download.objects.count() == 0


def test_the_database_cannot_open_a_copy(denise, alice):
    secret = asked(given(denise), alice)
    link = Download.objects.get()

    assert secret not in str(vars(link))
    assert link.digest == hashlib.sha256(secret.encode()).hexdigest()


def test_a_file_that_changed_does_not_leave(denise, alice):
    row = given(denise)
    path = stored()[0]
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    secret = asked(row, alice)

    assert stored("copies") == []
    assert Event.objects.filter(kind="evidence.damaged").count() == 1
    response = client_of(alice).get(f"/console/pieces/{secret}")
    assert response.status_code == 409
    assert Event.objects.filter(kind="evidence.downloaded").count() == 0


def test_the_console_lists_files_of_merged_cases_too(denise, alice):
    row, main = given(denise), file_case()
    by = Person.of(alice)
    case = take(incident=denise.incident.uuid, version=row.incident.version, by=by, now=now())
    merge(incident=case.uuid, version=case.version, into=main.incident.uuid, by=by, now=now())
    html = client_of(alice).get(f"/console/dossiers/{main.incident.uuid}/").content.decode()

    assert page_of(row) in html
    assert denise.reference in html


def test_what_is_stored_is_for_its_owner_only(denise):
    given(denise)
    [path] = stored()

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
