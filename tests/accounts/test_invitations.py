"""C20: a link serves once, for 24 hours, and not after its reasons have gone."""

from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from csirt.accounts import services
from csirt.accounts.models import Invitation, User
from csirt.accounts.roles import Role
from csirt.journal.epoch import SYSTEM
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.kernel.errors import Invalid, NotAllowed, NotFound
from tests.accounts.test_logging_in import CODE, give_password
from tests.people import PASSWORD, client_of, totp

ACCEPT = "/comptes/invitation/"
FORM = {"name": "Farid Nouveau", "password1": PASSWORD, "password2": PASSWORD}


def issue(ada, *, email="farid@exemple.fr", role=Role.ANALYST, at=None):
    return services.invite(email=email, role=role, by=ada, now=at or now())


def follow(issued, client=None):
    client = client or Client()
    answer = client.get(f"{ACCEPT}{issued.secret}/")
    assert (answer.status_code, answer["Location"]) == (302, ACCEPT)
    return client


def test_farid_makes_his_account_and_is_led_to_his_second_factor(ada):
    client = follow(issue(ada, email="Farid@Exemple.fr"))
    assert "farid@exemple.fr" in client.get(ACCEPT).content.decode()

    answer = client.post(ACCEPT, FORM)

    farid = User.objects.get(email="farid@exemple.fr")
    assert (farid.name, farid.role) == ("Farid Nouveau", Role.ANALYST)
    assert answer["Location"] == "/console/"
    assert client.get("/comptes/moi/")["Location"].startswith("/comptes/second-facteur/")
    assert farid.check_password(PASSWORD)


def test_a_link_serves_once(ada):
    issued = issue(ada)
    follow(issued).post(ACCEPT, FORM)

    again = follow(issued)
    assert again.get(ACCEPT).status_code == 404
    assert again.post(ACCEPT, FORM | {"name": "Eve"}).status_code == 404
    assert not User.objects.filter(name="Eve").exists()


def test_opening_a_link_uses_nothing_up(ada):
    issued = issue(ada)
    for _ in range(3):
        follow(issued)
        Client().head(f"{ACCEPT}{issued.secret}/")

    assert follow(issued).post(ACCEPT, FORM).status_code == 302


def test_a_link_ends_after_a_day(ada):
    issued = issue(ada)
    client = follow(issued)
    with time_machine.travel(now() + timedelta(hours=24, seconds=1)):
        assert client.post(ACCEPT, FORM).status_code == 404
        assert follow(issued).get(ACCEPT).status_code == 404
    assert follow(issued).get(ACCEPT).status_code == 200


def test_unknown_used_late_and_cancelled_links_answer_alike(ada):
    used, cancelled, late = issue(ada, email="a@b.fr"), issue(ada, email="c@d.fr"), None
    late = issue(ada, email="e@f.fr", at=now() - timedelta(days=2))
    follow(used).post(ACCEPT, FORM)
    services.revoke_invitation(invitation=cancelled.invitation.uuid, by=ada, now=now())
    pages = set()
    for secret in (used.secret, cancelled.secret, late.secret, "n-importe-quoi", "x" * 5000):
        client = Client()
        client.get(f"{ACCEPT}{secret}/")
        answer = client.get(ACCEPT)
        assert answer.status_code == 404
        pages.add(_masked(answer))

    assert len(pages) == 1


def _masked(answer):
    import re

    return re.sub(rb'value="[A-Za-z0-9]{64}"', b"", answer.content)


def test_the_secret_is_stored_nowhere(ada):
    issued = issue(ada)
    client = follow(issued)

    assert issued.secret not in str(list(Invitation.objects.values()))
    assert issued.secret not in str(dict(client.session))
    assert issued.secret not in str(list(Event.objects.values_list("data", flat=True)))
    assert len(issued.secret) >= 43  # 256 bits


def test_a_second_link_ends_the_first(ada):
    first, second = issue(ada), issue(ada)

    assert follow(first).get(ACCEPT).status_code == 404
    assert follow(second).get(ACCEPT).status_code == 200


def test_links_end_with_the_rights_of_who_made_them(ada, bruno):
    services.change_role(user=bruno.uuid, version=bruno.version, role="admin", by=ada, now=now())
    bruno.refresh_from_db()
    issued = services.invite(email="x@y.fr", role="admin", by=bruno, now=now())
    services.change_role(user=bruno.uuid, version=bruno.version, role="lead", by=ada, now=now())

    assert follow(issued).get(ACCEPT).status_code == 404


