"""Passkeys in Chromium, with its own virtual authenticator; and what a forged answer is worth."""

import base64
import json

import pytest
from allauth.mfa.models import Authenticator
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import expect

from csirt.accounts import factors
from csirt.accounts.models import User
from csirt.accounts.roles import Role
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.kernel.errors import NotAllowed, NotFound
from tests.accounts.test_logging_in import CODE, LOGIN, give_password
from tests.people import PASSWORD, client_of, cookies_of, person

ENROL = "/comptes/second-facteur/"
ADD = "/comptes/second-facteur/cle/"
ENTER = "/comptes/connexion/cle/"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice", "RGAAv4"]
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class Browser:
    """Chromium on the desk under a name (an address in numbers has no passkeys), and its key."""

    def __init__(self, desk, context):
        self.url = desk.url.replace("127.0.0.1", "localhost")
        self.context = context
        self.page = context.new_page()
        self.tool = context.new_cdp_session(self.page)
        self.tool.send("WebAuthn.enable")
        self.key = self.add_key()

    def add_key(self, **options):
        asked = {"options": AUTHENTICATOR | options}
        return self.tool.send("WebAuthn.addVirtualAuthenticator", asked)["authenticatorId"]

    def kept(self):
        return self.tool.send("WebAuthn.getCredentials", {"authenticatorId": self.key})[
            "credentials"
        ]

    def as_(self, user, **options):
        held = cookies_of(user, **options).items()
        self.context.add_cookies([{"name": n, "value": v, "url": self.url} for n, v in held])
        return self

    def go(self, path):
        self.page.goto(self.url + path)
        return self.page

    def press(self, name):
        self.page.get_by_role("button", name=name).click()


@pytest.fixture
def browser_of(live_desk, new_context):
    return lambda **options: Browser(live_desk, new_context(**options))


def enrolled(browser, user):
    """Have *user* make a passkey on the page, and leave."""
    browser.as_(user).go(ENROL)
    browser.page.get_by_label("Nom de la clé").fill("Téléphone bleu")
    browser.press("Créer une clé d'accès")
    expect(browser.page.get_by_text("La clé d'accès est ajoutée.")).to_be_visible()
    expect(browser.page.get_by_text("Téléphone bleu").first).to_be_visible()
    browser.page.goto("about:blank")  # its page asks for news, which nobody may any more
    browser.context.clear_cookies()
    return browser


def test_a_newcomer_makes_a_passkey_gets_recovery_codes_and_enters_with_it_alone(
    browser_of, transactional_db
):
    user = person("Nouveau", Role.ANALYST, enrolled=False)
    browser = browser_of().as_(user, second_factor=False)
    browser.go("/comptes/moi/")  # leads to the enrolment
    browser.press("Créer une clé d'accès")
    expect(browser.page.locator("ul.codes li")).to_have_count(10)
    browser.go("/comptes/moi/")
    expect(browser.page.get_by_role("heading", name="Mon compte")).to_be_visible()

    browser.page.goto("about:blank")
    browser.context.clear_cookies()
    browser.go(f"{LOGIN}?next=/comptes/moi/")
    browser.press("Entrer avec une clé d'accès")
    expect(browser.page.get_by_role("heading", name="Mon compte")).to_be_visible()

    assert len(browser.kept()) == 1
    came = Event.objects.get(kind="user.logged_in")
    assert came.data["methods"] == ["mfa"]
    assert Event.objects.get(kind="user.second_factor_added").data["type"] == "webauthn"
    assert "Nouveau" not in str(came.payload())


def test_a_passkey_stands_beside_the_telephone_and_serves_after_the_password(browser_of, alice):
    browser = enrolled(browser_of(), alice)
    kinds = Authenticator.objects.filter(user=alice).values_list("type", flat=True)
    assert sorted(kinds) == ["recovery_codes", "totp", "webauthn"]

    page = browser.go(LOGIN)
    page.get_by_label("Adresse e-mail").fill(alice.email)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    browser.press("Se connecter")
    browser.press("Avec ma clé d'accès")
    expect(page).to_have_url(f"{browser.url}/console/")


def test_it_says_again_who_one_is(browser_of, alice):
    browser = enrolled(browser_of(), alice)
    browser.as_(alice, second_factor=False).go("/comptes/moi/")
    expect(browser.page).to_have_url(
        f"{browser.url}/comptes/confirmer/cle/?next=%2Fcomptes%2Fmoi%2F"
    )
    expect(browser.page.get_by_role("link", name="Avec un code de votre téléphone")).to_be_visible()
    browser.press("Avec ma clé d'accès")

    expect(browser.page.get_by_role("heading", name="Mon compte")).to_be_visible()


def test_a_key_that_does_not_answer_is_said_and_nothing_is_lost(browser_of, alice):
    browser = browser_of()
    page = browser.go(LOGIN)
    page.get_by_label("Adresse e-mail").fill(alice.email)
    browser.tool.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": browser.key})
    browser.add_key(isUserVerified=False, hasUserVerification=False)
    browser.press("Entrer avec une clé d'accès")

    expect(page.get_by_role("alert")).to_contain_text("La clé n'a pas répondu")
    expect(page.get_by_label("Adresse e-mail")).to_have_value(alice.email)


