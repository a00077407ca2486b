"""Jobs about accounts."""

import smtplib
from datetime import timedelta

import structlog
from django_tasks import task

from csirt.kernel.clock import real as now

log = structlog.get_logger()

AGAIN = timedelta(minutes=5)


@task()
def send_letter(user: str, kind: str, at: float) -> None:
    """Send one letter of ``csirt.accounts.letters``; while the server is away, come again."""
    from csirt.accounts import letters

    moment = letters.moment(at)
    try:
        letters.send(user, kind, moment)
    except (OSError, smtplib.SMTPException) as error:
        log.warning("letter.failed", error=type(error).__name__)
        if now() - moment < letters.LATE:
            send_letter.using(run_after=now() + AGAIN).enqueue(user, kind, at)
