"""C18: an identity provider by OpenID Connect: a real server on loopback, real requests to it."""

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.core import mail
from django.test import Client
from oidc_provider_mock import run_server_in_thread
from playwright.sync_api import expect
from zeal import zeal_ignore

from csirt import environment
from csirt.accounts import factors, services
from csirt.accounts.models import Invitation, User
from csirt.accounts.roles import Role
from csirt.journal import consumers
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.kernel.errors import NotAllowed
from tests.accounts.test_logging_in import CODE, LOGIN, errors_of, give_password
from tests.accounts.test_two_people_reset import run_jobs
from tests.people import PASSWORD, client_of, person, totp
from tests.server import Web

GO = "/comptes/fournisseur/region/"
ME = "/comptes/moi/"


@pytest.fixture(autouse=True)
def _read_again():
    """The library reads the session again when it has taken a state out of it."""
    with zeal_ignore([{"model": "accounts.Session", "field": "get()"}]):
        yield


@pytest.fixture(scope="module")
def server():
    with run_server_in_thread() as running:
        yield f"http://localhost:{running.server_port}"


@pytest.fixture
def provider(server, settings, db):
    """The desk knows the provider; the fixture's value is its address."""
    settings.OIDC_ISSUER, settings.OIDC_NAME = server, "la Région"
    settings.BREAK_GLASS = {"ada@exemple.fr"}
    app = {
        "provider_id": "region", "name": "la Région", "client_id": "desk", "secret": "s",
        "settings": {"server_url": server},
    }  # fmt: skip
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}
    }
    return server


def knows(provider, sub, **claims):
    httpx.put(f"{provider}/users/{sub}", json=claims).raise_for_status()


def enter(client, sub, *, way=GO, deny=False):
    """Follow the way through the provider as *sub*; return the desk's answer at the way back."""
    asked = client.get(way)
    assert asked.status_code == 302, asked.content
    form = {"action": "deny"} if deny else {"sub": sub}
    sent = httpx.post(asked["Location"], data=form)
    assert sent.status_code == 302, sent.text
    back = urlsplit(sent.headers["location"])
    return client.get(f"{back.path}?{back.query}")


def alices(provider, sub="a-1", **claims):
    knows(provider, sub, email="Alice@exemple.fr", email_verified=True, name="Alice D.", **claims)


def test_alice_enters_through_it_and_gives_her_second_factor(provider, alice):
    alices(provider)
    client = Client()
    page = client.get(LOGIN).content.decode()
    assert "Entrer par la Région" in page
    assert "Accès de secours" in page
    answer = enter(client, "a-1", way=f"{GO}?next=/comptes/moi/")
    assert answer["Location"] == CODE
    assert client.get(ME).status_code == 302
    answer = client.post(CODE, {"code": totp(alice)})

    assert answer["Location"] == ME
    assert "Par la Région." in client.get(ME).content.decode()
    came = Event.objects.get(kind="user.logged_in")
    assert came.data["methods"] == ["socialaccount", "mfa"]
    assert Event.objects.filter(kind="user.provider_linked").count() == 1
    enter(Client(), "a-1")
    assert Event.objects.filter(kind="user.provider_linked").count() == 1


def test_the_request_to_it_is_bound_by_state_and_pkce(provider):
    asked = parse_qs(urlsplit(Client().get(GO)["Location"]).query)

    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["state"][0]) >= 16
    assert set(asked["scope"][0].split()) == {"openid", "profile", "email"}


def test_what_it_tells_of_somebody_is_not_kept(provider, alice):
    alices(provider, phone_number="0561000000", groups=["admins"], role="admin")
    enter(Client(), "a-1")
    client = Client()
    enter(client, "a-1")
    client.post(CODE, {"code": totp(alice)})

    assert SocialAccount.objects.get().extra_data == {}
    assert not SocialToken.objects.exists()
    assert "token" not in str(dict(client.session))
    alice.refresh_from_db()
    assert (alice.role, alice.name, alice.email) == (Role.ANALYST, "Alice", "alice@exemple.fr")


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "alice@exemple.fr", "email_verified": False},
        {"email": "alice@exemple.fr"},
        {"email": "alice@exemple.fr", "email_verified": "false"},
        {"email": "inconnue@exemple.fr", "email_verified": True},
        {"email_verified": True},
        {},
    ],
)
def test_who_it_does_not_vouch_for_or_who_is_unknown_stays_outside(provider, alice, claims):
    knows(provider, "x-1", **claims)
    client = Client()

    assert enter(client, "x-1")["Location"] == LOGIN
    assert "Demandez une invitation" in client.get(LOGIN).content.decode()
    assert not SocialAccount.objects.exists()
    assert not User.objects.filter(email__startswith="inconnue").exists()
    assert client.get(ME).status_code == 302


def test_an_operator_may_say_that_all_its_addresses_are_its_own(provider, alice, settings):
    settings.OIDC_TRUSTS_EMAIL = True
    knows(provider, "a-2", email="alice@exemple.fr")

    assert enter(Client(), "a-2")["Location"] == CODE


