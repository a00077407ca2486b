"""One mail, six months after a kit, to who asked for it; the address is kept sealed, then forgotten."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from csirt.accounts import seeds
from csirt.journal import drain
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.management.periodic import STEPS
from incidents.models import AddressTrust, Notice, Trust
from incidents.models.mail import address_digest
from incidents.notifications import sending
from incidents.services import notices
from playbooks.models import Kit, KitReminder
from playbooks.services import kits
from tests.intake.test_form_pages import text_of
from tests.intake.test_plain_words import read_all
from tests.notifications.conftest import post, smtp, write
from tests.people import file_case
from tests.playbooks.test_kit import FRENCH, SHUT, begin, fill, result

pytestmark = pytest.mark.django_db(transaction=True)
assert post, smtp  # fixtures of this file too
EMAIL = "secretariat@mairie-exemple.fr"
HALF_A_YEAR = timedelta(days=183)


@pytest.fixture
def kit(post):
    client, _code = begin()
    fill(client)
    return client


def ask(client, **data):
    return client.post("/kit/rappel/", {"adresse": EMAIL, "accord": "oui", **data})


def go_by(time=HALF_A_YEAR):
    """Let the worker pass once after so much time."""
    with time_machine.travel(now() + time):
        kits.remind_due(now=now())
        drain()
        return sending.send_due(now())


def test_the_worker_looks_by_itself():
    assert "kit-reminders" in {name for name, _every, _step in STEPS}


def test_one_mail_in_six_months_and_no_more(post, kit):
    assert ask(kit)["Location"] == "/kit/resultat/#rappel"
    assert "Un seul courriel partira vers le" in result(kit)
    assert go_by(timedelta(days=180)) == 0
    assert go_by() == 1
    assert go_by(HALF_A_YEAR * 2) == 0

    [(_sender, to, mail)] = post.mails
    assert to == [EMAIL]
    assert mail["Subject"] == "Kit de survie : six mois ont passé"
    words = mail.get_content()
    assert "https://desk.exemple.fr/kit/" in words
    assert "{" not in words
    assert mail["Auto-Submitted"] == "auto-generated"
    assert not re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-", words)


def test_nothing_of_the_address_is_left_once_it_is_sent(post, kit):
    ask(kit)
    go_by()

    assert not KitReminder.objects.exists()
    [notice] = Notice.objects.all()
    assert (notice.state, notice.address, notice.incident) == ("sent", "", None)
    kept = str([*Notice.objects.values(), *Event.objects.values(), *Kit.objects.values()])
    assert EMAIL not in kept
    assert "mairie-exemple" not in kept


def test_until_then_the_address_is_sealed_and_no_event_holds_it(kit):
    ask(kit)
    [row] = KitReminder.objects.values()

    assert EMAIL not in str(row)
    assert seeds.decrypt(row["sealed"]) == EMAIL
    assert EMAIL not in str(list(Event.objects.values()))
    assert EMAIL not in kit.get("/kit/resultat/").content.decode()


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"accord": ""}, "accord"),
        ({"adresse": ""}, "adresse"),
        ({"adresse": "pas une adresse"}, "adresse"),
        ({"adresse": "a@b.fr, c@d.fr"}, "adresse"),
        ({"adresse": "a@b.fr\nBcc: c@d.fr"}, "adresse"),
        ({"adresse": "é@exemple.fr"}, "adresse"),
    ],
)
def test_without_consent_or_an_address_nothing_is_kept(kit, sent, field):
    answer = ask(kit, **sent)

    assert answer.status_code == 400
    assert f'id="f-{field}-error"' in answer.content.decode()
    assert not KitReminder.objects.exists()
    assert not Event.objects.filter(kind="kit.reminder_asked").exists()


def test_all_that_is_missing_is_told_at_once(kit):
    page = ask(kit, adresse="", accord="").content.decode()

    assert 'id="f-adresse-error"' in page
    assert 'id="f-accord-error"' in page


def test_it_is_taken_back_with_the_kit_open(post, kit):
    ask(kit)
    kit.post("/kit/rappel/", {"retirer": "oui"})

    assert not KitReminder.objects.exists()
    assert Event.objects.filter(kind="kit.reminder_ended").count() == 1
    assert "Être prévenu par courriel" in result(kit)
    assert go_by() == 0
    kit.post("/kit/rappel/", {"retirer": "oui"})
    assert Event.objects.filter(kind="kit.reminder_ended").count() == 1


def test_a_kit_that_is_deleted_or_forgotten_reminds_nobody(post, kit):
    ask(kit)
    kit.post("/kit/effacer/")

    assert not KitReminder.objects.exists()
    assert go_by() == 0


def test_taken_back_after_its_day_and_before_the_mail(post, kit):
    ask(kit)
    with time_machine.travel(now() + HALF_A_YEAR):
        kits.remind_due(now=now())
        kits.remind_no_more(kit=Kit.objects.get(), now=now())
        drain()
        assert sending.send_due(now()) == 0
    assert not Notice.objects.exists()


def test_who_did_the_kit_again_meanwhile_is_told_six_months_after_that(post, kit):
    ask(kit)
    body = Kit.objects.get()
    with time_machine.travel(now() + timedelta(days=90)):
        kits.again(kit=body, now=now())
        kits.finish(kit=body, now=now())

    assert go_by() == 0
    assert go_by(timedelta(days=280)) == 1


def test_an_address_in_many_kits_gets_one_mail(post, kit):
    ask(kit)
    for _ in range(3):
        other, _code = begin()
        fill(other)
        ask(other, adresse=EMAIL.upper())
    go_by()
    go_by(HALF_A_YEAR + timedelta(hours=2))

    assert len(post.mails) == 1
    assert not KitReminder.objects.exists()


@pytest.mark.parametrize("trust", [Trust.COMPROMISED, Trust.DEAD])
def test_an_address_that_is_not_to_be_used_gets_nothing(post, kit, trust):
    ask(kit)
    AddressTrust.objects.create(
        digest=address_digest("mail", EMAIL), trust=trust, why="analyst", since=now()
    )
    go_by()

    assert post.mails == []
    assert Notice.objects.values_list("state", "address").get() == ("withheld", "")


def test_a_mail_of_a_case_and_a_reminder_never_travel_together(post, kit, alice):
    victim = file_case(contact_email=EMAIL)
    ask(kit)
    with time_machine.travel(now() + HALF_A_YEAR):
        write(victim.incident, alice)
        kits.remind_due(now=now())
        drain()
        assert sending.send_due(now()) == 2
    kit_mail = next(text for text in post.texts if "kit de survie" in text)

    assert victim.reference not in kit_mail


def test_a_server_that_refuses_forgets_the_address(post, kit):
    ask(kit)
    post.to_recipients = "550 5.1.1 no such user"
    go_by()

    assert Notice.objects.values_list("state", "address").get() == ("dropped", "")


def waiting(settings):
    """Have a reminder wait for a server that is not there any more."""
    settings.EMAIL_HOST = ""
    with time_machine.travel(now() + HALF_A_YEAR):
        kits.remind_due(now=now())
        drain()
        assert sending.send_due(now()) == 0
    assert Notice.objects.values_list("state", "address").get() == ("waiting", EMAIL)


def test_one_that_cannot_leave_is_forgotten_after_some_days(post, kit, settings):
    assert "notices-apart" in {name for name, _every, _step in STEPS}
    ask(kit)
    waiting(settings)
    due = now() + HALF_A_YEAR

    assert notices.give_up_apart(at=due + notices.APART_FOR - timedelta(hours=1)) == 0
    assert notices.give_up_apart(at=due + notices.APART_FOR + timedelta(hours=1)) == 1
    assert Notice.objects.values_list("state", "address").get() == ("dropped", "")


def test_one_that_waits_for_a_case_is_not_given_up(post, alice):
    write(file_case(contact_email=EMAIL).incident, alice)
    drain()

    assert notices.give_up_apart(at=now() + HALF_A_YEAR) == 0
    assert set(Notice.objects.values_list("state", "address")) == {("waiting", EMAIL)}


@pytest.mark.parametrize("end", [kits.delete, kits.remind_no_more])
def test_taken_back_while_the_mail_waits_to_leave(post, kit, settings, end):
    ask(kit)
    waiting(settings)
    end(kit=Kit.objects.get(), now=now())

    assert Notice.objects.values_list("state", "address").get() == ("dropped", "")
    assert Event.objects.filter(kind__in=["kit.deleted", "kit.reminder_ended"]).count() == 1


def test_what_travels_with_one_that_is_given_up_ends_with_it(post, kit):
    ask(kit)
    with time_machine.travel(now() + HALF_A_YEAR):
        kits.remind_due(now=now())
        drain()
    first = Notice.objects.get()
    Notice.objects.create(
        channel="mail", about=first.about, address=EMAIL, digest=first.digest, language="fr",
        epoch=first.epoch, seq=first.seq + 1, kind=first.kind, made_at=first.made_at,
        due_at=first.due_at, carrier=first,
    )  # fmt: skip
    post.to_recipients = "550 5.1.1 no such user"
    with time_machine.travel(now() + HALF_A_YEAR):
        sending.send_due(now())

    assert set(Notice.objects.values_list("state", "address")) == {("dropped", "")}


def test_without_mail_it_is_not_offered(settings):
    settings.EMAIL_HOST = ""
    client, _code = begin()
    fill(client)

    assert "Être prévenu par courriel" not in result(client)


def test_in_english_it_is_written_in_english(post):
    client, _code = begin(Client(headers={"accept-language": "en"}))
    fill(client)
    ask(client)
    go_by()

    assert "Survival kit: six months have passed" in post.mails[0][2]["Subject"]
    assert "You asked us for this reminder." in post.texts[0]


def test_without_the_kit_open_nothing_is_asked(kit):
    assert ask(Client(**FRENCH))["Location"] == SHUT
    assert not KitReminder.objects.exists()


@pytest.mark.once
@pytest.mark.parametrize("language", ["fr", "en"])
def test_it_speaks_in_short_sentences(post, language):
    client, _code = begin(Client(headers={"accept-language": language}))
    fill(client)
    found = {"offered": client.get("/kit/resultat/"), "wrong": ask(client, accord="", adresse="x")}
    ask(client)
    found["asked"] = client.get("/kit/resultat/")
    pages = {name: answer.content.decode() for name, answer in found.items()}
    go_by()
    pages["mail"] = "".join(f"<p>{line}</p>" for line in post.texts[0].splitlines())

    assert read_all(pages, language) == {}
    assert text_of(found["asked"])
