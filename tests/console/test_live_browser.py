"""The console in Chromium: live without moving under the cursor, honest when it is cut off."""

import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from csirt.accounts import services
from csirt.accounts.principals import Anonymous, Person
from csirt.journal import drain
from csirt.kernel import codes
from csirt.kernel.clock import now
from incidents.models import Incident
from incidents.services import apart, casework, following, observing, transitions
from incidents.services.filing import file_report
from playbooks.services import running
from tests.people import agree, cookies_of, file_case, submission
from tests.server import Web

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice", "RGAAv4"]
TOO_WIDE = """[...document.querySelectorAll("main *")]
  .filter(one => one.getBoundingClientRect().right > innerWidth && !one.closest(".scroll"))
  .map(one => one.outerHTML.slice(0, 90)).slice(0, 5)"""
LATER = {"category": "spam", "inputs": {"evolution": "tentative"}, "asked": None}  # P4


@pytest.fixture
def enter(live_desk, new_context):
    """Return a function that opens a page of a desk as somebody; all close before the rows go."""
    pages = []

    def opened(desk, user, path="/console/", *, live=True, **options):
        context = new_context(**options)
        context.add_cookies(
            [
                {"name": name, "value": value, "url": desk.url}
                for name, value in cookies_of(user).items()
            ]
        )
        page = context.new_page()
        pages.append(page)
        page.goto(desk.url + path)
        if live:
            expect(page.locator("#live[data-state=live]")).to_be_visible(timeout=15_000)
        return page

    yield opened

    for page in pages:
        if not page.is_closed():
            page.title()  # what was written before has arrived by then
            page.context.close()


def row(page, victim):
    return page.locator(f'#queue tr[data-id="{victim.incident.uuid}"]')


def order(page):
    """Return the ids of the list's cases from top to bottom."""
    return page.locator("#queue tbody tr").evaluate_all("rows => rows.map(r => r.dataset.id)")


def ids(*victims):
    return [str(victim.incident.uuid) for victim in victims]


def is_focused(locator):
    return locator.evaluate("element => element === document.activeElement")


def test_a_new_report_is_held_behind_a_button_and_focus_stays(enter, live_desk, alice):
    first, second = file_case(**LATER), file_case(**LATER)
    page = enter(live_desk, alice)
    page.keyboard.press("j")
    page.keyboard.press("j")
    link = row(page, second).locator("a.ref")
    assert is_focused(link)

    urgent = file_case()
    held = page.locator("#held")
    expect(held).to_have_text("1 nouveau – afficher")
    assert row(page, urgent).count() == 0
    assert is_focused(link)
    expect(page.locator('.tabs a[aria-current="page"] .count')).to_have_text("3")

    page.keyboard.press("n")
    expect(row(page, urgent)).to_be_visible()
    expect(held).to_be_hidden()
    assert order(page) == ids(urgent, first, second)
    assert is_focused(link)
    assert (
        row(page, urgent)
        .locator("a.ref")
        .get_attribute("href")
        .endswith(f"/console/dossiers/{urgent.incident.uuid}/")
    )


def test_a_row_whose_rank_changes_stays_until_one_asks(enter, live_desk, alice, bruno):
    urgent, first, second = file_case(), file_case(**LATER), file_case(**LATER)
    page = enter(live_desk, alice)
    page.keyboard.press("j")
    page.keyboard.press("j")
    link = row(page, first).locator("a.ref")
    assert is_focused(link)

    victim = following.victim_by_code(second.code)
    following.write_as_victim(victim=victim, token="1" * 32, text="Alors ?", now=now())
    by = Person.of(bruno)
    transitions.take(incident=urgent.incident.uuid, version=1, by=by, now=now())
    expect(row(page, second)).to_contain_text("La victime a écrit")
    expect(row(page, urgent).locator('[data-c="assignee"]')).to_have_text("Bruno")
    assert order(page) == ids(urgent, first, second)
    expect(page.locator("#held")).to_have_text("Reclasser la liste")
    assert is_focused(link)

    page.keyboard.press("n")
    assert order(page) == ids(second, urgent, first)
    assert is_focused(link)
    expect(page.locator("#held")).to_be_hidden()
    page.reload()
    assert order(page) == ids(second, urgent, first)


