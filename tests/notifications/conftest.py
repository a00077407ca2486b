"""A real SMTP server on loopback, and cases whose people can be written to."""

from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller

from csirt.accounts.principals import Person
from csirt.journal import drain
from csirt.kernel import codes
from csirt.kernel.clock import now
from incidents.notifications import sending
from incidents.services import following
from tools.services import free_port


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
    """Have *user* write to the victim of *case*."""
    return following.write_to_victim(
        incident=case.uuid, by=Person.of(user), token=codes.new_token(), text=text, now=now()
    )


def deliver(at=None):
    """Plan what the journal holds, and send what is due; return how many were taken."""
    drain()
    return sending.send_due(at or now())
