"""A mail to the desk becomes a report, or a message of the case it names; once, through real IMAP."""

from email.message import EmailMessage

import pytest

from csirt.accounts.principals import Person
from csirt.journal import drain
from csirt.kernel.clock import now
from csirt.reference.reports import given_reports
from incidents.domain.triage import assess
from incidents.models import Incident, IncomingMail, Message, Notice, Observable, Report, Trust
from incidents.notifications import sending
from incidents.services import notices
from tests.incidents.conftest import follow
from tests.notifications.conftest import Box, letter, poll, write
from tests.people import file_case

pytestmark = pytest.mark.django_db(transaction=True)
EMAIL = "denise@mairie-exemple.fr"


def outcomes():
    return list(IncomingMail.objects.order_by("pk").values_list("outcome", flat=True))


def test_a_mail_becomes_a_report(box):
    box.put(letter("Nos fichiers ne s'ouvrent plus."))
    assert poll() == 1
    report = Report.objects.get()

    assert report.channel == "mail"
    assert (report.contact_name, report.contact_email) == ("Denise Vidal", EMAIL)
    assert report.text == "Objet : À l'aide\n\nNos fichiers ne s'ouvrent plus."
    assert report.own_domains == ["mairie-exemple.fr"]
    assert report.incident.state == "new"


def test_more_mails_than_one_sender_writes_are_taken_and_set_apart(box, settings):
    settings.REPORTS_ADDRESS = 1
    for sender in (EMAIL, EMAIL, "maire@autre-exemple.fr"):
        box.put(letter("Un courriel bizarre est arrivé.", From=sender))
    assert poll() == 3

    cases = Report.objects.order_by("pk").values_list("contact_email", "incident__apart")
    assert set(outcomes()) == {"report"}
    assert sorted(cases) == [(EMAIL, False), (EMAIL, True), ("maire@autre-exemple.fr", False)]


def mailed_reports():
    return [report for report in given_reports() if report["channel"] == "courriel"]


@pytest.mark.parametrize("given", mailed_reports(), ids=lambda report: report["id"])
def test_each_given_mail_becomes_a_case_of_the_expected_priority(box, given):
    from csirt.directory import reference

    expected = given["expected"]
    box.put(letter(given["text_fr"], From=given["contact"]["email"], Subject="Signalement"))
    poll()
    drain()
    case = Incident.objects.get()

    assert case.category == expected["category"]
    assert case.priority == expected["priority"]
    for wanted in expected["observables"]:
        if wanted.get("auto", True):
            assert Observable.objects.filter(type=wanted["type"], value=wanted["value"]).exists()
    read = assess(
        reference.current(),
        inputs=expected["inputs"],
        flags=expected["flags"],
        category=case.category,
        kind=given["victim_kind"],
    )
    assert read.priority == expected["priority"]


def test_the_sender_hears_that_it_arrived(box, post):
    mail = letter()
    box.put(mail)
    poll()
    drain()
    sending.send_due(now())
    [(_, to, answer)] = post.mails

    assert to == [EMAIL]
    assert (
        answer["Subject"] == f"[{Incident.objects.get().reference}] Votre message est bien arrivé"
    )
    assert answer["In-Reply-To"] == mail["Message-ID"]
    assert answer["Auto-Submitted"] == "auto-replied"


def test_with_a_reference_and_a_known_sender_it_is_a_message(box, alice, denise):
    box.put(letter("Ça recommence.", Subject=f"Re: [{denise.reference.lower()}] Du nouveau"))
    poll()
    message = Message.objects.get()

    assert (message.incident, message.text) == (denise.incident, "Ça recommence.")
    assert (message.from_victim, message.via) == (True, "mail")
    assert Incident.objects.get().unread


@pytest.mark.parametrize("sender", ["eve@exemple.fr", "denise@mairie-exemple.fr.evil.example"])
def test_a_stranger_who_knows_the_reference_opens_a_new_case(box, denise, sender):
    box.put(letter(From=sender, Subject=f"[{denise.reference}]"))
    poll()

    assert not Message.objects.exists()
    assert Incident.objects.count() == 2


def test_a_mailbox_in_other_hands_speaks_for_nobody(box, alice, denise):
    notices.judge_address(
        case=denise.incident, channel="mail", address=EMAIL, trust=Trust.COMPROMISED,
        why="analyst", by=Person.of(alice), now=now(),
    )  # fmt: skip
    box.put(letter(Subject=f"[{denise.reference}]"))
    poll()

    assert not Message.objects.exists()


def test_two_senders_in_one_mail_are_nobody(box, denise):
    box.put(letter(From=f"{EMAIL}, eve@exemple.fr", Subject=f"[{denise.reference}]"))
    poll()

    assert not Message.objects.exists()


def test_a_closed_case_comes_to_the_top(box, alice, denise):
    follow("reject", denise.incident, alice)
    box.put(letter(Subject=f"[{denise.reference}]"))
    poll()

    assert Incident.objects.get().unread


def test_it_is_read_once_whatever_is_repeated(box):
    mail = letter()
    for _ in range(2):
        box.put(mail)
        poll()
        poll()

    assert outcomes() == ["report", "again"]
    assert Incident.objects.count() == 1


def test_it_is_known_again_when_the_server_counts_anew(box):
    mails = [letter(f"Numéro {number}.") for number in range(3)]
    for mail in mails:
        box.put(mail)
    poll()
    box.line.create("Autre")
    for mail in mails:
        box.put(mail, folder="Autre")
    from dataclasses import replace

    from django.conf import settings

    settings.IMAP = replace(box.settings, folder="Autre")
    poll()

    assert Incident.objects.count() == 3
    assert outcomes() == ["report"] * 3 + ["again"] * 3


