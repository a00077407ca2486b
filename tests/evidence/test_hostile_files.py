"""B1, B2, B3, B5, B6: whatever is sent, and whatever it is called, it stays a file.

Each goes the whole way: the victim's page, the store, the worker's copy, the analyst's link.
"""

import hashlib
import io
import os
import re
from contextlib import suppress
from html import unescape
from pathlib import Path

import pytest
import pyzipper
from playwright.sync_api import Error

from csirt.accounts.principals import Person
from csirt.kernel import codes
from csirt.kernel.clock import now
from incidents.models import Evidence
from incidents.services import custody
from incidents.services import evidence as services
from tests.conftest import FOLDER
from tests.evidence.conftest import PATH, stored, visit
from tests.evidence.hostile import ACTIVE, BOMBS
from tests.evidence.wire import Line
from tests.people import client_of, cookies_of

FILES = {**ACTIVE, **BOMBS}
ROOM = 60 * 1024**2  # bytes of memory, for 12 MB that would be 180 GB
BUSY = 5.0  # seconds of a processor; unpacking any of them takes more
HEADERS = {
    "Content-Type": "application/octet-stream",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
ignore_django = pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")


def sent(client, content=b"abc", disposition=b'filename="a.png"', *, kind=b"image/png"):
    """Send a file as the page's form would, the header of its part byte for byte."""
    field = b"\r\n--le-bord\r\nContent-Disposition: form-data; name="
    body = field + b'"envoi"\r\n\r\n' + codes.new_token().encode()
    body += field + b'"fichier"; ' + disposition + b"\r\nContent-Type: " + kind
    body += b"\r\n\r\n" + content + b"\r\n--le-bord--\r\n"
    return client.generic("POST", PATH, body, content_type="multipart/form-data; boundary=le-bord")


def named(name):
    return f'filename="{name}"'.encode()


def page_of(row):
    return f"/console/dossiers/{row.incident.uuid}/pieces/{row.uuid}/"


def link_to(row, by):
    secret = services.ask(
        incident=row.incident.uuid, evidence=row.uuid, by=Person.of(by), now=now()
    )
    return f"/console/pieces/{secret}"


def fetched(row, by):
    """Return the answer to a fresh link, the file's name in the zip, and its bytes."""
    link = link_to(row, by)
    assert custody.make_copies(now=now()) == 1
    answer = client_of(by).get(link)
    archive = pyzipper.AESZipFile(io.BytesIO(b"".join(answer)))
    archive.setpassword(b"infected")
    [entry] = archive.infolist()
    assert entry.flag_bits & 1  # nothing opens it by chance, an antivirus least of all
    return answer, entry.filename, archive.read(entry)


@ignore_django
@pytest.mark.parametrize("case", FILES)
def test_it_comes_out_as_it_went_in_and_is_nothing_but_a_file(denise, alice, case):
    name, content = FILES[case]
    assert sent(visit(denise), content, named(name), kind=b"text/html").status_code == 302
    row = Evidence.objects.get()
    [path] = stored()
    assert re.fullmatch(r"pieces/[0-9a-f]{32}", row.stored)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_bytes().startswith(b"age-encryption.org/v1")
    assert content[:40] not in path.read_bytes()

    answer, _, out = fetched(row, alice)

    assert out == content
    assert hashlib.sha256(out).hexdigest() == row.sha256
    assert {header: answer[header] for header in HEADERS} == HEADERS
    assert answer["Content-Disposition"].startswith("attachment; ")
    assert stored() == [path]  # nothing was unpacked beside it
    assert stored("copies") == []


# What the part's header says, and the name that is kept; None: refused, and nothing is kept.
NAMES = {
    "path": (named("../../x"), "x"),
    "windows": (named("C:\\\\x\\y.txt"), "y.txt"),
    "dot": (named(".htaccess"), ".htaccess"),
    "zero width": (named("\u200b.htaccess"), ".htaccess"),
    "markup": (named("'><img src=x onerror=alert(1)>.png"), "'><img src=x onerror=alert(1)>.png"),
    "quote": (b"filename*=UTF-8''%22%3E%3Cscript%3E.png", '"><script>.png'),
    "direction": (named("facture\u202egpj.exe"), "facturegpj.exe"),
    "formula": (named("=cmd()|'x'.csv"), "=cmd()|'x'.csv"),
    "crlf": (b'filename="a\r\nSet-Cookie: pirate=1.txt"', '"a'),
    "crlf encoded": (b"filename*=UTF-8''a%0D%0ASet-Cookie:%20pirate=1", "aSet-Cookie: pirate=1"),
    "nul": (b'filename="a\0.exe"', "a.exe"),
    "nul encoded": (b"filename*=UTF-8''a%00.exe", "a.exe"),
    "not utf-8": (b'filename="\xff\xfe.txt"', None),
    "600 characters": (named("a" * 600 + ".eml"), "a" * 250 + "….eml"),
    "4,096 characters": (named("a" * 4092 + ".eml"), None),
    "empty": (named(""), None),
    "only a direction": (named("\u202e"), None),
    "dots": (named(".."), None),
}


@ignore_django
@pytest.mark.parametrize(("disposition", "name"), NAMES.values(), ids=NAMES)
def test_a_name_is_shown_and_never_obeyed(denise, alice, disposition, name):
    answer = sent(visit(denise), b"abc", disposition)
    if name is None:
        assert answer.status_code == 400
        assert stored() == []
        assert not Evidence.objects.exists()
        return
    assert answer.status_code == 302
    row, client = Evidence.objects.get(), client_of(alice)
    assert row.name == name
    assert [path.name for path in stored()] == [row.stored.removeprefix("pieces/")]
    for address in (page_of(row), f"/console/dossiers/{row.incident.uuid}/"):
        [shown] = re.findall(r'<bdi class="filename">([^<]*)</bdi>', client.get(address).text)
        assert unescape(shown) == name

    answer, inside, out = fetched(row, alice)

    assert out == b"abc"
    assert re.fullmatch(r"[0-9a-f]{8}-[\w.\- ]{1,100}", inside)
    assert ".." not in inside
    assert re.fullmatch(r'attachment; filename="[A-Za-z0-9-]+\.zip"', answer["Content-Disposition"])
    assert "pirate" not in str(answer.headers) + str(answer.cookies)


def cost(pid):
    """Return the seconds that a process has worked, and the most memory that it has held."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    status = Path(f"/proc/{pid}/status").read_text()
    ticks = int(words[11]) + int(words[12])
    return ticks / os.sysconf("SC_CLK_TCK"), int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024


def forget_peak(pid):
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    return cost(pid)


@pytest.fixture
def shared(live_desk, settings):
    """The running desk's store, for what the worker does here."""
    options = {"location": str(FOLDER / "evidence")}
    backend = settings.STORAGES["default"]["BACKEND"]
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": backend, "OPTIONS": options}}
    before = set(stored())
    yield live_desk
    for path in {*stored(), *stored("copies")} - before:
        path.unlink()


@ignore_django
def test_no_bomb_goes_off(shared, denise, alice):
    """The server takes them, the worker copies them, the analyst has them: nobody looked inside."""
    line, before = Line(shared, denise), set(stored())
    line.send(b"x", codes.new_token())  # what is loaded once
    content = b"".join(content for _, content in BOMBS.values())
    busy, held = forget_peak(shared.pid)
    for _, bomb in BOMBS.values():
        assert line.send(bomb, codes.new_token())[0] == 302
    after = cost(shared.pid)
    assert after[0] - busy < BUSY
    assert after[1] - held < ROOM
    kept = sum(path.stat().st_size for path in set(stored()) - before)
    assert len(content) < kept < len(content) * 1.01 + 10_000

    busy, held = forget_peak(os.getpid())
    for row in Evidence.objects.filter(size__gt=1):
        fetched(row, alice)
    after = cost(os.getpid())
    assert after[0] - busy < BUSY
    assert after[1] - held < ROOM


def test_a_browser_opens_none_of_them(shared, denise, alice, new_context, console_errors):
    """As pages, then as a script, a frame, a style, an image: nothing runs, nothing is shown."""
    client = visit(denise)
    for name, content in ACTIVE.values():
        assert sent(client, content, named(name)).status_code == 302
    sent(client, b"abc", named("'><img src=x onerror=window.__pwn=1>.png"))
    rows = list(Evidence.objects.order_by("pk"))
    links = [link_to(row, alice) for row in rows]
    within = [link_to(rows[8], alice) for _ in EMBEDDED]
    assert custody.make_copies(now=now()) == len(links) + len(within)
    context, asked = new_context(), []
    context.add_cookies(
        [{"name": n, "value": v, "url": shared.url} for n, v in cookies_of(alice).items()]
    )
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    case = f"/console/dossiers/{denise.incident.uuid}/"
    page.goto(shared.url + case)
    for link in links:
        with page.expect_download() as download, suppress(Error):  # "Download is starting"
            page.goto(shared.url + link)
        assert download.value.suggested_filename.endswith(".zip")
        assert page.url == shared.url + case
    assert page.evaluate("window.__pwn") is None

    # The worst page of this origin: it has no policy, and somebody else's words.
    tags = "".join(tag.format(link) for tag, link in zip(EMBEDDED, within, strict=True))
    answer = {"content_type": "text/html", "body": f"<title>pire</title>{tags}"}
    page.route("**/pire", lambda route: route.fulfill(**answer))
    page.goto(f"{shared.url}/pire", wait_until="load")
    assert page.evaluate("[window.__pwn, document.images[0].naturalWidth, frames.length]") == [
        None,
        0,
        len(re.findall("<iframe|<object|<embed", tags)),
    ]
    assert [url for url in asked if "canary" in url] == []
    assert {url.removeprefix(shared.url) for url in asked} >= {*links, *within}
    assert [error for error in console_errors if "/console/pieces/" not in error] == []
    console_errors.clear()


EMBEDDED = [
    '<script src="{}"></script>',
    '<script type="module" src="{}"></script>',
    '<link rel="stylesheet" href="{}">',
    '<img src="{}">',
    '<iframe src="{}"></iframe>',
    '<object data="{}"></object>',
    '<embed src="{}">',
]
