"""Logging in with a password and a second factor, over the pages themselves."""

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from csirt.accounts.models import Session
from csirt.accounts.sessions import name_of
from csirt.journal.models import Event
from tests.people import PASSWORD, client_of, person, totp

LOGIN = "/comptes/connexion/"
CODE = "/comptes/connexion/code/"


def give_password(client, user, **fields):
    return client.post(LOGIN, {"login": user.email, "password": PASSWORD, **fields})


def test_alice_comes_in_with_her_password_and_her_telephone(alice):
    client = Client()

    answer = give_password(client, alice)
    assert (answer.status_code, answer["Location"]) == (302, CODE)
    answer = client.post(CODE, {"code": totp(alice)})

    assert (answer.status_code, answer["Location"]) == (302, settings.LOGIN_REDIRECT_URL)
    assert client.get("/comptes/moi/").status_code == 200


def test_a_code_may_be_written_in_two_groups_and_whatever_case_the_address(alice):
    client = Client()
    client.post(LOGIN, {"login": " ALICE@exemple.FR ", "password": PASSWORD})

    code = totp(alice)
    assert client.post(CODE, {"code": f"{code[:3]} {code[3:]}"}).status_code == 302


def test_the_password_alone_opens_nothing(alice):
    client = Client()
    give_password(client, alice)

    assert client.get("/comptes/moi/")["Location"].startswith(LOGIN)


def test_a_wrong_password_says_no_more_than_an_unknown_address(alice):
    known = Client().post(LOGIN, {"login": alice.email, "password": "faux"})
    unknown = Client().post(LOGIN, {"login": "personne@exemple.fr", "password": "faux"})

    assert known.status_code == unknown.status_code == 200
    assert "mot de passe n&#x27;est pas le bon" in known.content.decode()
    assert errors_of(known) == errors_of(unknown)


def test_a_closed_account_answers_as_a_wrong_password(alice):
    alice.is_active = False
    alice.save()

    closed = give_password(Client(), alice)
    wrong = Client().post(LOGIN, {"login": alice.email, "password": "faux"})

    assert errors_of(closed) == errors_of(wrong)


def errors_of(answer):
    return dict(answer.context["form"].errors)


@pytest.mark.parametrize(
    "password", ["", " ", "\x00", "a" * 5000], ids=["empty", "space", "nul", "long"]
)
def test_a_strange_password_is_an_error_on_the_page(alice, password):
    answer = Client().post(LOGIN, {"login": alice.email, "password": password})

    assert answer.status_code == 200
    assert answer.context["form"].errors


@pytest.mark.parametrize(
    "login",
    ["", "alice", "a\x00@b.fr", "x" * 4000 + "@exemple.fr", "é@è"],
    ids=["empty", "no-host", "nul", "long", "accents"],
)
def test_a_strange_address_is_an_error_on_the_page(db, login):
    answer = Client().post(LOGIN, {"login": login, "password": "faux"})

    assert answer.status_code == 200
    assert answer.context["form"].errors


def test_the_session_changes_its_name_at_login(alice):
    """C19: what somebody planted before the login is worth nothing after it."""
    client = Client()
    client.get(LOGIN)
    session = client.session
    session["planted"] = True
    session.save()
    before = session.session_key
    client.cookies[settings.SESSION_COOKIE_NAME] = before
    give_password(client, alice)
    client.post(CODE, {"code": totp(alice)})

    after = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert after != before
    assert not Session.objects.filter(session_key=before).exists()
    assert Session.objects.get(session_key=after).user == alice


def test_coming_and_going_are_in_the_journal_without_personal_data(alice):
    client = Client()
    give_password(client, alice)
    client.post(CODE, {"code": totp(alice)})
    session = client.session.session_key
    client.post(reverse("account_logout"))

    came, went = Event.objects.order_by("seq")
    assert (came.kind, went.kind) == ("user.logged_in", "user.logged_out")
    methods = ["password", "mfa"]
    assert came.data == {"session": name_of(session), "methods": methods, "known": False}
    assert went.data == {"session": name_of(session)}
    assert came.actor == went.actor == f"user:{alice.uuid}"
    assert "alice" not in str(came.payload()).lower()


def test_logging_out_needs_a_post(alice):
    client = client_of(alice)

    assert client.get("/comptes/deconnexion/").status_code == 405
    assert client.get("/comptes/moi/").status_code == 200
    answer = client.post("/comptes/deconnexion/")
    assert answer["Location"] == "/"
    assert answer["Clear-Site-Data"] == '"storage"'
    assert client.get("/comptes/moi/").status_code == 302


@pytest.mark.parametrize(
    ("role", "arrives"),
    [("admin", "/comptes/equipe/"), ("lead", "/console/"), ("reader", "/comptes/moi/"),
     ("partner", "/comptes/moi/"), ("operator", "/console/")],
)  # fmt: skip
def test_each_role_arrives_where_it_works(db, role, arrives):
    user = person("Quelqu'un", role, email="q@exemple.fr")
    client = Client()
    give_password(client, user)

    assert client.post(CODE, {"code": totp(user)})["Location"] == arrives


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example",
        "https:evil.example", "https:///evil.example", "javascript:alert(1)", "http://localhost/",
        "/\t/evil.example", "http://testserver.evil.example/", "http://127.0.0.1:9999/",
    ],
)  # fmt: skip
def test_the_way_back_stays_on_this_origin(alice, to):
    """C23."""
    client = Client()
    give_password(client, alice, next=to)
    answer = client.post(CODE, {"code": totp(alice), "next": to})

    assert answer["Location"] == settings.LOGIN_REDIRECT_URL
    answer = client.post("/comptes/deconnexion/", {"next": to})
    assert answer["Location"] == "/"


def test_a_way_back_cannot_split_the_answer(alice):
    client = Client()
    give_password(client, alice, next="/console/\r\nSet-Cookie: a=b")
    answer = client.post(CODE, {"code": totp(alice)})

    assert "\n" not in answer["Location"]
    assert "a" not in answer.cookies


def test_the_way_back_is_kept_on_this_origin(alice):
    client = Client()
    give_password(client, alice, next="/comptes/moi/?a=1")

    assert client.post(CODE, {"code": totp(alice)})["Location"] == "/comptes/moi/?a=1"


def test_there_is_no_other_door(db):
    """C24: no admin, no sign-up, no e-mail confirmation, no password reset by mail."""
    for path in (
        "/admin/", "/accounts/login/", "/comptes/signup/", "/comptes/inscription/",
        "/comptes/email/", "/comptes/password/reset/", "/comptes/confirm-email/x/",
        "/comptes/second-facteur/supprimer/", "/comptes/2fa/", "/__debug__/", "/.git/config",
    ):  # fmt: skip
        assert Client().get(path).status_code == 404, path


def test_state_changes_need_the_form_s_token(alice, ada):
    """C21."""
    for user, path in (
        (None, LOGIN),
        (alice, "/comptes/deconnexion/"),
        (alice, "/comptes/moi/"),
        (alice, "/comptes/moi/sessions/"),
        (alice, "/comptes/mot-de-passe/"),
        (alice, "/comptes/second-facteur/"),
        (alice, "/comptes/second-facteur/secours/"),
        (ada, "/comptes/equipe/"),
        (ada, f"/comptes/equipe/{alice.uuid}/desactiver/"),
    ):
        client = client_of(user, csrf=True)
        for body in ({"data": {"a": "b"}}, {"data": '{"a": 1}', "content_type": "text/plain"}):
            assert client.post(path, **body).status_code == 403, path
    assert not Event.objects.exists()