def test_a_reset_link_ends_with_the_role_it_was_made_for(ada, alice):
    issued = services.offer_new_password(user=alice.uuid, by=ada, now=now())
    services.change_role(user=alice.uuid, version=alice.version, role="lead", by=ada, now=now())

    assert follow(issued).get(ACCEPT).status_code == 404


def test_a_reset_link_gives_a_new_password_and_keeps_the_second_factor(ada, alice):
    before = client_of(alice)
    issued = services.offer_new_password(user=alice.uuid, by=ada, now=now())
    client = follow(issued)
    assert "name" not in client.get(ACCEPT).context["form"].fields
    new = "une-autre-suite-de-mots"

    answer = client.post(ACCEPT, {"password1": new, "password2": new})

    assert answer["Location"] == CODE
    assert client.post(CODE, {"code": totp(alice)}).status_code == 302
    assert before.get("/comptes/moi/").status_code == 302
    assert give_password(Client(), alice).status_code == 200  # the old one is refused
    assert follow(issued).get(ACCEPT).status_code == 404


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"password1": "court", "password2": "court"}, "password1"),
        ({"password1": "motdepasse123", "password2": "autrechose123"}, "password2"),
        ({"password1": "farid@exemple.fr", "password2": "farid@exemple.fr"}, "password1"),
        ({"password1": "", "password2": ""}, "password1"),
        ({"name": "a\x00b"}, "name"),
    ],
)
def test_what_cannot_be_taken_is_said_beside_its_field(ada, fields, field):
    client = follow(issue(ada))

    answer = client.post(ACCEPT, FORM | fields)

    assert answer.status_code == 200
    assert field in answer.context["form"].errors
    assert client.post(ACCEPT, FORM).status_code == 302


@pytest.mark.parametrize(
    "email",
    ["", "farid", "a@b", "a b@c.fr", "x@" + "y." * 140 + "fr"],
    ids=["empty", "no-host", "no-dot", "space", "long"],
)
def test_a_wrong_address_is_not_invited(ada, email):
    with pytest.raises(Invalid) as refused:
        issue(ada, email=email)
    assert "email" in refused.value.fields


def test_somebody_with_an_account_is_not_invited(ada, alice):
    with pytest.raises(Invalid):
        issue(ada, email=alice.email.upper())


@pytest.mark.parametrize("who", ["alice", "bruno", "eve", "chloe", "emile"])
def test_only_an_admin_invites(ada, who, request):
    with pytest.raises(NotAllowed):
        issue(request.getfixturevalue(who))


def test_the_command_prints_the_link_of_the_first_admin(db, settings):
    settings.ORIGINS = ["https://desk.exemple.fr"]
    out = StringIO()
    call_command("invite", "Ada@Exemple.fr", "--role", "admin", "--name", "Ada", stdout=out)
    link = out.getvalue().strip()

    assert link.startswith("https://desk.exemple.fr/comptes/invitation/")
    client = Client()
    client.get(link.removeprefix("https://desk.exemple.fr"))
    assert client.get(ACCEPT).context["form"]["name"].value() == "Ada"
    client.post(ACCEPT, FORM | {"name": "Ada"})
    assert User.objects.get().role == Role.ADMIN
    assert Event.objects.order_by("seq").first().actor == SYSTEM.actor


def test_in_a_demonstration_the_link_leads_where_it_was_started(db, settings, tmp_path):
    settings.DEMO, settings.VAR = True, tmp_path
    (tmp_path / "access.json").write_text('{"url": "http://127.0.0.1:8123"}')
    out = StringIO()
    call_command("invite", "a@b.fr", "--role", "lead", stdout=out)

    assert out.getvalue().startswith("http://127.0.0.1:8123/comptes/invitation/")


def test_the_command_refuses_what_the_page_refuses(alice):
    with pytest.raises(CommandError):
        call_command("invite", alice.email, "--role", "lead", "--url", "http://127.0.0.1")
    with pytest.raises(CommandError):
        call_command("invite", "a@b.fr", "--role", "root")


def test_the_mail_carries_the_link_when_the_desk_sends_mail(ada, settings):
    settings.EMAIL_HOST = "mail.exemple.fr"
    answer = client_of(ada).post(
        "/comptes/equipe/", {"email": "farid@exemple.fr", "role": "analyst"}
    )
    sent = mail.outbox[0]

    assert sent.to == ["farid@exemple.fr"]
    assert answer.context["link"] in sent.body
    assert "&#" not in sent.body


def test_two_at_once_use_a_link_once(ada):
    issued = issue(ada)
    digest = services.digest_of(issued.secret)
    services.accept(digest=digest, name="Farid", password=PASSWORD, now=now())

    with pytest.raises(NotFound):
        services.accept(digest=digest, name="Eve", password=PASSWORD, now=now())
