"""``make screens``: pictures of the main pages, for ``docs/screens``.

A desk of its own, filled as the demonstration is, in Debian's Chromium. Names on the command line
(``.venv/bin/python -m tools.screens case-390``) choose some. The pages say the hour at which this
runs, and whether the desk is open then.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from bench._desk import filled
from tools import machine

FOLDER = machine.ROOT / "docs" / "screens"
COLOURS = 255  # of a picture: enough for flat pages
TALLEST = 4000  # pixels


@dataclass(frozen=True)
class Shot:
    """One picture: of whose page, at what width; *part*: of that part of it alone."""

    name: str
    path: str
    who: str = ""  # victim, followed (closed long ago), writer (holds a draft), or whose account
    width: int = 320
    dark: bool = False
    language: str = "fr"
    part: str = ""
    then: Callable[[Any], object] | None = None
    exercise: bool = False  # of the instance that plays a scenario


def press(page: Any) -> None:
    """Press the page's button."""
    page.locator("main form button").last.click()


def qualify(page: Any) -> None:
    """Open the form that qualifies a case."""
    page.locator("summary", has_text="Qualifier").first.click()


def palette(page: Any) -> None:
    """Open the palette."""
    page.keyboard.press("Control+k")


def choose(page: Any) -> None:
    """Choose two cases and ask for their campaign."""
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    page.locator('#bulk [value="campagne"]').click()


def danger(page: Any) -> None:
    """Say that somebody is in danger."""
    page.locator('label[for="f-danger"]').click()
    press(page)


def kit(page: Any, *, until: str) -> None:
    """Begin a kit and answer it, each page otherwise, until the page whose address has *until*."""
    press_first(page)
    page.goto(page.url.replace("/kit/", "/kit/questions/sauvegarde/"))
    while until not in page.url:
        fields = page.locator("fieldset")
        for place in range(fields.count()):
            box = fields.nth(place).locator("input[type=radio]").nth(place % 3)
            page.locator(f'label[for="{box.get_attribute("id")}"]').click()
        press(page)


def press_first(page: Any) -> None:
    """Press the first button of the page."""
    page.locator("main form button").first.click()


def endless(page: Any) -> None:
    """Choose a number of days that is none, and keep it."""
    page.locator("input[name^=days-]").first.fill("deux")
    press(page)


def codes_again(page: Any) -> None:
    """Make new recovery codes."""
    page.locator('form[action$="/secours/"] button').click()