def test_the_queue_shows_who_is_at_a_case(enter, live_desk, alice, bruno, denise):
    page = enter(live_desk, alice)
    other = enter(live_desk, bruno, f"/console/dossiers/{denise.incident.uuid}/", live=False)
    there = row(page, denise).locator('[data-c="present"]')
    expect(there).to_have_text("Bruno lit")
    other.locator("#f-note-text").fill("Je note ceci.")
    expect(there).to_have_text("Bruno écrit")
    other.goto("about:blank")
    expect(there).to_have_text("")


def test_a_filter_by_words_offers_nothing_that_it_cannot_judge(enter, live_desk, alice):
    known = file_case(text="Le parapheur a gelé.")
    drain()
    page = enter(live_desk, alice, "/console/?vue=tous&texte=parapheur")
    file_case(text="Le parapheur a gelé aussi.")
    by = Person.of(alice)
    transitions.take(incident=known.incident.uuid, version=1, by=by, now=now())
    expect(row(page, known).locator('[data-c="assignee"]')).to_have_text("Alice")

    expect(page.locator("#held")).to_be_hidden()
    expect(row(page, known)).not_to_have_class("left")
    expect(page.get_by_text("rechargez la page pour le voir")).to_be_visible()


def test_an_event_is_on_the_screen_within_the_promised_time(enter, live_desk, alice, denise):
    page = enter(live_desk, alice)
    began = time.monotonic()
    by = Person.of(alice)
    transitions.take(incident=denise.incident.uuid, version=1, by=by, now=now())
    expect(row(page, denise).locator('[data-c="assignee"]')).to_have_text("Alice")

    assert time.monotonic() - began < 2
    expect(row(page, denise).locator('[data-c="state"]')).to_have_text("En qualification")


def test_what_leaves_the_list_stays_greyed_until_asked(enter, live_desk, alice, denise):
    page = enter(live_desk, alice, "/console/?vue=nouveaux")
    other = file_case()
    expect(page.locator("#held")).to_be_visible()
    by = Person.of(alice)
    transitions.reject(incident=denise.incident.uuid, version=1, by=by, reason="Non.", now=now())
    expect(row(page, denise)).to_have_class("left")
    page.locator("#held").click()

    expect(row(page, denise)).to_have_count(0)
    expect(row(page, other)).to_have_count(1)


def test_filters_hold_for_what_comes_live(enter, live_desk, alice):
    page = enter(live_desk, alice, "/console/?vue=tous&priorite=P1&categorie=rancongiciel")
    file_case(**LATER)
    urgent = file_case()
    expect(page.locator("#held")).to_have_text("1 nouveau – afficher")
    page.locator("#held").click()

    expect(row(page, urgent)).to_be_visible()
    expect(page.locator("#queue tbody tr")).to_have_count(1)
    expect(page.locator("#empty")).to_be_hidden()


def test_what_is_set_apart_comes_live_to_its_own_view_alone(enter, live_desk, alice, denise):
    queue, beside = enter(live_desk, alice), enter(live_desk, alice, "/console/?vue=a-part")
    case = file_report(
        token=codes.new_token(),
        submission=submission(**LATER),
        now=now(),
        by=Anonymous(),
        flood=True,
    ).incident
    expect(beside.locator("#held")).to_have_text("1 nouveau – afficher")
    beside.locator("#held").click()
    line = beside.locator(f'#queue tr[data-id="{case.uuid}"]')
    expect(line).to_contain_text("À part")
    for page in (queue, beside):
        expect(page.locator('.tabs a[href$="a-part"] .count')).to_have_text("1")
        expect(page.locator('.tabs a[href$="tous"] .count')).to_have_text("1")
    expect(queue.locator("#held")).to_be_hidden()

    apart.put_back(incident=case.uuid, version=1, by=Person.of(alice), now=now())
    expect(queue.locator("#held")).to_have_text("1 nouveau – afficher")
    expect(line).to_have_class("fresh left")
    expect(beside.locator('.tabs a[href$="a-part"] .count')).to_have_text("0")


def test_a_cut_is_said_and_healed(enter, live_desk, alice, denise, console_errors):
    with Web() as desk:
        page = enter(desk, alice)
        desk.kill()
        said = page.locator("#live-said")
        expect(said).to_contain_text("Connexion perdue. La liste date de", timeout=10_000)
        missed = file_case()
        desk.start()
        expect(page.locator("#live[data-state=live]")).to_be_visible(timeout=45_000)
        expect(page.locator("#held")).to_have_text("1 nouveau – afficher")
        page.locator("#held").click()
        expect(row(page, missed)).to_be_visible()
    console_errors[:] = [e for e in console_errors if "WebSocket" not in e and "ERR_CONN" not in e]