def test_an_address_given_to_somebody_else_opens_nothing(provider, alice):
    alices(provider)
    enter(Client(), "a-1")
    first = SocialAccount.objects.get().uid
    alices(provider, sub="a-9")  # the same address, another person

    assert enter(Client(), "a-9")["Location"] == LOGIN
    assert SocialAccount.objects.get().uid == first


def test_the_same_name_of_another_issuer_is_somebody_else(provider, alice, eve, settings):
    alices(provider)
    enter(Client(), "a-1")
    settings.OIDC_ISSUER = "https://autre.exemple.fr"
    assert enter(Client(), "a-1")["Location"] == LOGIN

    knows(provider, "a-1", email="eve@exemple.fr", email_verified=True)
    enter(Client(), "a-1")
    assert SocialAccount.objects.count() == 2
    assert set(SocialAccount.objects.values_list("user", flat=True)) == {alice.pk, eve.pk}


def test_the_second_of_two_who_come_at_once_is_the_same_or_turned_away(alice):
    """What was read before the lock is old: the service looks again under it."""
    for _ in range(2):
        services.link_provider(user=alice, provider="region", uid="a-1", now=now())
    assert SocialAccount.objects.count() == 1
    assert Event.objects.filter(kind="user.provider_linked").count() == 1
    with pytest.raises(NotAllowed):
        services.link_provider(user=alice, provider="region", uid="a-9", now=now())


@pytest.mark.parametrize("length", [191, 192, 4_000])
def test_a_name_that_is_too_long_is_said(provider, alice, length):
    sub = "a" * length
    alices(provider, sub=sub)
    client = Client()

    assert enter(client, sub)["Location"] == (CODE if length <= 191 else LOGIN)


def test_a_tie_is_forgotten_by_two_though_there_is_no_second_factor(alice, ada, settings):
    services.link_provider(user=alice, provider="region", uid="a-1", now=now())
    Authenticator.objects.filter(user=alice).delete()
    page = f"/comptes/equipe/{alice.uuid}/"
    assert "second-facteur/demander/" in client_of(ada).get(page).content.decode()
    zoe = person("Zoé", Role.ADMIN, email="zoe@exemple.fr")
    factors.ask_reset(user=alice.uuid, version=1, by=ada, now=now())
    factors.reset(user=alice.uuid, by=zoe, now=now())

    assert not SocialAccount.objects.exists()
    assert "second-facteur/demander/" not in client_of(ada).get(page).content.decode()


def test_a_closed_account_stays_closed(provider, alice, ada):
    alices(provider)
    enter(Client(), "a-1")
    services.disable(user=alice.uuid, version=alice.version, by=ada, now=now())
    client = Client()

    assert enter(client, "a-1")["Location"] == LOGIN
    assert client.get(ME).status_code == 302


def test_somebody_invited_comes_in_without_a_password_with_the_role_of_the_invitation(
    provider, ada
):
    issued = services.invite(email="farid@exemple.fr", role=Role.LEAD, by=ada, now=now())
    knows(
        provider, "f-1", email="farid@exemple.fr", email_verified=True, name="Farid", role="admin"
    )
    client = Client()
    client.get(f"/comptes/invitation/{issued.secret}/")
    page = client.get("/comptes/invitation/").content.decode()
    assert "aucun mot de passe" in page
    assert "password1" not in page
    assert client.post("/comptes/invitation/", {"password1": PASSWORD}).status_code == 200

    enter(client, "f-1")

    farid = User.objects.get(email="farid@exemple.fr")
    assert (farid.role, farid.name, farid.has_usable_password()) == (Role.LEAD, "Farid", False)
    assert client.get(ME)["Location"].startswith("/comptes/second-facteur/")
    assert Invitation.objects.get().used_at
    assert Event.objects.filter(kind="user.joined").count() == 1