KIT = partial(kit, until="/resultat/")
QUESTION = partial(kit, until="/questions/")
SHOTS = (
    Shot("home-320", "/"),
    Shot("home-390-dark-en", "/", width=390, dark=True, language="en"),
    Shot("home-1280", "/", width=1280),
    Shot("danger-320", "/signaler/danger/"),
    Shot("danger-yes-390", "/signaler/danger/", width=390, then=danger),
    Shot("question-error-320", "/signaler/danger/", then=press),
    Shot("question-error-1280-dark", "/signaler/danger/", width=1280, dark=True, then=press),
    Shot("gestures-390", "/signaler/quoi/", "writer", width=390, then=press),
    Shot("check-320", "/signaler/verification/", "writer"),
    Shot("confirmation-390", "/signaler/verification/", "writer", width=390, then=press),
    Shot(
        "confirmation-1280-en",
        "/signaler/verification/",
        "writer",
        width=1280,
        language="en",
        then=press,
    ),
    Shot("follow-up-320", "/suivi/", "victim"),
    Shot("follow-up-390-dark-en", "/suivi/", "victim", width=390, dark=True, language="en"),
    Shot("follow-up-1280", "/suivi/", "victim", width=1280),
    Shot("summary-1280", "/suivi/resume/", "victim", width=1280),
    Shot("code-lost-390", "/suivi/code-perdu/", width=390),
    Shot("queue-1280", "/console/?vue=tous", "analyst", width=1280),
    Shot("queue-390-dark", "/console/?vue=tous", "analyst", width=390, dark=True),
    Shot("palette-1280", "/console/?vue=tous", "analyst", width=1280, then=palette),
    Shot("together-1280-dark", "/console/?vue=tous", "analyst", width=1280, dark=True, then=choose),
    Shot("case-1280", "{case}", "analyst", width=1280),
    Shot("case-390", "{case}", "analyst", width=390),
    Shot("case-1280-dark", "{case}", "analyst", width=1280, dark=True),
    Shot("triage-390", "{new}", "analyst", width=390, then=qualify),
    Shot("call-1280", "/console/nouveau/", "analyst", width=1280),
    Shot("steps-1280", "{case}", "analyst", width=1280, part="#playbooks"),
    Shot("steps-320-dark", "{case}", "analyst", dark=True, part="#playbooks"),
    Shot("clocks-1280", "/console/horloges/", "analyst", width=1280),
    Shot("clocks-320-dark", "/console/horloges/", "analyst", dark=True),
    Shot("playbooks-1280", "/console/playbooks/", "analyst", width=1280),
    Shot("playbook-320", "/console/playbooks/faux-rib-fovi/", "analyst"),
    Shot("edition-1280-dark", "{edition}", "analyst", width=1280, dark=True),
    Shot("kit-question-320", "/kit/", then=QUESTION),
    Shot("kit-390", "/kit/", width=390, then=KIT),
    Shot("kit-320-dark-en", "/kit/", dark=True, language="en", then=KIT),
    Shot("kit-numbers-390", "/kit/numeros/", width=390),
    Shot("kit-hour-320-dark", "/kit/premiere-heure/", dark=True),
    Shot("kits-1280", "/console/kits/", "counsellor", width=1280),
    Shot("kits-320-dark", "/console/kits/", "counsellor", dark=True),
    Shot("rounds-390", "/suivi/", "followed", width=390),
    Shot("review-1280", "{reviewed}retour/", "analyst", width=1280),
    Shot("review-1280-dark-en", "{reviewed}retour/", "analyst", 1280, dark=True, language="en"),
    Shot("lessons-1280", "/console/playbooks/messagerie-compromise/", "lead", width=1280),
    Shot("prevention-1280", "/console/prevention/", "analyst", width=1280),
    Shot("status-1280", "/console/etat/", "admin", width=1280),
    Shot("status-320-dark", "/console/etat/", "admin", dark=True),
    Shot("choose-1280", "{shared}", "analyst", width=1280),
    Shot("choose-320-dark", "{shared}", "analyst", dark=True),
    Shot("choose-error-1280", "{shared}", "analyst", width=1280, then=endless),
    Shot("choose-nothing-390", "{nothing}", "analyst", width=390),
    Shot("partner-own-1280", "/console/partage/mon-organisation/", "partner", width=1280),
    Shot("partner-own-320-dark", "/console/partage/mon-organisation/", "partner", dark=True),
    Shot("account-1280", "/comptes/moi/", "enrolled", width=1280),
    Shot("account-320-dark", "/comptes/moi/", "enrolled", dark=True),
    Shot("second-factor-390", "/comptes/second-facteur/", "analyst", width=390),
    Shot("recovery-codes-390", "/comptes/moi/", "enrolled", width=390, then=codes_again),
    Shot("exercise-home-390", "/", width=390, exercise=True),
    Shot("conduct-1280", "/console/exercice/", "lead", width=1280, exercise=True),
    Shot("conduct-320-dark", "/console/exercice/", "lead", dark=True, exercise=True),
    Shot(
        "hot-wash-1280-dark-en",
        "/console/exercice/bilan/",
        "lead",
        1280,
        dark=True,
        language="en",
        exercise=True,
    ),
)
PEOPLE = {
    "analyst": "Alice", "lead": "Bruno", "admin": "Ada", "counsellor": "Émile", "partner": "Chloé",
    "enrolled": "Zoé",
}  # fmt: skip


def main() -> None:
    """Take the pictures whose names are on the command line, or all."""
    wanted = sys.argv[1:] or [shot.name for shot in SHOTS]
    if machine.chromium() is None:
        sys.exit("No pictures: Chromium is not installed (apt-get install chromium).")
    with filled() as (_, web, access), worker():
        from playwright.sync_api import sync_playwright

        from tests.browser import CHROMIUM_ARGUMENTS

        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright's loop runs in this thread
        paths = cases(access)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=machine.chromium(), args=CHROMIUM_ARGUMENTS
            )
            chosen = [shot for shot in SHOTS if shot.name in wanted]
            for shot in chosen:
                if not shot.exercise:
                    take(shot, browser, web.url, held(shot, access), paths)
            played(browser, [shot for shot in chosen if shot.exercise])
            browser.close()


def played(browser: Any, shots: list[Shot]) -> None:
    """Take the pictures of an exercise that has gone on for half an hour of its clock."""
    if not shots:
        return
    desks: Any = import_module("tests.exercises.instances")
    with TemporaryDirectory() as folder:
        instance = desks.Instance(Path(folder) / "exercise", CSIRT_MODE="exercise")
        with instance.serving("exercise", "--speed", "120"):
            access = json.loads((instance.folder / "access.json").read_text(encoding="utf-8"))
            lead = access["analysts"][0]
            chief = instance.logged_in(lead["email"], lead["password"])
            for act in ("begin", "pause"):
                page = chief.get("/console/exercice/")
                sent = {"csrfmiddlewaretoken": desks.csrf(page), "act": act}
                chief.post("/console/exercice/", data=sent, headers={"Referer": str(page.url)})
                time.sleep(15 if act == "begin" else 0)
            for shot in shots:
                take(shot, browser, instance.url, dict(chief.cookies) if shot.who else {}, {})


def worker() -> Any:
    """Return the worker beside the desk: without it the console says that it is late."""
    from tests.server import Worker

    return Worker()