def test_the_same_message_id_over_other_words_is_another_mail(box):
    box.put(letter("Un.", Message_ID="<scan@copieur>"))
    box.put(letter("Deux.", Message_ID="<scan@copieur>"))
    poll()

    assert Incident.objects.count() == 2


def test_what_was_read_before_the_first_time_stays_where_it_is(box):
    box.put(letter("Vieux courriel."), flags=r"(\Seen)")
    box.put(letter("Nouveau."))
    poll()

    assert Incident.objects.count() == 1


def test_what_a_person_reads_first_is_taken_all_the_same(box):
    box.put(letter("Un."))
    poll()
    box.put(letter("Deux."), flags=r"(\Seen)")
    poll()

    assert Incident.objects.count() == 2


def test_it_is_marked_as_read_once_it_is_kept(box):
    box.put(letter())
    assert box.unread() == 1
    poll()

    assert box.unread() == 0


def test_it_is_moved_when_the_settings_say_where(box, settings):
    from dataclasses import replace

    box.line.create("Traites")
    settings.IMAP = replace(box.settings, done="Traites")
    box.put(letter())
    poll()

    assert (box.count(), box.count("Traites")) == (0, 1)


def test_html_alone_is_read_as_text(box):
    mail = EmailMessage()
    for name, value in letter().items():
        if not name.lower().startswith(("content", "mime")):
            mail[name] = value
    mail.set_content(
        "<style>p{}</style><p>Bonjour&nbsp;!</p><script>alert(1)</script>"
        '<p>Voyez <a href="https://faux.example/x">la facture</a></p>',
        subtype="html",
    )
    box.put(mail)
    poll()

    assert Report.objects.get().text == (
        "Objet : À l'aide\n\nBonjour !\n\nVoyez la facture [https://faux.example/x]"
    )


def test_a_mail_too_large_is_read_and_not_kept(box, settings):
    settings.EVIDENCE_MAX = 20_000
    mail = letter("Voici la pièce.")
    mail.add_attachment(b"x" * 60_000, maintype="application", subtype="zip", filename="a.zip")
    box.put(mail)
    poll()

    assert "Voici la pièce." in Report.objects.get().text
    assert IncomingMail.objects.get().raw is None


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"List_Id": "<infos.exemple.fr>"},
        {"List_Unsubscribe": "<https://exemple.fr/non>"},
        {"X_Auto_Response_Suppress": "All"},
        {"Return_Path": "<>"},
        {"From": "csirt@cyberocc.fr"},
    ],
    ids=str,
)
def test_what_a_machine_wrote_waits_for_a_person_and_is_not_answered(box, post, headers):
    box.put(letter("Je suis absente.", **headers))
    poll()
    drain()
    sending.send_due(now())

    assert outcomes() == ["aside"]
    assert not Incident.objects.exists()
    assert post.mails == []


def test_auto_submitted_no_is_a_person(box):
    box.put(letter(Auto_Submitted="no"))
    poll()

    assert outcomes() == ["report"]


def test_our_own_mail_that_comes_back_is_not_a_report(box, post, alice, denise):
    write(denise.incident, alice)
    drain()
    sending.send_due(now())
    box.put(letter("Copie.", Message_ID=post.names[0]))
    poll()

    assert outcomes() == ["aside"]


def bounce(name, address, *, action="failed", status="5.1.1"):
    """Return a delivery-status report as Postfix writes it (RFC 3464)."""
    return (
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.exemple.fr\r\nTo: csirt@cyberocc.fr\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\n"
        "MIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nI'm sorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.exemple.fr\r\n\r\n"
        f"Final-Recipient: rfc822; {address}\r\nAction: {action}\r\nStatus: {status}\r\n\r\n"
        "--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: {name}\r\nSubject: x\r\n\r\n--b--\r\n"
    ).encode()


@pytest.fixture
def sent(post, alice, denise):
    """Return the Message-ID of a mail that Denise was sent."""
    write(denise.incident, alice)
    drain()
    sending.send_due(now())
    return post.names[0]


def test_a_bounce_marks_the_address_dead(box, sent, denise):
    box.put(bounce(sent, EMAIL))
    poll()

    assert outcomes() == ["bounce"]
    assert notices.trust_of("mail", EMAIL, denise.incident) == Trust.DEAD
    assert Incident.objects.count() == 1


@pytest.mark.parametrize(
    "report",
    [
        lambda _name: bounce("<forged@exemple.fr>", EMAIL),
        lambda name: bounce(name, "autre@exemple.fr"),
        lambda name: bounce(name, EMAIL, action="delayed", status="4.4.1"),
    ],
    ids=["of no mail of ours", "of another address", "only late"],
)
def test_a_bounce_that_proves_nothing_changes_nothing(box, sent, denise, report):
    box.put(report(sent))
    poll()

    assert notices.trust_of("mail", EMAIL, denise.incident) == Trust.GOOD
    assert Incident.objects.count() == 1


def test_a_server_that_is_away_changes_nothing_and_is_left_alone(box, settings):
    from dataclasses import replace

    from tools.servers import free_port

    box.put(letter())
    settings.IMAP = replace(box.settings, port=free_port())
    assert poll() == 0
    settings.IMAP = box.settings
    assert poll() == 0  # it rests


def test_words_of_distress_raise_the_priority(box):
    box.put(letter("Mon fils de 13 ans dit qu'il veut mourir. Je suis en danger."))
    poll()

    assert Incident.objects.get().priority == "P1"


def test_nobody_else_reads_the_mailbox(box, dovecot):
    other = Box(dovecot, "someone-else")
    other.put(letter())
    poll()
    other.line.logout()

    assert not Incident.objects.exists()
    assert not Notice.objects.exists()
    assert file_case().incident.state == "new"
