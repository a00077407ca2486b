"""A mail of a case, as it came, becomes a piece of evidence: sealed first, noted afterwards."""

import io
from datetime import datetime

from csirt.kernel.clock import now
from incidents import queries
from incidents.evidence.sealing import seal
from incidents.evidence.store import discard
from incidents.models import IncomingMail
from incidents.services import mailbox as service

AT_ONCE = 5  # mails a turn: the worker has other work


def keep_mails(_at: datetime) -> int:
    """Keep the mails that are whole in the database; return how many.

    Where only words are taken (a minor, sexual blackmail), a mail may hold an image: none is kept.
    """
    waiting = IncomingMail.objects.filter(raw__isnull=False, incident__isnull=False)
    rows = list(waiting.select_related("incident").order_by("pk")[:AT_ONCE])
    for row in rows:
        if row.raw is None or row.incident is None or not queries.takes_files(row.incident):
            service.keep_words_only(mail=row.pk, now=now())
            continue
        sealed = seal(io.BytesIO(row.raw).read)
        kept = service.keep_whole(mail=row.pk, sealed=sealed, now=now())
        if kept is None or kept.stored != sealed.name:
            discard(sealed.name)
    return len(rows)
