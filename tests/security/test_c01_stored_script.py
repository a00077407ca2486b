"""Case C1: what reporters, analysts, partners and admins write is text on every screen.

Sixty payloads stand in every field that somebody writes, put there behind the services, which would
clean some of them. Then every address of the URL conf that answers a page is opened in a browser as
whoever may see it: nothing runs, nothing is asked of another host, no link leads there, and no rule
of the content security policy is broken (each would be an error in the browser's console).
"""

from itertools import cycle, islice
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import expect

from incidents.models import Incident
from incidents.packing import making
from tests.people import file_case
from tests.permissions_world import World
from tests.written import fill, pages, write

pytestmark = pytest.mark.once  # what a page shows of a row is the same on both engines
EVIL = "canary.invalid"
PAYLOADS = (
    "<script>pwn()</script>", "</script><script>pwn()</script>", "</title><script>pwn()</script>",
    "</textarea><script>pwn()</script>", "</style><script>pwn()</script>",
    "</template><script>pwn()</script>", "</noscript><script>pwn()</script>",
    "--><script>pwn()</script>", "]]><script>pwn()</script>", "</option></select><script>pwn()</script>",
    "<img src=x onerror=pwn()>", '"><img src=x onerror=pwn()>', "'><img src=x onerror=pwn()>",
    "`><img src=x onerror=pwn()>", '"><svg onload=pwn()>', "<svg><script>pwn()</script></svg>",
    "<svg><animate onbegin=pwn() attributeName=x>", "<math><mtext><script>pwn()</script>",
    '" onmouseover=pwn() x="', "' onmouseover=pwn() x='", '" autofocus onfocus=pwn() x="',
    "' autofocus onfocus=pwn() x='", "<input autofocus onfocus=pwn()>",
    "<details open ontoggle=pwn()>x</details>", "<video><source onerror=pwn()></video>",
    "<body onload=pwn()>", "<marquee onstart=pwn()>x</marquee>",
    "<iframe srcdoc='<script>parent.pwn()</script>'></iframe>", "<iframe src=javascript:parent.pwn()>",
    "<object data=javascript:pwn()></object>", f"<embed src=//{EVIL}/x>", f"<base href=//{EVIL}/>",
    f"<meta http-equiv=refresh content='0;url=//{EVIL}/'>", f"<link rel=stylesheet href=//{EVIL}/x>",
    f"<style>@import '//{EVIL}/x';</style>", f"<p style=background:url(//{EVIL}/x)>x</p>",
    f"<form action=//{EVIL}/><button>x", f"<img src=//{EVIL}/x.png>", f"![x](//{EVIL}/x.png)",
    "[x](javascript:pwn())", "<a href=javascript:pwn()>x</a>", "javascript:pwn()", "JaVaScRiPt:pwn()",
    "java\tscript:pwn()", "vbscript:pwn()", "data:text/html,<script>pwn()</script>", f"//{EVIL}/x",
    f"https://{EVIL}/x", f"\\\\{EVIL}\\x", '";pwn();//', "';pwn();//", '\\";pwn();//', "${pwn()}",
    "{{7*7}}{% load x %}", "%(x)s %s {0.__class__}", "&lt;script&gt;pwn()&lt;/script&gt;",
    "&#60;img src=x onerror=pwn()&#62;", "%3Cscript%3Epwn()%3C/script%3E",
    f"<div hx-get=//{EVIL}/ hx-trigger=load>", "<div hx-on:load=pwn()>\u202egpj.exe",
)  # fmt: skip
REFLECTING = {  # pages that show what their address asks for
    "lead": (
        "console/", "console/recherche/", "console/journal/", "console/releve/", "console/horloges/",
        "console/tri/{case}/", "console/dossiers/{case}/", "console/playbooks/",
        "console/organisations/{organisation}/doublon", "console/annuaire/",
    ),
    "anonymous": ("", "suivi/", "signaler/danger/"),
}  # fmt: skip
ASKED = (
    "q", "texte", "organisation", "commune", "etiquette", "doublon", "modele", "dossier", "depuis",
    "du", "apres", "avant", "par", "groupe", "vue", "de", "fait", "next", "retour",
)  # fmt: skip
WATCHING = """
window.pwn = () => { window.__pwn = true; console.error("the canary sang"); };
addEventListener("securitypolicyviolation", (e) => console.error(`CSP: ${e.violatedDirective} ${e.blockedURI}`));
"""
# Elements that lead to another place or run something: none that we wrote does.
LEADING = """() => [...document.querySelectorAll("*")].flatMap((element) =>
  [...element.attributes].filter(({ name, value }) => {
    if (/^on|^hx-on/.test(name)) return true;
    if (!/^(href|src|action|formaction|data|srcdoc|xlink:href|hx-.*|data-hx-.*)$/.test(name)) return false;
    if (name === "srcdoc") return true;
    if (name.includes("hx-") && !/get|post|put|patch|delete/.test(name)) return /pwn[(]|canary[.]/.test(value);
    let to;
    try { to = new URL(value, location.href); } catch { return false; }
    return to.hostname === "canary.invalid" || /^(javascript|vbscript|data):$/.test(to.protocol) && name !== "data";
  }).map(({ name, value }) => `${element.tagName} ${name}=${value}`.slice(0, 200)))"""
