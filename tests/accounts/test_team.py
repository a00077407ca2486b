"""The team's page: admins change others, nobody changes their own rights, the last admin stays."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from csirt.accounts import factors, services
from csirt.accounts.models import Session, User
from csirt.accounts.roles import Role
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, NotAllowed, NotFound
from tests.accounts.test_logging_in import CODE, give_password
from tests.people import PASSWORD, client_of, person, totp

TEAM = "/comptes/equipe/"


def page(user, verb=""):
    return f"{TEAM}{user.uuid}/{verb}"


def events(*kinds):
    return list(Event.objects.filter(kind__in=kinds).order_by("seq").values_list("kind", flat=True))


def test_ada_sees_everybody_and_who_has_a_second_factor(ada, alice):
    person("Sans", Role.READER, enrolled=False)
    body = client_of(ada).get(TEAM).content.decode()

    for words in ("Alice", "alice@exemple.fr", "Analyste", "Sans"):
        assert words in body


def test_admins_and_only_they_find_it_in_the_navigation(ada, alice, eve):
    entry = f'<li><a href="{TEAM}"'

    assert entry in client_of(ada).get("/comptes/moi/").content.decode()
    for other in (alice, eve):
        assert entry not in client_of(other).get("/comptes/moi/").content.decode()


def test_the_page_asks_the_database_the_same_for_two_or_for_thirty(
    ada, django_assert_max_num_queries
):
    for number in range(30):
        person(f"P{number}", Role.READER, enrolled=False)
    client = client_of(ada)
    with django_assert_max_num_queries(8):
        client.get(TEAM)


def test_the_link_of_an_invitation_is_shown_once(ada):
    client = client_of(ada)
    answer = client.post(TEAM, {"email": "farid@exemple.fr", "role": "lead", "name": "Farid"})
    link = answer.context["link"]

    assert link in answer.content.decode()
    assert link not in client.get(TEAM).content.decode()
    assert "farid@exemple.fr" in client.get(TEAM).content.decode()
    assert Client().get(link.removeprefix("http://testserver")).status_code == 302


def test_an_invitation_is_cancelled(ada):
    client = client_of(ada)
    issued = services.invite(email="a@b.fr", role="lead", by=ada, now=now())
    path = f"{TEAM}invitations/{issued.invitation.uuid}/"

    assert client.post(path).status_code == 302
    assert "a@b.fr" not in client.get(TEAM).content.decode()
    assert client.post(path).status_code == 404


def test_a_new_role_ends_sessions_and_tells_open_sockets(ada, alice):
    at_work = client_of(alice)

    client_of(ada).post(page(alice, "role/"), {"role": "lead", "version": alice.version})

    alice.refresh_from_db()
    assert (alice.role, alice.version) == (Role.LEAD, 2)
    assert at_work.get("/comptes/moi/").status_code == 302
    assert events("user.role_changed", "user.sessions_ended") == [
        "user.role_changed",
        "user.sessions_ended",
    ]
    assert Event.objects.get(kind="user.role_changed").data == {"old": "analyst", "new": "lead"}


def test_a_closed_account_is_out_at_once_and_cannot_return(ada, alice):
    at_work = client_of(alice)

    client_of(ada).post(page(alice, "desactiver/"), {"version": alice.version})

    assert at_work.get("/comptes/moi/").status_code == 302
    assert give_password(Client(), alice).status_code == 200
    assert not Session.objects.filter(user=alice).exists()
    assert events("user.disabled", "user.sessions_ended") == [
        "user.disabled",
        "user.sessions_ended",
    ]


def test_a_session_ended_during_a_request_does_not_come_back(ada, alice):
    client = client_of(alice)
    session = client.session
    assert session["_auth_user_id"] == str(alice.pk)  # it was read before the account was closed
    services.disable(user=alice.uuid, version=alice.version, by=ada, now=now())
    session["late"] = True

    from django.contrib.sessions.backends.base import UpdateError

    with pytest.raises(UpdateError):
        session.save()
    assert not Session.objects.filter(user=alice).exists()


def test_an_account_is_opened_again(ada, alice):
    services.disable(user=alice.uuid, version=1, by=ada, now=now())
    client_of(ada).post(page(alice, "reactiver/"), {"version": 2})

    assert give_password(Client(), alice).status_code == 302


def test_a_reset_second_factor_is_chosen_again(ada, alice):
    factors.ask_reset(user=alice.uuid, version=1, by=ada, now=now())
    factors.reset(user=alice.uuid, by=person("Zoé", Role.ADMIN), now=now())

    assert not Authenticator.objects.filter(user=alice).exists()
    client = Client()
    assert give_password(client, alice)["Location"] == "/console/"
    assert client.get("/comptes/moi/")["Location"].startswith("/comptes/second-facteur/")


@pytest.mark.parametrize(
    "act",
    [
        lambda ada: services.change_role(user=ada.uuid, version=1, role="lead", by=ada, now=now()),
        lambda ada: services.disable(user=ada.uuid, version=1, by=ada, now=now()),
        lambda ada: services.enable(user=ada.uuid, version=1, by=ada, now=now()),
        lambda ada: services.offer_new_password(user=ada.uuid, by=ada, now=now()),
        lambda ada: factors.reset(user=ada.uuid, version=1, by=ada, now=now()),
    ],
    ids=["role", "disable", "enable", "password", "second-factor"],
)
def test_nobody_changes_their_own_rights(ada, act):
    """C7; with another admin about, so that it is not the rule of the last one."""
    person("Zoé", Role.ADMIN, email="zoe@exemple.fr")
    with pytest.raises(NotAllowed):
        act(ada)


@pytest.mark.parametrize("who", ["alice", "bruno", "chloe", "emile", "eve"])
def test_nobody_else_changes_anybody(ada, alice, who, request):
    """C7: a lead does not make himself stronger through a colleague, nor reset an admin."""
    by = request.getfixturevalue(who)
    target = ada
    for act in (
        lambda: services.change_role(user=target.uuid, version=1, role="lead", by=by, now=now()),
        lambda: services.disable(user=target.uuid, version=1, by=by, now=now()),
        lambda: services.enable(user=target.uuid, version=1, by=by, now=now()),
        lambda: services.offer_new_password(user=target.uuid, by=by, now=now()),
        lambda: factors.reset(user=target.uuid, version=1, by=by, now=now()),
    ):
        with pytest.raises(NotAllowed):
            act()
    client = client_of(by)
    for path in (TEAM, page(ada)):
        assert client.get(path).status_code == 404
    for verb in ("role/", "desactiver/", "reactiver/", "second-facteur/demander/", "mot-de-passe/"):
        assert client.post(page(ada, verb), {"version": 1, "role": "reader"}).status_code == 404
    assert not Event.objects.exists()


def test_an_admin_who_was_demoted_meanwhile_has_no_more_rights(ada, bruno):
    """The rights are those of now, not those that the page was made with."""
    other = person("Zoé", Role.ADMIN, email="zoe@exemple.fr")
    services.change_role(user=ada.uuid, version=1, role="reader", by=other, now=now())

    with pytest.raises(NotAllowed):
        services.change_role(user=bruno.uuid, version=1, role="admin", by=ada, now=now())


def test_the_last_active_admin_stays(ada):
    from csirt.journal.epoch import SYSTEM

    closed = person("Zoé", Role.ADMIN, email="zoe@exemple.fr")
    services.disable(user=closed.uuid, version=1, by=ada, now=now())

    for act in (
        lambda: services.disable(user=ada.uuid, version=1, by=SYSTEM, now=now()),
        lambda: services.change_role(user=ada.uuid, version=1, role="lead", by=SYSTEM, now=now()),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_two_admins_at_once_the_second_is_told(ada, alice):
    services.change_role(user=alice.uuid, version=1, role="lead", by=ada, now=now())

    with pytest.raises(Conflict):
        services.disable(user=alice.uuid, version=1, by=ada, now=now())
    answer = client_of(ada).post(page(alice, "desactiver/"), {"version": 1})
    assert answer.status_code == 409
    assert "vient de modifier ce compte" in answer.content.decode()


@pytest.mark.parametrize("version", ["", "x", "-1", "1.5", "9" * 30, "١"])
def test_a_strange_version_changes_nothing(ada, alice, version):
    answer = client_of(ada).post(page(alice, "desactiver/"), {"version": version})

    assert answer.status_code in {400, 409}
    assert User.objects.get(pk=alice.pk).is_active


def test_a_role_that_does_not_exist_is_refused(ada, alice):
    answer = client_of(ada).post(page(alice, "role/"), {"version": 1, "role": "root"})
    assert answer.status_code == 400
    assert "Choisissez un rôle" in answer.content.decode()


def test_somebody_who_does_not_exist_is_a_404(ada):
    from uuid import uuid4

    with pytest.raises(NotFound):
        services.disable(user=uuid4(), version=1, by=ada, now=now())
    assert client_of(ada).get(f"{TEAM}{uuid4()}/").status_code == 404


def test_failures_of_a_day_are_shown(ada, alice):
    Client().post("/comptes/connexion/", {"login": alice.email, "password": "faux"})
    answer = client_of(ada).get(page(alice))

    assert answer.context["failures"] == 1


def test_one_changes_one_s_own_password_and_other_sessions_end(alice):
    here, elsewhere = client_of(alice), client_of(alice)
    new = "une-autre-suite-de-mots"
    fields = {"oldpassword": PASSWORD, "password1": new, "password2": new}

    assert here.post("/comptes/mot-de-passe/", fields)["Location"] == "/comptes/moi/"

    assert here.get("/comptes/moi/").status_code == 200
    assert elsewhere.get("/comptes/moi/").status_code == 302
    alice.refresh_from_db()
    assert alice.check_password(new)
    assert events("user.password_changed", "user.sessions_ended") == [
        "user.password_changed",
        "user.sessions_ended",
    ]


def test_without_a_password_there_is_none_to_change(alice):
    alice.set_unusable_password()
    alice.save()
    mine = client_of(alice)

    assert "/comptes/mot-de-passe/" not in mine.get("/comptes/moi/").content.decode()
    assert mine.get("/comptes/mot-de-passe/").status_code == 404
    assert mine.post("/comptes/mot-de-passe/", {"password1": "x"}).status_code == 404


def test_one_closes_one_s_other_sessions(alice):
    here, elsewhere = client_of(alice), client_of(alice)
    assert here.get("/comptes/moi/").content.decode().count('class="rows"') == 2

    here.post("/comptes/moi/sessions/")

    assert here.get("/comptes/moi/").status_code == 200
    assert elsewhere.get("/comptes/moi/").status_code == 302


def test_single_key_shortcuts_are_switched_off(alice):
    client = client_of(alice)
    client.post("/comptes/moi/", {})
    alice.refresh_from_db()
    assert not alice.keys_enabled
    client.post("/comptes/moi/", {"keys_enabled": "on"})
    alice.refresh_from_db()
    assert alice.keys_enabled
    assert events("user.preferences_changed") == ["user.preferences_changed"] * 2


def test_own_rights_are_not_among_preferences(alice):
    """C3: whatever else is sent is not read."""
    client_of(alice).post("/comptes/moi/", {
        "keys_enabled": "on", "role": "admin", "is_active": "0", "email": "eve@exemple.fr",
        "is_staff": "1", "is_superuser": "1", "version": "99"})  # fmt: skip
    alice.refresh_from_db()
    assert (alice.role, alice.email, alice.version) == (Role.ANALYST, "alice@exemple.fr", 1)


def test_events_hold_no_personal_data(ada, alice):
    services.invite(email="farid@exemple.fr", name="Farid", role="lead", by=ada, now=now())
    services.disable(user=alice.uuid, version=1, by=ada, now=now())
    written = str([event.payload() for event in Event.objects.all()]).lower()

    for words in ("farid", "alice", "ada@", "@"):
        assert words not in written


def test_a_session_has_its_end(alice, settings):
    client = Client()
    give_password(client, alice)
    client.post(CODE, {"code": totp(alice)})
    row = Session.objects.get(user=alice)

    assert row.expire_date <= now() + timedelta(seconds=settings.SESSION_COOKIE_AGE)
    assert not client.cookies[settings.SESSION_COOKIE_NAME][
        "max-age"
    ]  # with the browser, if sooner
    assert client.cookies[settings.SESSION_COOKIE_NAME]["httponly"]
    assert client.cookies[settings.SESSION_COOKIE_NAME]["samesite"] == "Lax"
