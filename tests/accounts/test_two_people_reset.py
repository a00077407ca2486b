"""A second factor is forgotten by two admins: one asks, another confirms, the person is told."""

from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.management import CommandError, call_command
from django_tasks_db.models import DBTaskResult

from csirt.accounts import factors, services
from csirt.accounts.models import FactorReset
from csirt.accounts.roles import Role
from csirt.journal import consumers
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, NotAllowed
from tests.people import client_of, person

TEAM = "/comptes/equipe/"


@pytest.fixture
def zoe(db):
    """A second admin."""
    return person("Zoé", Role.ADMIN, email="zoe@exemple.fr")


def kinds():
    return list(Event.objects.order_by("seq").values_list("kind", flat=True))


def act(user, on, verb):
    on.refresh_from_db()
    path = f"{TEAM}{on.uuid}/second-facteur/{verb}/"
    return client_of(user).post(path, {"version": on.version})


def test_one_asks_and_another_confirms(ada, zoe, alice):
    at_work = client_of(alice)
    assert act(ada, alice, "demander").status_code == 302
    page = client_of(zoe).get(f"{TEAM}{alice.uuid}/").content.decode()
    assert "Ada a demandé" in page
    assert Authenticator.objects.filter(user=alice).exists()
    assert act(zoe, alice, "effacer").status_code == 302

    assert not Authenticator.objects.filter(user=alice).exists()
    assert not FactorReset.objects.exists()
    assert at_work.get("/comptes/moi/").status_code == 302
    assert kinds() == [
        "user.second_factor_reset_asked",
        "user.second_factor_reset",
        "user.sessions_ended",
    ]
    asked, done, _ = Event.objects.order_by("seq")
    assert (asked.actor, done.actor) == (ada.actor, zoe.actor)
    assert done.data == {"asked_by": ada.actor}


def test_who_asked_does_not_confirm_nor_does_the_person(ada, zoe, alice):
    act(ada, alice, "demander")
    assert act(ada, alice, "effacer").status_code == 403
    act(ada, zoe, "demander")
    assert act(zoe, zoe, "effacer").status_code == 403
    assert "doit confirmer" in client_of(ada).get(f"{TEAM}{alice.uuid}/").content.decode()

    assert Authenticator.objects.filter(user=alice).exists()


def test_without_a_request_nothing_is_forgotten(ada, alice):
    assert act(ada, alice, "effacer").status_code == 403
    with pytest.raises(NotAllowed):
        factors.reset(user=alice.uuid, by=ada, now=now())


def test_a_request_is_over_after_a_day_and_may_be_made_again(ada, zoe, alice):
    factors.ask_reset(user=alice.uuid, version=1, by=ada, now=now() - timedelta(hours=25))
    assert act(zoe, alice, "effacer").status_code == 403
    assert act(zoe, alice, "demander").status_code == 302
    with pytest.raises(Conflict):
        factors.ask_reset(user=alice.uuid, version=3, by=ada, now=now())
    assert act(ada, alice, "effacer").status_code == 302


def test_a_request_of_somebody_who_is_no_admin_any_more_is_worth_nothing(ada, zoe, alice):
    third = person("Yann", Role.ADMIN)
    act(ada, alice, "demander")
    services.change_role(user=ada.uuid, version=1, role=Role.READER, by=third, now=now())
    assert act(zoe, alice, "effacer").status_code == 403
    act(third, alice, "demander")
    services.disable(user=third.uuid, version=1, by=zoe, now=now())

    assert act(zoe, alice, "effacer").status_code == 403


def test_a_sock_puppet_neither_asks_nor_confirms(ada, zoe, alice):
    """An admin who was invited for it; it does not get old enough by waiting for the request."""
    issued = services.invite(email="y@exemple.fr", role=Role.ADMIN, by=ada, now=now(), name="Yann")
    digest = services.digest_of(issued.secret)
    puppet = services.accept(digest=digest, name="", password="le-canal-en-ete", now=now())
    factors.enrol(user=puppet, seed="A" * 32, counter=0, now=now())
    assert act(puppet, alice, "demander").status_code == 403
    alice.refresh_from_db()
    with pytest.raises(NotAllowed, match="24 heures"):
        factors.ask_reset(user=alice.uuid, version=1, by=puppet, now=now())
    act(ada, alice, "demander")
    with pytest.raises(NotAllowed, match="plus ancien"):
        factors.reset(user=alice.uuid, by=puppet, now=now())
    with pytest.raises(NotAllowed, match="plus ancien"):
        factors.reset(user=alice.uuid, by=puppet, now=now() + timedelta(hours=23))
    assert Authenticator.objects.filter(user=alice).exists()

    assert act(zoe, alice, "effacer").status_code == 302