@pytest.fixture(
    params=[
        "setTimeout(() => this.onclose({ code: 1006 }))",  # refused
        "this.readyState = 0",  # the handshake hangs
        "this.readyState = 1; setTimeout(() => this.onopen())",  # open, and nothing passes
    ]
)
def cut_off(request, enter, live_desk, alice):
    """A page of Alice's through which no socket passes, and whose clock stands still."""
    page = enter(live_desk, alice, "/console/nouveau/", live=False)
    page.add_init_script(
        f"""window.WebSocket = class {{ constructor() {{ {request.param}; }} send() {{}} close() {{}}
        static OPEN = 1 }}"""
    )
    page.clock.install()
    return page


def let_pass(page, until):
    """Let time pass *until*: a try takes 25 seconds, and the next comes 38 later at most."""
    for _ in range(30):
        if until():
            return
        page.clock.run_for(20_000)
        page.wait_for_timeout(300)  # of real time: what was asked is answered
    raise AssertionError("ten minutes")


def test_where_no_socket_passes_the_rows_are_asked_for_again_and_again(cut_off, live_desk, denise):
    page, held = cut_off, cut_off.locator("#held")
    page.goto(live_desk.url + "/console/")
    let_pass(page, page.locator("#live-said", has_text="Connexion perdue").is_visible)
    missed = file_case()
    let_pass(page, held.is_visible)
    expect(held).to_have_text("1 nouveau – afficher")
    held.click()

    expect(row(page, missed)).to_be_visible()


def test_where_no_socket_passes_an_open_case_is_asked_about_again_and_again(
    cut_off, live_desk, bruno, denise
):
    page, case, by = cut_off, denise.incident.uuid, Person.of(bruno)
    page.goto(f"{live_desk.url}/console/dossiers/{case}/")
    page.locator("#f-note-text").fill("Je note ceci.")
    let_pass(page, page.locator("#present", has_text="Connexion perdue").is_visible)
    running.attach(incident=case, playbook="rancongiciel", by=by, now=now())
    told = []
    page.on("response", lambda one: told.append(one))  # noqa: PLW0108 - it marks what it is given
    let_pass(page, lambda: any("playbook." in one.text() for one in told if "depuis" in one.url))
    page.clock.run_for(1_000)
    expect(page.locator("#playbooks")).to_contain_text("Détacher")
    version = Incident.objects.get(uuid=case).version
    transitions.reject(incident=case, version=version, by=by, reason="Non.", now=now())
    let_pass(page, page.locator("#changed").is_visible)  # it has left what is live

    expect(page.locator("#f-note-text")).to_have_value("Je note ceci.")


def test_an_operator_who_has_no_socket_is_told_that_the_case_changed(
    enter, live_desk, emile, alice, denise
):
    agree(emile.operators.get(), denise.incident)
    page = enter(live_desk, emile, "/console/", live=False)
    page.clock.install()
    page.goto(f"{live_desk.url}/console/dossiers/{denise.incident.uuid}/")
    with page.expect_response("**/depuis*"):
        page.clock.run_for(61_000)
    expect(page.locator("#changed")).to_be_hidden()
    version = Incident.objects.get(pk=denise.incident.pk).version
    transitions.take(incident=denise.incident.uuid, version=version, by=Person.of(alice), now=now())
    page.clock.run_for(61_000)

    expect(page.locator("#changed")).to_be_visible()


def test_the_end_of_the_session_is_said(enter, live_desk, alice, denise, console_errors):
    page = enter(live_desk, alice)
    services.end_sessions(user=alice, keep="", now=now())
    expect(page.locator("#live-said")).to_have_text(
        "Votre session est terminée. Reconnectez-vous.", timeout=10_000
    )
    page.title()  # what the refused requests wrote has arrived by then
    console_errors[:] = [
        error for error in console_errors if not {"401", "403"} & set(error.split())
    ]


def test_keys_can_be_switched_off(enter, live_desk, alice, denise):
    alice.keys_enabled = False
    alice.save()
    page = enter(live_desk, alice)
    page.keyboard.press("j")
    page.keyboard.press("?")

    assert not is_focused(row(page, denise).locator("a.ref"))
    expect(page.locator("#help")).not_to_have_attribute("open", "")