_turn = cycle(range(len(PAYLOADS)))


def hostile(longest):
    """Return payloads up to *longest* characters, beginning with another one each time."""
    start = next(_turn)
    turned = PAYLOADS[start:] + PAYLOADS[:start]
    if longest is None:
        return "\n".join(turned)
    kept = next(one for one in turned if len(one) <= longest)
    for one in turned:
        if one != kept and len(kept) + len(one) < longest:
            kept += " " + one
    return kept


@pytest.fixture
def world(live_desk):
    made = World()
    fill(made)
    write(hostile)
    return made


@pytest.fixture
def enter(live_desk, new_context, world):
    opened = []

    def as_(principal):
        context = new_context(viewport={"width": 1280, "height": 900})
        cookies = world.cookies[principal].items()
        context.add_cookies([{"name": n, "value": v, "url": live_desk.url} for n, v in cookies])
        context.add_init_script(WATCHING)
        page = context.new_page()
        page.strangers = []
        page.on(
            "request",
            lambda asked: (
                urlsplit(asked.url).scheme in {"http", "https"}
                and not asked.url.startswith(live_desk.url)
                and page.strangers.append(asked.url)
            ),
        )
        opened.append(page)
        return page

    yield as_

    for page in opened:
        page.close()


def look(page, address):
    page.goto(address)
    silent(page)


def silent(page):
    """See that nothing of what was written is more than text on the page."""
    assert page.evaluate("window.__pwn") is None, page.url
    assert page.evaluate(LEADING) == [], page.url
    assert page.strangers == [], page.url


def test_there_are_sixty():
    assert len(set(PAYLOADS)) == 60


@pytest.mark.parametrize(
    ("principal", "least"),
    [("anonymous", 15), ("victim", 10), ("operator", 15), ("lead", 60), ("admin", 15)],
)  # fmt: skip - an analyst's pages are among a lead's
def test_every_page_shows_what_was_written_as_text(live_desk, enter, world, principal, least):
    found = pages(world, principal)
    assert len(found) >= least

    page = enter(principal)
    for path in found:
        look(page, live_desk.url + path)


@pytest.mark.parametrize("principal", REFLECTING)
def test_what_an_address_asks_for_is_text_too(live_desk, enter, world, principal, console_errors):
    page = enter(principal)
    words = {
        "case": world.cases["alice"].parts["case"],
        "organisation": str(world.organisation.uuid),
    }
    for path in REFLECTING[principal]:
        for payload in islice(PAYLOADS, 0, None, 10):
            query = urlencode(dict.fromkeys(ASKED, payload))
            answer = page.goto(f"{live_desk.url}/{path.format(**words)}?{query}")
            assert answer.status in {200, 400}, page.url
            silent(page)
    console_errors[:] = [error for error in console_errors if "status of 400" not in error]


def test_what_forms_give_back_is_text(live_desk, enter, world):
    page = enter("analyst")
    case = world.cases["alice"].parts["case"]
    look(page, f"{live_desk.url}/console/?vue=tous")
    page.locator("#choose-all").click()
    page.locator('#bulk [value="campagne"]').click()
    silent(page)
    look(page, f"{live_desk.url}/console/dossiers/{case}/")
    page.locator("summary", has_text="Ajouter des observables").click()
    page.locator("#f-coller-text").fill(hostile(None) + "\nhttps://autre.example/y 198.51.100.7")
    page.locator("#f-coller-text").evaluate("field => field.form.requestSubmit()")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    silent(page)


def test_a_row_that_arrives_alive_is_text(live_desk, enter):
    page = enter("lead")
    look(page, f"{live_desk.url}/console/?vue=tous")
    expect(page.locator("#live[data-state=live]")).to_be_visible()
    made = file_case(organisation_name=hostile(200), text=hostile(None), category="rancongiciel")
    page.locator("#held").click()
    expect(page.locator("#queue").get_by_text(made.reference)).to_be_visible()
    silent(page)


def test_the_pack_is_drawn_and_asks_for_nothing(world):
    pdf = making.draw(Incident.objects.get(pk=world.cases["alice"].row.pk))

    assert pdf.startswith(b"%PDF-")
    assert b"/JavaScript" not in pdf
    assert b"/URI" not in pdf