@pytest.mark.django_db(transaction=True)
def test_the_other_admins_are_told_of_a_new_one(ada, alice, eve, settings):
    settings.EMAIL_HOST = "mail.exemple.fr"
    zoe = person("Zoé", Role.ADMIN, email="zoe@exemple.fr")
    services.invite(email="x@exemple.fr", role=Role.ANALYST, by=ada, now=now(), name="Xavier")
    services.offer_new_password(user=zoe.uuid, by=ada, now=now())
    issued = services.invite(email="y@exemple.fr", role=Role.ADMIN, by=ada, now=now(), name="Yann")
    digest = services.digest_of(issued.secret)
    services.accept(digest=digest, name="", password="le-canal-en-ete", now=now())
    services.change_role(user=eve.uuid, version=1, role=Role.ADMIN, by=ada, now=now())
    consumers.drain()
    run_jobs()

    told = [(letter.to[0], letter.body.split("\n")[2]) for letter in mail.outbox]
    assert [one for one in told if one[0] == "zoe@exemple.fr"] == [
        ("zoe@exemple.fr", "Quelqu'un a été invité comme administrateur."),
        ("zoe@exemple.fr", "Un nouvel administrateur a ouvert son compte."),
        ("zoe@exemple.fr", "Quelqu'un est devenu administrateur."),
    ]
    assert [one for one in told if one[0] == "ada@exemple.fr"] == [
        ("ada@exemple.fr", "Un nouvel administrateur a ouvert son compte."),
    ]


def test_it_is_taken_back(ada, zoe, alice):
    act(ada, alice, "demander")
    act(zoe, alice, "laisser")

    assert kinds() == ["user.second_factor_reset_asked", "user.second_factor_reset_dropped"]
    assert act(zoe, alice, "effacer").status_code == 403


@pytest.mark.parametrize("who", ["alice", "bruno", "chloe", "emile", "eve"])
@pytest.mark.parametrize("verb", ["demander", "effacer", "laisser"])
def test_nobody_else_does(zoe, who, verb, request):
    assert act(request.getfixturevalue(who), zoe, verb).status_code == 404
    assert kinds() == []


def test_from_the_command_line_one_is_enough_and_it_is_recorded(ada):
    out = StringIO()
    call_command("reset_second_factor", "Ada@exemple.fr", stdout=out)

    assert not Authenticator.objects.filter(user=ada).exists()
    assert Event.objects.order_by("seq").first().actor == "system"
    with pytest.raises(CommandError):
        call_command("reset_second_factor", "personne@exemple.fr")


def run_jobs():
    for row in DBTaskResult.objects.filter(status="READY"):
        row.task.func(*row.args_kwargs["args"])
        row.delete()


@pytest.mark.django_db(transaction=True)
def test_the_person_is_told_by_mail(ada, alice, settings):
    settings.EMAIL_HOST = "mail.exemple.fr"
    zoe = person("Zoé", Role.ADMIN, email="zoe@exemple.fr")
    act(ada, alice, "demander")
    act(zoe, alice, "effacer")
    consumers.drain()
    run_jobs()

    asked, done = mail.outbox
    assert asked.to == done.to == [alice.email]
    assert "a demandé à effacer" in asked.body
    assert "Deux administrateurs" in done.body
    assert "Ada" not in asked.body + done.body


@pytest.mark.django_db(transaction=True)
def test_a_letter_waits_for_a_server_that_is_away_for_a_day(alice, settings):
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = 1
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    factors.new_recovery_codes(user=alice, now=now())
    consumers.drain()
    run_jobs()

    again = DBTaskResult.objects.get()
    assert again.run_after > now()
    with time_machine.travel(now() + timedelta(days=1, minutes=1)):
        run_jobs()
    assert not DBTaskResult.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_log_in_with_a_new_device_is_told_and_one_with_a_known_device_is_not(alice, settings):
    from django.test import Client

    from tests.accounts.test_logging_in import CODE, give_password
    from tests.people import totp

    settings.EMAIL_HOST = "mail.exemple.fr"
    client = Client()
    for step in (0, 1):
        give_password(client, alice)
        client.post(CODE, {"code": totp(alice, steps=step)})
        client.post("/comptes/deconnexion/")
    consumers.drain()
    run_jobs()

    assert ["appareil nouveau" in letter.body for letter in mail.outbox] == [True]
