"""A real SMTP server on loopback, and cases whose people can be written to."""

import imaplib
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count

import pytest
from aiosmtpd.controller import Controller

from csirt.accounts.principals import Person
from csirt.environment import MailServer
from csirt.journal import drain
from csirt.kernel import codes
from csirt.kernel.clock import now
from incidents.notifications import incoming, sending
from incidents.services import following, notices
from tests.conftest import REQUIRE_ALL
from tests.notifications.dovecot import Dovecot
from tools import machine
from tools.servers import free_port


class Post:
    """What the server was given, and what it says when it does not say yes."""

    def __init__(self):
        self.mails = []
        self.to_recipients, self.to_mails = "", ""

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        if self.to_recipients:
            return self.to_recipients
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
        if self.to_mails:
            return self.to_mails
        mail = message_from_bytes(envelope.content, policy=policy.default)
        self.mails.append((envelope.mail_from, envelope.rcpt_tos, mail))
        return "250 Accepted"

    @property
    def texts(self):
        return [mail.get_content() for _, _, mail in self.mails]

    @property
    def names(self):
        return [mail["Message-ID"] for _, _, mail in self.mails]

    @property
    def addresses(self):
        return [to for _, [to], _ in self.mails]


class Server:
    """An SMTP server that can be away for a while, on the same port."""

    def __init__(self):
        self.post, self.port = Post(), free_port()
        self.controller = None

    def start(self):
        self.controller = Controller(self.post, hostname="127.0.0.1", port=self.port)
        self.controller.start()
        return self

    def stop(self):
        if self.controller is not None:
            self.controller.stop()
            self.controller = None


@pytest.fixture
def smtp():
    server = Server().start()
    yield server
    server.stop()


@pytest.fixture
def post(smtp, settings, monkeypatch):
    """Have this process send through the server; return what arrives there."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", smtp.port
    settings.ORIGINS = ["https://desk.exemple.fr"]
    monkeypatch.setattr(sending, "_rests", {})
    return smtp.post


def write(case, user, text="Du nouveau pour vous."):
    """Have *user* write to the victim of *case*, so long ago that it cannot be taken back."""
    return following.write_to_victim(
        incident=case.uuid,
        by=Person.of(user),
        token=codes.new_token(),
        text=text,
        now=now() - notices.UNDO,
    )


def deliver(at=None):
    """Plan what the journal holds, and send what is due; return how many were taken."""
    drain()
    return sending.send_due(at or now())


class Box:
    """One mailbox of the real server, as the people who write to the desk fill it."""

    def __init__(self, server, user):
        self.server, self.user = server, user
        self.line = imaplib.IMAP4("127.0.0.1", server.port, timeout=20)
        self.line.login(user, server.password)

    @property
    def settings(self):
        return MailServer(
            "127.0.0.1", self.server.port, self.user, self.server.password, folder="INBOX"
        )

    @property
    def url(self):
        return f"imap://{self.user}:{self.server.password}@127.0.0.1:{self.server.port}/INBOX"

    def put(self, mail, *, flags=None, folder="INBOX"):
        raw = mail if isinstance(mail, bytes) else mail.as_bytes()
        assert self.line.append(folder, flags, None, raw)[0] == "OK"

    def unread(self, folder="INBOX"):
        self.line.select(folder, readonly=True)
        return len(self.line.search(None, "UNSEEN")[1][0].split())

    def count(self, folder="INBOX"):
        return int(self.line.select(folder, readonly=True)[1][0])


@pytest.fixture(scope="session")
def dovecot():
    if machine.dovecot() is None:
        reason = "Dovecot is not installed (apt-get install dovecot-imapd)"
        pytest.fail(reason) if REQUIRE_ALL else pytest.skip(reason)
    with Dovecot() as server:
        yield server


@pytest.fixture
def box(dovecot, settings, monkeypatch):
    """Return an empty mailbox, which the desk is told to read."""
    box = Box(dovecot, f"desk-{next(_numbers)}")
    settings.IMAP = box.settings
    monkeypatch.setattr(incoming, "_rests_until", None)
    yield box
    box.line.logout()


_numbers = count()


def letter(text="Tous nos fichiers sont bloqués.", **headers):
    """Return a mail from Denise; *headers* replace hers (None: leave out), ``_`` stands for ``-``."""
    mail = EmailMessage()
    given = {
        "From": "Denise Vidal <denise@mairie-exemple.fr>",
        "To": "csirt@cyberocc.fr",
        "Subject": "À l'aide",
        "Message_ID": f"<{next(_numbers)}@mairie-exemple.fr>",
        "Date": "Mon, 23 Nov 2026 09:12:00 +0100",
    } | headers
    for name, value in given.items():
        if value is not None:
            mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail


def poll():
    """Read the mailbox once."""
    return incoming.poll(now())
