"""A mail to a victim says that there is news, and nothing else."""

import re
from datetime import timedelta

import pytest
import time_machine

from csirt.accounts.principals import Person
from csirt.journal import drain
from csirt.journal.models import Event
from csirt.kernel.clock import now
from incidents.models import Notice, Trust
from incidents.notifications import sending
from incidents.services import notices
from incidents.services.merging import merge
from tests.incidents.conftest import follow
from tests.notifications.conftest import deliver, write
from tests.people import file_case

pytestmark = pytest.mark.django_db(transaction=True)
EMAIL = "denise@mairie-exemple.fr"


def test_the_mail_says_that_there_is_news_and_never_what(post, alice, denise):
    write(denise.incident, alice, "Changez le mot de passe de Camille.")
    deliver()
    [(_, to, mail)] = post.mails

    assert to == [EMAIL]
    assert mail["Subject"] == f"[{denise.reference}] Du nouveau sur votre dossier"
    assert "https://desk.exemple.fr/suivi/" in mail.get_content()
    assert mail.get_content_type() == "text/plain"
    whole = mail.as_string()
    assert "Camille" not in whole
    assert denise.code not in whole.replace("-", "")
    assert "Denise" not in whole


def test_its_name_is_the_events(post, alice, denise):
    write(denise.incident, alice)
    event = Event.objects.get(kind="message.sent")
    deliver()

    assert post.names == [f"<{event.epoch}.{event.seq}.message.sent@cyberocc.fr>"]


def test_machines_are_told_not_to_answer(post, alice, denise):
    write(denise.incident, alice)
    deliver()
    mail = post.mails[0][2]

    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"


def test_who_filed_in_english_is_written_to_in_english(post, alice):
    write(file_case(language="en").incident, alice)
    deliver()

    assert "There is news about your case" in post.texts[0]


def test_who_left_no_address_gets_no_mail(post, alice):
    write(file_case(contact_email="").incident, alice)
    deliver()

    assert post.mails == []


@pytest.mark.parametrize(
    "address", ["a@b.fr, c@d.fr", "a@b.fr\nBcc: c@d.fr", "pas une adresse", "é@exemple.fr"]
)
def test_what_is_no_address_is_never_written_to(post, alice, address):
    write(file_case(contact_email=address).incident, alice)
    deliver()

    assert post.mails == []
    assert not Notice.objects.exists()


def test_what_the_desk_decides_is_news_and_what_it_does_inside_is_not(post, alice, denise):
    follow("take", denise.incident, alice)
    assert deliver() == 0
    follow("reject", denise.incident, alice)

    assert deliver() == 0  # it may still be undone
    with time_machine.travel(now() + notices.UNDO):
        assert deliver() == 1


def test_two_people_of_joined_cases_hear_of_their_own_only(post, alice, denise):
    other = file_case(contact_email="maire@autre-exemple.fr")
    merge(
        incident=other.incident.uuid, version=1, by=Person.of(alice),
        into=denise.incident.uuid, now=now(),
    )  # fmt: skip
    deliver()
    post.mails.clear()
    write(denise.incident, alice)
    deliver()

    assert post.addresses == [EMAIL]


def test_an_event_read_twice_is_one_mail(post, alice, denise):
    from incidents.notifications import mailer

    write(denise.incident, alice)
    drain()
    mailer.plan(Event.objects.get(kind="message.sent"))
    deliver()

    assert len(post.mails) == 1


def test_nothing_is_planned_while_no_server_is_named(settings, alice, denise):
    settings.EMAIL_HOST = ""
    write(denise.incident, alice)
    drain()

    assert not Notice.objects.exists()


@pytest.mark.parametrize("trust", [Trust.COMPROMISED, Trust.DEAD])
def test_an_address_that_an_analyst_marked_is_never_written_to(post, alice, denise, trust):
    write(denise.incident, alice)
    drain()  # planned before the mark: it must hold back what waits too
    notices.judge_address(
        case=denise.incident, channel="mail", address=EMAIL.upper(), trust=trust,
        why="analyst", by=Person.of(alice), now=now(),
    )  # fmt: skip
    sending.send_due(now())
    write(file_case().incident, alice)  # another case, the same address
    deliver()

    assert post.mails == []
    assert set(Notice.objects.values_list("state", flat=True)) == {"withheld"}


