"""A mail of a case, as it came, becomes a piece of evidence: sealed first, noted afterwards."""

import io
from datetime import datetime

from csirt.kernel.clock import now
from incidents.evidence.sealing import seal
from incidents.evidence.store import discard
from incidents.models import IncomingMail
from incidents.queries import Keeping, keeping
from incidents.services import mailbox as service

AT_ONCE = 5  # mails a turn: the worker has other work


def keep_mails(_at: datetime) -> int:
    """Keep the mails that are whole in the database; return how many were dealt with.

    Where only words are taken (a minor, sexual blackmail), a mail may hold an image: none is kept.
    Where words only suggest it, the mail waits as it is until an analyst has looked.
    """
    waiting = IncomingMail.objects.filter(raw__isnull=False, incident__isnull=False).defer("raw")
    done = 0
    for row in waiting.select_related("incident").order_by("pk"):
        assert row.incident is not None  # the filter says so
        found = keeping(row.incident)
        if found == Keeping.HELD:
            continue
        if found == Keeping.WORDS:
            service.keep_words_only(mail=row.pk, now=now())
        elif row.raw is not None:
            sealed = seal(io.BytesIO(row.raw).read)
            kept = service.keep_whole(mail=row.pk, sealed=sealed, now=now())
            if kept is None or kept.stored != sealed.name:
                discard(sealed.name)
        done += 1
        if done == AT_ONCE:
            break
    return done
