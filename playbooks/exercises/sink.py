"""Where the mail of an exercise ends: a Maildir of its own, and nothing beside it is ever opened."""

import mailbox
from collections.abc import Sequence
from email import message_from_bytes
from email.policy import default
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

MARK = "[EXERCICE]"
SHOWN = 50


class Sink(BaseEmailBackend):
    """A backend that keeps each mail, with a mark before its subject."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Keep the mails; return how many."""
        box = mailbox.Maildir(settings.EMAIL_FILE_PATH)
        for message in email_messages:
            message.subject = f"{MARK} {message.subject}"
            box.add(message.message().as_bytes())
        return len(email_messages)


def kept() -> list[dict[str, str]]:
    """Return the latest mails: ``to``, ``subject``, ``text``; newest first."""
    if not settings.EMAIL_FILE_PATH.is_dir():
        return []
    box = mailbox.Maildir(settings.EMAIL_FILE_PATH, create=False)
    # A Maildir's names begin with the second at which the mail came.
    names = sorted(box.keys(), key=_order, reverse=True)[:SHOWN]
    return [_read(box.get_bytes(name)) for name in names]


def _order(name: str) -> tuple[int, str]:
    second = name.partition(".")[0]
    return (int(second) if second.isdecimal() else 0, name)


def _read(raw: bytes) -> dict[str, str]:
    mail: Any = message_from_bytes(raw, policy=default)
    body = mail.get_body(("plain",))
    return {
        "to": str(mail["To"]),
        "subject": str(mail["Subject"]),
        "text": body.get_content() if body else "",
    }
