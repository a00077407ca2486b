"""The link of an invitation, and the mail that carries it when the desk can send mail."""

import smtplib

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language, gettext, override

from csirt.accounts.services import Issued

log = structlog.get_logger()


def link(issued: Issued, base: str) -> str:
    """Return the address to give to the person, below *base*. It is shown once and kept nowhere."""
    return base.rstrip("/") + reverse("account_invitation", args=[issued.secret])


def send(issued: Issued, base: str) -> bool | None:
    """Mail the link; None when the desk sends no mail, False when it could not be sent.

    In the language that the person has chosen; without one, in that of who invites them.
    """
    if not settings.EMAIL_HOST:
        return None
    context = {"link": link(issued, base), "invitation": issued.invitation}
    context["desk_name"] = settings.DESK_NAME
    person = issued.invitation.user
    with override(person.language if person and person.language else get_language()):
        subject = gettext("Votre compte %(desk)s") % {"desk": settings.DESK_NAME}
        text = render_to_string("accounts/mail/invitation.txt", context)
    try:
        send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [issued.invitation.email])
    except (OSError, smtplib.SMTPException) as error:
        log.warning("invitation.mail", error=type(error).__name__)
        return False
    return True