def test_keys_do_nothing_while_somebody_types(enter, live_desk, alice, denise):
    page = enter(live_desk, alice)
    page.keyboard.press("?")
    expect(page.locator("#help")).to_have_attribute("open", "")
    page.locator(".filters > summary").click()
    page.locator("#f-qui").focus()
    page.keyboard.press("j")

    assert is_focused(page.locator("#f-qui"))


def test_opening_with_a_key(enter, live_desk, alice, denise):
    page = enter(live_desk, alice)
    page.keyboard.press("j")
    page.keyboard.press("o")

    expect(page.locator("h1")).to_contain_text(denise.reference)


def test_the_console_works_without_a_script(enter, live_desk, alice, denise):
    page = enter(live_desk, alice, live=False, java_script_enabled=False)
    page.locator("details.filters > summary").click()
    page.locator("label[for=f-priorite]").click()
    page.get_by_role("button", name="Filtrer").click()
    assert "priorite=P1" in page.url
    page.get_by_role("link", name=denise.reference).click()
    page.get_by_role("button", name="Prendre en charge").click()
    expect(page.locator(".case-head .state-triage")).to_be_visible()
    page.locator("summary", has_text="Qualifier").click()
    page.get_by_text("Incident", exact=True).click()
    page.get_by_role("button", name="Qualifier").click()

    expect(page.locator(".case-head .state-active")).to_be_visible()


def test_the_case_page_says_that_somebody_changed_it_and_keeps_the_text(
    enter, live_desk, alice, bruno, denise
):
    path = f"/console/dossiers/{denise.incident.uuid}/"
    page = enter(live_desk, alice, path, live=False)
    page.locator("#f-note-text").fill("Je note ceci.")
    other = enter(live_desk, bruno, path, live=False)
    expect(other.locator("#present")).to_have_text("Aussi sur ce dossier : Alice (écrit)")
    expect(page.locator("#present")).to_have_text("Aussi sur ce dossier : Bruno")
    by = Person.of(bruno)
    transitions.take(incident=denise.incident.uuid, version=1, by=by, now=now())

    expect(page.locator("#changed")).to_be_visible()
    expect(page.locator("#f-note-text")).to_have_value("Je note ceci.")


def full(alice, bruno):
    """Return a case that shows everything the page can show."""
    victim = file_case()
    by = Person.of(alice)
    case = transitions.accept(
        incident=victim.incident.uuid,
        version=1,
        by=by,
        kind="incident",
        category="rancongiciel",
        priority="P2",
        tlp="amber",
        reason="Une sauvegarde est prête.",
        now=now(),
    )
    who = following.victim_by_code(victim.code)
    following.write_as_victim(victim=who, token="1" * 32, text="On fait quoi ?", now=now())
    following.write_to_victim(
        incident=case.uuid, by=by, token="2" * 32, text="Débranchez le câble.", now=now()
    )
    casework.add_note(incident=case.uuid, by=Person.of(bruno), text="Vu à Foix hier.", now=now())
    observing.paste_observables(
        incident=case.uuid, by=by, text="hxxps://pay[.]evil.com/x 203.0.113.9", now=now()
    )
    version = Incident.objects.get(pk=case.pk).version
    casework.edit(incident=case.uuid, version=version, by=by, title="Serveur chiffré", now=now())
    return case


@pytest.mark.once
@pytest.mark.parametrize("look", [("dark", 320), ("light", 1280)])
def test_axe_finds_nothing_and_nothing_overflows(enter, live_desk, alice, bruno, look):
    scheme, width = look
    case = full(alice, bruno)
    casework.restrict(
        incident=file_case(**LATER).incident.uuid,
        version=1,
        by=Person.of(alice),
        people=[],
        now=now(),
    )
    found = {}
    for path in ("", "?vue=termines", "?priorite=P1", f"dossiers/{case.uuid}/", "nouveau/"):
        page = enter(
            live_desk,
            alice,
            f"/console/{path}",
            live=False,
            color_scheme=scheme,
            viewport={"width": width, "height": 800},
        )
        for part in ("header", "main"):  # a menu of the header covers the page that it opens over
            page.evaluate(
                "part => document.querySelectorAll('details').forEach("
                "one => one.open = Boolean(one.closest(part)))",
                part,
            )
            context = None if part == "main" else {"include": [[part]]}
            result = Axe().run(page, context, {"runOnly": {"type": "tag", "values": RULES}})
            for violation in result.response["violations"]:
                found[path, violation["id"]] = [node["target"] for node in violation["nodes"]][:4]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found[path, "overflow"] = page.evaluate(TOO_WIDE)
        page.context.close()

    assert found == {}
