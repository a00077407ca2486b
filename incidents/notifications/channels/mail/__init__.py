"""Mail, through the SMTP server of the settings; files in the demonstration and in an exercise."""

import smtplib
from email.utils import parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email

from incidents.models import Report
from incidents.notifications.channels import Away, Parcel, Refused

_NOBODY = {550, 551, 553}  # RFC 5321, 4.2.3: no such mailbox here, or moved, or not a name
_OTHER_REASONS = ("5.7.", "5.2.", "5.3.", "5.4.")  # RFC 3463: policy, full mailbox, system, routing


class Mail:
    """Plain text from the desk's address, marked as written by a program (RFC 3834)."""

    def ready(self) -> bool:
        return settings.MADE_UP or bool(settings.EMAIL_HOST)

    def address(self, report: Report) -> str:
        return usable(report.contact_email)

    def send(self, parcel: Parcel) -> None:
        try:
            _message(parcel).send()
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            words = said.decode("ascii", "replace") if isinstance(said, bytes) else str(said)
            if code in _NOBODY and not words.startswith(_OTHER_REASONS):
                raise Refused(f"{code} {words}") from error
            raise
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError):
            raise
        except OSError as error:  # so are all of smtplib's: no connection, no login, no TLS
            raise Away(type(error).__name__) from error


def usable(address: str) -> str:
    """Return *address* when a mail can be sent there, else an empty text."""
    try:
        validate_email(address)
    except ValidationError:
        return ""
    return address if address.isascii() else ""


def domain() -> str:
    """Return the host that our Message-IDs end with: the sender's."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"


def _message(parcel: Parcel) -> EmailMessage:
    headers = {
        "Message-ID": f"<{parcel.name}@{domain()}>",
        "Auto-Submitted": "auto-replied" if parcel.answers else "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "Content-Language": parcel.language,
    }
    if parcel.answers:
        headers |= {"In-Reply-To": parcel.answers, "References": parcel.answers}
    return EmailMessage(
        subject=parcel.subject, body=parcel.text, to=[parcel.address], headers=headers
    )


CHANNEL = Mail()
