"""How an inject reaches the desk: through the service that the real thing would come through.

``formulaire``: the form, filled in with what the scenario says and "I don't know" elsewhere; whoever
has filed already writes on the follow-up page instead. ``courriel``: a whole mail, to the service that
takes the mailbox's in. ``telephone`` and ``systeme`` become nothing by themselves: the desk hears them,
and somebody picks them up.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

from django.conf import settings

from csirt.accounts.principals import Anonymous, Victim
from csirt.directory import reference
from csirt.reference.bundle import Bundle
from incidents.domain import letters
from incidents.domain import questions as engine
from incidents.domain.answers import Answer
from incidents.domain.walk import Asked
from incidents.intake import sending
from incidents.models import Incident, Report
from incidents.services import mailbox
from incidents.services.filing import Submission, file_report
from incidents.services.following import write_as_victim
from playbooks.exercises.models import Channel, Delivery

HOST = "exercice.example"
PHONE = "05 36 49 10 10"  # of a block that is kept for fiction
_ADDRESS = re.compile(r"[\w.+-]+@[\w.-]+\w")
_UNSURE = ("nsp", "non", "moi", "maintenant", "normal")
MAILBOX = "exercice"


def bring(delivery: Delivery, *, answers: Mapping[str, Answer], kind: str, now: datetime) -> None:
    """Have *delivery* reach the desk, inside the change that marks it; its ``incident`` is set.

    *kind* is that of its organisation, *answers* what the scenario has it answer in the form.
    """
    if delivery.channel == Channel.MAIL:
        delivery.incident = _mail(delivery, now)
    elif delivery.channel == Channel.FORM:
        delivery.incident = _form(delivery, answers, kind, now)


def address_of(delivery: Delivery) -> str:
    """Return the address that writes: the one that the scenario names, else the organisation's."""
    found = _ADDRESS.search(delivery.sender)
    return found[0].lower() if found else f"{delivery.org}@{HOST}"


def _token(delivery: Delivery) -> str:
    """The form's token of an inject: the same at each try."""
    text = f"inject|{delivery.uuid}".encode()
    return hmac.new(settings.CODE_KEY, text, hashlib.sha256).hexdigest()[:32]


def _form(delivery: Delivery, answers: Mapping[str, Answer], kind: str, now: datetime) -> Incident:
    mine = Delivery.objects.filter(org=delivery.org, incident__isnull=False)
    before = mine.order_by("settled_at", "id").first() if delivery.org else None
    if before is not None and before.incident is not None and not answers:
        write_as_victim(
            victim=Victim(incident_id=before.incident.pk),
            token=_token(delivery),
            text=delivery.text,
            now=now,
        )
        return before.incident
    told = submission(reference.current(), delivery, answers, kind, now)
    filed = file_report(token=_token(delivery), submission=told, now=now, by=Anonymous())
    return filed.incident


def submission(
    bundle: Bundle, delivery: Delivery, given: Mapping[str, Answer], kind: str, now: datetime
) -> Submission:
    """Return the form as the sender fills it in: what is *given*, and no more than they know."""
    name = delivery.organisation.name if delivery.organisation else ""
    known: dict[str, Answer] = {
        "kind": kind,
        "recit": delivery.text,
        "organisme": name,
        "contact": {"phone": PHONE, "email": address_of(delivery)},
        "ou": "nsp",
        **given,
    }
    known.setdefault("quoi", _what(bundle, kind, delivery.text))
    answers: dict[str, Answer] = dict(known)
    while page := engine.missing(bundle, answers):
        shown = engine.page(bundle, answers, page)
        assert shown is not None  # it is the one that is missing
        wanting = [a for a in shown.asked if a.required and a.question.id not in answers]
        if not wanting:
            raise ValueError(f"{delivery.inject}: the form refuses an answer of {page}")
        answers |= {asked.question.id: _unsure(asked) for asked in wanting}
    return sending.submission_of(bundle, engine.prune(bundle, answers), language="fr", now=now)


def _what(bundle: Bundle, kind: str, text: str) -> str:
    """Return the choice of the form whose category the words point to most."""
    options = bundle.questions["quoi"].options_for(kind)
    for heard in bundle.phrases.pointed(text):
        for option in options:
            if option.category_for(kind) == heard.category:
                return option.id
    return "autre"


def _unsure(asked: Asked) -> Answer:
    """Return what somebody answers who does not know."""
    names = [option.id for option in asked.options]
    if not names:
        return "je ne sais pas"
    found = next((name for name in _UNSURE if name in names), names[-1])
    return [found] if asked.question.type == "multi" else found


def _mail(delivery: Delivery, now: datetime) -> Incident | None:
    sender = address_of(delivery)
    mail = EmailMessage()
    mail["From"] = f"{_name(delivery.sender)} <{sender}>"
    mail["To"] = settings.DESK_EMAIL
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{delivery.uuid}@{HOST}>"
    mail["Subject"] = _subject(delivery, sender)
    mail.set_content(delivery.text)
    raw = mail.as_bytes()
    row = mailbox.take_in(
        letter=letters.read(raw),
        place=mailbox.Place(MAILBOX, 1, delivery.pk),
        size=len(raw),
        raw=raw,
        now=now,
    )
    return row.incident


def _subject(delivery: Delivery, sender: str) -> str:
    """Return what the mail is about: an answer about the case from that address, when there is one."""
    known = Report.objects.filter(contact_email__iexact=sender).select_related("first_incident")
    last = known.order_by("-filed_at", "-pk").first()
    begins = " ".join(delivery.text.split())[:60]
    return f"Re: {last.first_incident.reference}" if last else begins


def _name(sender: str) -> str:
    return re.sub(r"[<>\"\r\n]", "", _ADDRESS.sub("", sender)).strip(" ,") or "Exercice"