def cases(access: dict[str, Any]) -> dict[str, str]:
    """Talk on the first victim's case and follow its playbook; return its address, and others."""
    from csirt.accounts.models import User
    from csirt.accounts.principals import Person
    from csirt.kernel import codes
    from csirt.kernel.clock import now
    from incidents.domain.lifecycle import State
    from incidents.models import Incident
    from incidents.services import following
    from tests.people import person

    victim = following.victim_by_code(access["victims"][0]["code"])
    case = Incident.objects.get(pk=victim.incident_id)
    alice = Person.of(User.objects.get(name="Alice"))
    following.write_to_victim(
        incident=case.uuid, by=alice, token=codes.new_token(), now=now(),
        text="Bonjour. Ne rallumez rien. Nous vous appelons dans dix minutes.",
    )  # fmt: skip
    following.write_as_victim(
        victim=victim, token=codes.new_token(), now=now(), text="Merci, je reste près du téléphone."
    )
    new = Incident.objects.filter(state=State.NEW).earliest("pk")
    old = Incident.objects.get(state=State.CLOSED)
    person("Zoé", "analyst")
    return {
        "case": f"/console/dossiers/{case.uuid}/",
        "new": f"/console/dossiers/{new.uuid}/",
        "reviewed": f"/console/dossiers/{old.uuid}/",
        "shared": f"/console/partage/dossiers/{case.uuid}/choix",
        "nothing": f"/console/partage/dossiers/{old.uuid}/choix",
        "edition": f"/console/playbooks/versions/{followed(case, alice)}/",
    }


def followed(case: Any, by: Any) -> UUID:
    """Follow the case's playbook and do its first step; return a draft that changes one word of it."""
    from csirt.kernel.clock import now
    from csirt.reference.bundle import read_playbook
    from incidents.services.loading import bundle_of
    from playbooks.services import editing, running, stepping

    name = bundle_of(case).playbook_for(case.category).id
    run = running.attach(incident=case.uuid, playbook=name, by=by, now=now())
    first_two = run.steps.filter(concerned=True, phase="during")[:2]
    for state, row in zip(("done", "doing"), first_two, strict=True):
        stepping.set_state(step=row.uuid, version=row.version, by=by, state=state, now=now())
    draft = editing.begin(playbook=name, by=by, now=now())
    book = read_playbook(draft.text)
    first = replace(
        book.phases.during[0], title_fr="Couper le réseau, laisser allumé", required=True
    )
    phases = replace(book.phases, during=(first, *book.phases.during[1:]))
    editing.save(
        edition=draft.uuid, version=draft.version, by=by, playbook=replace(book, phases=phases),
        now=now(),
    )  # fmt: skip
    return draft.uuid


def take(
    shot: Shot, browser: Any, url: str, cookies: dict[str, str], paths: dict[str, str]
) -> None:
    """Open the page with *cookies*, and keep its picture."""
    context = browser.new_context(
        viewport={"width": shot.width, "height": 800 if shot.width > 400 else 640},
        color_scheme="dark" if shot.dark else "light",
        locale="fr-FR",
        timezone_id="Europe/Paris",
        reduced_motion="reduce",
    )
    language = dict.fromkeys(("django_language", "exercise_language"), shot.language)
    context.add_cookies(
        [{"name": k, "value": v, "url": url} for k, v in {**cookies, **language}.items()]
    )
    page = context.new_page()
    page.goto(url + shot.path.format(**paths))
    if shot.path.startswith("/console/?"):
        page.locator("#live[data-state=live]").wait_for()
    if shot.then:
        shot.then(page)
    page.wait_for_load_state()
    if shot.part:
        picture = page.locator(shot.part).screenshot()
    else:
        clip = {"x": 0, "y": 0, "width": shot.width, "height": min(TALLEST, height(page))}
        picture = page.screenshot(full_page=True, clip=clip)
    save(shot.name, picture)
    context.close()


def held(shot: Shot, access: dict[str, Any]) -> dict[str, str]:
    """Return the cookies of somebody who has come that far."""
    from csirt.accounts.models import User
    from tests.intake.browsing import returning, writing
    from tests.people import cookies_of

    if shot.who == "writer":
        return cookies_in(writing())
    if shot.who in {"victim", "followed"}:
        place = 0 if shot.who == "victim" else -1
        return cookies_in(returning(access["victims"][place]["code"]))
    return cookies_of(User.objects.get(name=PEOPLE[shot.who])) if shot.who else {}


def cookies_in(client: Any) -> dict[str, str]:
    """Return what a test client holds."""
    return {name: one.value for name, one in client.cookies.items()}


def height(page: Any) -> int:
    """Return how tall the page is, in pixels."""
    return int(page.evaluate("document.documentElement.scrollHeight"))


def save(name: str, picture: bytes) -> None:
    """Keep a picture with few colours: small, and as sharp."""
    from PIL import Image  # WeasyPrint brings it

    picked = Image.Quantize.MAXCOVERAGE  # a badge is small, and its colour matters
    few = Image.open(BytesIO(picture)).convert("RGB")
    few = few.quantize(COLOURS, method=picked, dither=Image.Dither.NONE)
    FOLDER.mkdir(exist_ok=True)
    path: Path = FOLDER / f"{name}.png"
    few.save(path, optimize=True)
    print(f"{path.relative_to(machine.ROOT)}: {path.stat().st_size // 1024} KB", flush=True)


if __name__ == "__main__":
    main()
