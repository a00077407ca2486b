"""Sending what is due, by the worker: claim, hand over, settle. Every step may be the last."""

from datetime import datetime, timedelta

import structlog

from csirt.kernel.clock import now
from incidents.notifications import channels, words
from incidents.services import notices

log = structlog.get_logger()

AT_ONCE = 20  # notices a turn: the worker has other work
REST = timedelta(seconds=30)  # of a channel that does not answer
_rests: dict[str, datetime] = {}


def send_due(at: datetime) -> int:
    """Send what is due, up to ``AT_ONCE``; return how many the servers took."""
    taken = 0
    for _turn in range(AT_ONCE):
        awake = [name for name in channels.ready() if _rests.get(name, at) <= at]
        notice = notices.claim(channels=awake, at=now()) if awake else None
        if notice is None:
            break
        subject, text = words.subject_and_text(notice, notices.references(notice))
        parcel = channels.Parcel(
            name=notice.name,
            address=notice.address,
            language=notice.language,
            subject=subject,
            text=text,
            answers=notice.answers,
        )
        try:
            channels.channels()[notice.channel].send(parcel)
        except channels.Refused as error:
            notices.settle_refused(notice=notice, error=str(error), at=now())
        except Exception as error:  # noqa: BLE001 - whatever it is, the others must go on
            if isinstance(error, channels.Away):
                _rests[notice.channel] = now() + REST
            log.warning("notice.failed", channel=notice.channel, error=type(error).__name__)
            said = f"{type(error).__name__}: {error}"
            notices.settle_failed(notice=notice, error=said, at=now())
        else:
            notices.settle_sent(notice=notice, at=now())
            taken += 1
    return taken
