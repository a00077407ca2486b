"""The whole way: filed on the form, seen live, qualified, released, pulled by a partner.

A real server and a real worker, over HTTP, WebSocket and taxii2-client, in both profiles.
"""

import json
import re
import time

import pytest
from taxii2client.v21 import Server, as_pages

from api.sharing import partners, terms
from csirt.accounts.principals import Person
from csirt.directory.loading import load_places
from csirt.journal.verify import verify
from csirt.kernel.clock import now
from csirt.reference.reports import given_reports
from incidents.models import Incident
from tests.journey.visitor import Visitor
from tests.live.desk import Console
from tests.people import cookies_of

GIVEN = given_reports()
FORM_REPORTS = [given for given in GIVEN if given["channel"] == "formulaire"]


def answer_page(victim, given):
    """Answer the page of the form that *victim* sees, as the given report does."""
    answers = {"kind": given["victim_kind"], "recit": given["text_fr"], **given["answers"]}
    answers |= {"organisme": given["organisation"] or "", "ou_texte": given["place"]["insee"]}
    answers |= {"ou": "commune", "contact_phone": given["contact"]["phone"] or ""}
    form = victim.form("", having="csrfmiddlewaretoken")
    forms = [one for one in victim.page.forms if {*one.values, *one.choices} & set(answers)]
    form = forms[0]
    fields = {name: answers[name] for name in {*form.values, *form.choices} & set(answers)}
    fields = {
        name: value
        for name, value in fields.items()
        if name not in form.choices or form.choices[name] & {*_several(value)}
    }
    return victim.send(form, **fields)


def _several(value):
    return value if isinstance(value, list | tuple) else [value]


def file_report(url, given):
    """Fill the form page by page; return the visitor on the confirmation."""
    victim = Visitor(url)
    victim.get("/signaler/")
    for _ in range(20):
        if victim.path.endswith("/verification/"):
            break
        before = victim.path
        answer_page(victim, given)
        assert victim.path != before, victim.text[:600]
    victim.send(victim.form("/signaler/envoi/"))
    return victim


def code_of(victim):
    reference = re.search(r"OCC-[0-9A-Z]{4}-[0-9A-Z]{2}", victim.text).group()
    code = re.search(r"(?:[0-9A-Z]{4}[-‑ ]){5}[0-9A-Z]{4}", victim.text).group()
    return reference, code


@pytest.fixture
def places(transactional_db):
    load_places()


@pytest.fixture
def partner(bruno):
    """Chloé's organisation, its token and the collection that it reads."""
    lead = Person.of(bruno)
    green = partners.create_collection(
        alias="communaute", title="Communauté", audience="green", tlp="green", by=lead, now=now()
    )
    row = partners.create_partner(identifier="csirt-voisin", name="Voisin", by=lead, now=now())
    terms.accept_terms(partner=row.uuid, version=terms.VERSION, by=lead, now=now())
    partners.grant_access(collection=green.uuid, partner=row.uuid, by=lead, now=now())
    _, token = partners.issue_token(partner=row.uuid, by=lead, now=now())
    return green, token


def within(seconds, what):
    """Wait until *what* returns something true; return it."""
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.1)
    return found


@pytest.mark.timeout(240)
def test_from_the_victims_telephone_to_the_partners_program(
    places, alice, partner, live_desk, live_worker
):
    green, token = partner
    given = next(one for one in FORM_REPORTS if one["id"] == "r06")
    with Console(live_desk, alice) as console:
        console.start()
        # Filed on the form, without JavaScript.
        victim = file_report(live_desk.url, given)
        reference, code = code_of(victim)
        case = Incident.objects.get(reference=reference)
        assert (case.state, case.priority) == ("new", given["expected"]["priority"])
        # Seen in the console without reloading.
        console.until(lambda: str(case.uuid) in console.rows, 10)
        within(20, lambda: case.observables.count() >= 2)
        # Qualified, on the pages.
        desk = Visitor(live_desk.url, cookies=cookies_of(alice))
        page = f"/console/dossiers/{case.uuid}/"
        desk.get(page).send(desk.form("etape/take"))
        desk.get(page).send(
            desk.form("etape/qualify"),
            kind="incident",
            category=given["expected"]["category"],
            priority=given["expected"]["priority"],
            tlp="green",
        )
        console.until(lambda: console.rows[str(case.uuid)]["state"] == "active", 10)
    for row in case.observables.all():
        desk.get(page).send(desk.form(f"observables/{row.uuid}"), role="indicator")
    # Released: the exact bytes are read, then approved.
    desk.get(page).send(desk.form("apercu"), collections=str(green.uuid))
    preview = desk.path
    within(30, lambda: any("approuver" in form.action for form in desk.get(preview).page.forms))
    desk.send(desk.form("approuver"))
    # Pulled with an ordinary client.
    server = Server(f"{live_desk.url}/taxii2/", user="csirt-voisin", password=token)
    collection = server.default.collections[0]

    def pulled():
        return [
            thing
            for page in as_pages(collection.get_objects, per_request=7)
            for thing in page.get("objects", [])
        ]

    from stix2validator import ValidationOptions, validate_string  # takes seconds

    things = within(30, pulled)
    patterns = {thing["pattern"] for thing in things if thing["type"] == "indicator"}
    assert "[domain-name:value = 'connexion-webmel.example']" in patterns
    bundle = {"type": "bundle", "id": f"bundle--{case.uuid}", "objects": things}
    assert validate_string(json.dumps(bundle), ValidationOptions(version="2.1")).is_valid
    sent = json.dumps(things, ensure_ascii=False)
    for secret in (given["organisation"], given["contact"]["phone"], "Marmitons", code):
        assert secret not in sent
    # And the victim comes back with the code.
    back = Visitor(live_desk.url).get("/suivi/")
    back.send(back.form("/suivi/", having="code"), code=code.lower())
    assert reference in back.text
    back.send(back.form("/suivi/message/"), message="La boîte est rouverte, merci.")
    assert Incident.objects.get(pk=case.pk).unread
    assert verify().bad is None


@pytest.mark.parametrize("given", FORM_REPORTS, ids=lambda given: given["id"])
def test_each_given_form_report_is_triaged_as_expected(places, live_desk, given):
    victim = file_report(live_desk.url, given)

    reference, _ = code_of(victim)
    case = Incident.objects.get(reference=reference)
    expected = given["expected"] | given.get("expected_form", {})
    assert case.priority == expected["priority"]
    assert case.category == expected["category"]
    assert case.commune_id == given["place"]["insee"]