def test_a_passkey_of_somebody_whose_account_is_closed_opens_nothing(browser_of, alice):
    browser = enrolled(browser_of(), alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    browser.go(LOGIN)
    browser.press("Entrer avec une clé d'accès")

    expect(browser.page.get_by_role("heading", name="Se connecter")).to_be_visible()
    assert not Event.objects.filter(kind="user.logged_in").exists()


@pytest.mark.once
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_its_pages(browser_of, alice, scheme):
    width = {"light": 1280, "dark": 320}[scheme]
    browser = browser_of(color_scheme=scheme, viewport={"width": width, "height": 800})
    found = {}
    for path in (LOGIN, ENROL, "/comptes/moi/", "/comptes/confirmer/cle/"):
        if path == ENROL:
            enrolled(browser, alice).as_(alice)
        page = browser.go(path)
        found[path] = Axe().run(page, options={"runOnly": RULES}).response["violations"]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    assert {path: [v["id"] for v in seen] for path, seen in found.items() if seen} == {}


def test_without_a_script_the_password_and_the_telephone_are_left(phone, live_desk, alice):
    page = phone()
    page.goto(live_desk.url + LOGIN)
    expect(page.get_by_role("button", name="Entrer avec une clé d'accès")).to_be_hidden()
    expect(page.get_by_role("button", name="Se connecter")).to_be_visible()


# Forged answers, without a browser.

SHAPES = [
    "", "null", "[]", "1", '"a"', "{}", "{", "[" * 9000, '{"id": 1}', '{"response": []}',
    '{"id":"a","rawId":"a","type":"public-key","response":{}}',
    json.dumps({"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {
        "clientDataJSON": base64.urlsafe_b64encode(b'{"type":"webauthn.get"}').decode(),
        "authenticatorData": "AAAA", "signature": "AAAA", "userHandle": "MQ"}}),
    json.dumps({"id": "é", "rawId": "\x00", "type": "x", "response": {"userHandle": "é"}}),
    "x" * 50_000,
]  # fmt: skip


def text(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def forged(user, origin="http://testserver"):
    """An answer of the right form, signed by nobody."""
    said = json.dumps({"type": "webauthn.get", "challenge": "AAAA", "origin": origin}).encode()
    inner = {
        "clientDataJSON": text(said),
        "authenticatorData": text(b"\0" * 32 + b"\x05" + b"\0" * 4),
        "signature": text(b"\0" * 70),
        "userHandle": text(str(user.pk).encode()),
    }
    return json.dumps({"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": inner})


@pytest.mark.parametrize("shape", SHAPES, ids=range(len(SHAPES)))
def test_an_answer_that_is_none_is_refused_everywhere(alice, shape):
    stranger = Client()
    stranger.get(ENTER)
    assert stranger.post(ENTER, {"credential": shape})["Location"] == LOGIN

    half = Client()
    give_password(half, alice)
    assert half.post(CODE, {"credential": shape}).status_code == 200

    inside = client_of(alice)
    inside.get(ENROL)
    assert inside.post(ADD, {"credential": shape})["Location"] == ENROL
    assert not Authenticator.objects.filter(type="webauthn").exists()


@pytest.mark.parametrize(
    "cbor",
    [b"\x1b\x00", b"\x81" * 12_000, b"\xfb", b"\xe0", b"\x5b" + b"\xff" * 8, b"\xd8", b"\xa1\xf6"],
    ids=lambda cbor: cbor[:2].hex(),
)
def test_broken_cbor_is_refused_everywhere(alice, cbor):
    """Cut short, too deep, or of a kind that the library does not read."""
    entering = json.loads(forged(alice))
    data = b"\0" * 32 + b"\x85" + b"\0" * 4 + cbor
    entering["response"]["authenticatorData"] = text(data)
    stranger = Client()
    stranger.get(ENTER)
    assert stranger.post(ENTER, {"credential": json.dumps(entering)})["Location"] == LOGIN

    half = Client()
    give_password(half, alice)
    assert half.post(CODE, {"credential": json.dumps(entering)}).status_code == 200

    inside = client_of(alice)
    own = Authenticator.objects.create(user=alice, type="webauthn", data={})
    again = "/comptes/confirmer/cle/"
    assert inside.post(again, {"credential": json.dumps(entering)})["Location"] == again
    own.delete()
    inside.get(ENROL)
    said = {"type": "webauthn.create", "challenge": "AAAA", "origin": "http://testserver"}
    adding = {"clientDataJSON": text(json.dumps(said).encode()), "attestationObject": text(cbor)}
    given = {"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": adding}
    assert inside.post(ADD, {"credential": json.dumps(given)})["Location"] == ENROL
    assert not Authenticator.objects.filter(type="webauthn").exists()


def test_an_answer_signed_by_nobody_logs_nobody_in(alice, eve):
    for user in (alice, eve):
        client = Client()
        client.get(ENTER)
        assert client.post(ENTER, {"credential": forged(user)})["Location"] == LOGIN
        assert client.get("/comptes/moi/").status_code == 302


def test_only_the_holder_adds_one(alice):
    half = client_of(alice, second_factor=False)

    assert half.post(ADD, {"credential": "{}"})["Location"].startswith("/comptes/confirmer/")


def test_the_last_factor_of_a_role_that_needs_one_stays(alice, eve):
    mine = factors.of(alice)
    with pytest.raises(NotAllowed):
        factors.remove(user=alice, factor=mine[0].pk, now=now())
    with pytest.raises(NotFound):
        factors.remove(user=alice, factor=factors.of(eve)[0].pk, now=now())

    answer = client_of(eve).post(f"/comptes/second-facteur/{factors.of(eve)[0].pk}/retirer/")
    assert answer["Location"] == "/comptes/moi/"
    assert not Authenticator.objects.filter(user=eve).exists()
    assert Event.objects.get().data == {"type": "totp"}