def test_a_password_opens_nothing_but_an_account_for_emergencies(provider, alice):
    right = give_password(Client(), alice)
    wrong = Client().post(LOGIN, {"login": alice.email, "password": "faux"})

    assert right.status_code == 200
    assert errors_of(right) == errors_of(wrong)
    assert client_of(alice).get("/comptes/mot-de-passe/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_breaking_glass_is_recorded_and_the_leads_are_told(provider, ada, bruno, alice, settings):
    settings.EMAIL_HOST = "mail.exemple.fr"
    client = Client()
    give_password(client, ada)
    assert client.post(CODE, {"code": totp(ada)})["Location"] == "/comptes/equipe/"

    broke = Event.objects.get(kind="user.break_glass_used")
    assert broke.actor == ada.actor
    consumers.drain()
    run_jobs()
    told = [letter for letter in mail.outbox if "sans le fournisseur" in letter.body]
    assert sorted(letter.to[0] for letter in told) == [ada.email, bruno.email]


def test_entering_through_it_breaks_no_glass(provider, alice):
    alices(provider)
    client = Client()
    enter(client, "a-1")
    client.post(CODE, {"code": totp(alice)})

    assert not Event.objects.filter(kind="user.break_glass_used").exists()


def test_saying_again_who_one_is_needs_no_password_there(provider, alice, ada):
    alices(provider)
    client = client_of(alice)
    answer = client.get("/comptes/confirmer/")
    assert answer["Location"].startswith("/comptes/confirmer/code/")
    assert client_of(ada).get("/comptes/confirmer/").status_code == 200
    bare = person("Paul", Role.PARTNER, enrolled=False)
    assert client_of(bare).get("/comptes/second-facteur/").status_code == 200


def test_a_refusal_there_is_said_here(provider):
    client = Client()
    state = parse_qs(urlsplit(client.get(GO)["Location"]).query)["state"][0]
    assert client.get(f"{GO}retour/?error=access_denied&state={state}")["Location"] == LOGIN
    assert "Vous n&#x27;êtes pas entré." in client.get(LOGIN).content.decode()
    assert enter(Client(), "", deny=True)["Location"] == LOGIN


@pytest.mark.parametrize(
    "query",
    ["", "code=x", "code=x&state=y", "state=y", "error=server_error&state=y", "code=&state="],
)
def test_a_forged_way_back_opens_nothing(provider, alice, query):
    alices(provider)
    client = Client()
    client.get(GO)

    assert client.get(f"{GO}retour/?{query}")["Location"] == LOGIN
    assert client.get(ME).status_code == 302


def test_a_way_back_of_another_browser_opens_nothing(provider, alice):
    """Log-in CSRF: the state belongs to the session that asked."""
    alices(provider)
    mine = Client()
    asked = mine.get(GO)
    back = urlsplit(httpx.post(asked["Location"], data={"sub": "a-1"}).headers["location"])
    theirs = Client()
    theirs.get(GO)

    assert theirs.get(f"{back.path}?{back.query}")["Location"] == LOGIN
    assert mine.get(f"{back.path}?{back.query}")["Location"] == CODE
    assert mine.get(f"{back.path}?{back.query}")["Location"] == LOGIN  # once


def test_a_code_of_the_provider_that_was_made_up_opens_nothing(provider):
    client = Client()
    state = parse_qs(urlsplit(client.get(GO)["Location"]).query)["state"][0]

    assert client.get(f"{GO}retour/?code=made-up&state={state}")["Location"] == LOGIN
    assert "pas répondu comme prévu" in client.get(LOGIN).content.decode()


@pytest.mark.parametrize("issuer", ["http://127.0.0.1:9", "http://localhost:1/x"])
def test_a_provider_that_is_away_is_said(provider, settings, issuer):
    settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]["settings"]["server_url"] = issuer
    client = Client()

    assert client.get(GO)["Location"] == LOGIN
    assert "pas répondu comme prévu" in client.get(LOGIN).content.decode()


@pytest.mark.parametrize(
    "header",
    ["X-Remote-User", "Remote-User", "X-Forwarded-User", "X-Forwarded-Email", "Authorization"],
)
def test_no_header_says_who_somebody_is(provider, alice, header):
    for value in (alice.email, "Basic YWxpY2VAZXhlbXBsZS5mcjo="):
        assert Client(headers={header: value}).get(ME).status_code == 302


def test_without_a_provider_its_ways_do_not_exist(db):
    for path in (GO, f"{GO}retour/?code=x&state=y", "/comptes/fournisseur/google/"):
        assert Client().get(path).status_code == 404
    assert "fournisseur" not in Client().get(LOGIN).content.decode()


@pytest.mark.parametrize(
    "text", ["http://idp.example.org", "idp.example.org", "ftp://x", "https://", "javascript:x"]
)
def test_an_issuer_without_tls_is_refused(monkeypatch, text):
    monkeypatch.setenv("CSIRT_OIDC_ISSUER", text)
    with pytest.raises(environment.Misconfigured):
        environment.issuer("CSIRT_OIDC_ISSUER")


def test_in_a_browser_from_the_button_to_the_console(
    server, new_context, console_errors, transactional_db
):
    """The strict policy lets the way there and back pass."""
    alice = person("Alice", Role.ANALYST)
    alices(server, sub="a-3")
    said = {
        "CSIRT_OIDC_ISSUER": server, "CSIRT_OIDC_CLIENT": "desk", "CSIRT_OIDC_SECRET": "s",
        "CSIRT_OIDC_NAME": "la Région", "CSIRT_BREAK_GLASS": "ada@exemple.fr",
    }  # fmt: skip
    with Web(**said) as desk:
        page = new_context().new_page()
        page.goto(f"{desk.url}{LOGIN}?next=/comptes/moi/")
        page.get_by_role("link", name="Entrer par la Région").click()
        page.get_by_placeholder("sub").fill("a-3")
        page.get_by_role("button", name="Authorize").click()
        page.get_by_label("Code à 6 chiffres").fill(totp(alice))
        page.get_by_role("button", name="Continuer").click()
        expect(page.get_by_role("heading", name="Mon compte")).to_be_visible()
    console_errors[:] = [error for error in console_errors if "picocss" not in error]  # theirs
    assert Authenticator.objects.filter(user=alice).count() == 2