def test_a_contact_that_the_directory_marks_is_never_written_to(post, alice, denise):
    from csirt.directory.models import Contact, Organisation

    organisation = Organisation.objects.create(name="Mairie", kind="commune")
    Contact.objects.create(organisation=organisation, email=EMAIL.title(), email_trust="dead")
    write(denise.incident, alice)
    deliver()

    assert post.mails == []


def test_a_mailbox_that_the_form_says_is_hacked_waits_for_an_analyst(post, alice):
    hacked = file_case(
        category="piratage-messagerie", answers={"quoi": "boite"}, contact_email=EMAIL
    )
    write(hacked.incident, alice)
    deliver()
    assert post.mails == []

    notices.judge_address(
        case=hacked.incident, channel="mail", address=EMAIL, trust=Trust.GOOD,
        why="analyst", by=Person.of(alice), now=now(),
    )  # fmt: skip
    write(hacked.incident, alice)
    deliver()
    assert post.addresses == [EMAIL]


def test_an_address_that_the_server_refuses_is_dead(post, alice, denise):
    post.to_recipients = "550 5.1.1 No such user"
    write(denise.incident, alice)
    deliver()
    post.to_recipients = ""
    write(denise.incident, alice)
    deliver()

    assert post.mails == []
    judged = Event.objects.get(kind="address.judged")
    assert judged.data == {"channel": "mail", "trust": "dead", "previous": "", "why": "refused"}


@pytest.mark.parametrize("said", ["552 5.2.2 Mailbox full", "550 5.7.1 Policy", "451 Later"])
def test_another_refusal_is_tried_again(post, alice, denise, said):
    post.to_recipients = said
    write(denise.incident, alice)
    deliver()
    post.to_recipients = ""

    with time_machine.travel(now() + timedelta(minutes=2)):
        sending.send_due(now())
    assert post.addresses == [EMAIL]


def test_after_five_failures_it_is_parked_until_somebody_decides(post, alice, denise):
    post.to_mails = "554 No"
    write(denise.incident, alice)
    at = now()
    deliver()
    for minutes in (2, 10, 40, 120, 300):
        with time_machine.travel(at + timedelta(minutes=minutes)):
            sending.send_due(now())
    notice = Notice.objects.get()
    assert (notice.state, notice.tries) == ("parked", 5)

    post.to_mails = ""
    notices.retry(notice=notice.uuid, by=Person.of(alice), now=now())
    sending.send_due(now())
    assert len(set(post.names)) == 1
    assert Notice.objects.get().state == "sent"


def test_an_hour_without_a_server_parks_nothing(smtp, post, alice, denise):
    smtp.stop()
    write(denise.incident, alice)
    at = now()
    deliver()
    for minutes in range(1, 61):
        with time_machine.travel(at + timedelta(minutes=minutes)):
            sending.send_due(now())
    assert Notice.objects.get().state == "waiting"

    smtp.start()
    with time_machine.travel(at + timedelta(minutes=90)):
        sending.send_due(now())
    assert post.addresses == [EMAIL]


def test_a_server_that_is_away_is_left_alone_for_a_while(smtp, post, alice, denise):
    smtp.stop()
    write(denise.incident, alice)
    write(file_case(contact_email="autre@exemple.fr").incident, alice)
    deliver()
    sending.send_due(now())

    assert sum(Notice.objects.values_list("tries", flat=True)) == 1


def test_several_cases_of_one_address_share_a_mail(post, alice):
    cases = [file_case() for _ in range(3)]
    for victim in cases:
        write(victim.incident, alice)
    deliver()

    assert len(post.mails) == 1
    for victim in cases:
        assert victim.reference in post.texts[0]
    assert set(Notice.objects.values_list("state", flat=True)) == {"sent"}


def test_no_sentence_is_longer_than_fifteen_words(bundle):
    for words in bundle.messages.notices:
        for text in (words.fr, words.en, words.subject_fr, words.subject_en):
            for sentence in re.split(r"(?<=[.!?])\s+|\s?:\s|\n", text):
                assert len(re.findall(r"[\w'’-]+", sentence)) <= 15, sentence


@pytest.fixture
def bundle():
    from csirt.directory import reference

    return reference.current()
