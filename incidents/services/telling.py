"""News for people of the desk: made from events, read through what the reader may still see.

A row holds no word of a case, so that nothing is left to leak when access ends. What nobody has read
may be mailed: references and a number, never what happened.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, time, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from csirt.accounts.models import MailChoice, User
from csirt.accounts.principals import Person
from csirt.accounts.roles import DESK, Role
from csirt.journal import nudge
from csirt.journal.models import Event
from incidents import kinds
from incidents.domain.moments import PARIS
from incidents.models import URGENT, Incident, IncidentAccess, News, Notice
from incidents.models.mail import address_digest
from incidents.queries import hangs_under
from incidents.services import duties, undoing
from incidents.services.notes import may_see

MORNING = time(8)  # in Paris: when the mail of the day leaves
LASTS = timedelta(days=90)
AT_ONCE = frozenset(
    {News.About.P1, News.About.UNTAKEN}
)  # mailed to who answers, whatever they chose
WORDS = "equipe"  # id of the words in the reference's messages


def tell(
    event: Event, case: Incident, about: News.About, people: Iterable[User], *, but: str = ""
) -> None:
    """Give *people* a row about *case*, those who may see it; inside a change.

    Somebody who has not read the last one of the same kind on that case keeps one row, with the new
    moment. *but*: an actor, who is told nothing of their own act.
    """
    told = []
    for user in people:
        if user.actor == but or not may_see(user, case):
            continue
        mine = News.objects.filter(user=user, incident=case, about=about)
        unread = mine.filter(read_at=None).order_by("-seq").first()
        if unread is None and not mine.filter(seq=event.seq).exists():
            News.objects.create(user=user, incident=case, about=about, seq=event.seq, at=event.at)
        elif unread is not None and unread.seq < event.seq:
            unread.seq, unread.at = event.seq, event.at
            unread.save(update_fields=["seq", "at"])
        else:
            continue
        _plan(event, case, about, user)
        told.append(str(user.uuid))
    if told:
        transaction.on_commit(lambda: nudge.publish({"t": "told", "people": told}), robust=True)


def take_back(event: Event) -> None:
    """Forget what was told of an act that was undone; *event* says which."""
    acts = Event.objects.filter(incident=event.incident, version=event.data.get("undone"))
    seqs = list(acts.exclude(kind=kinds.UNDONE.name).values_list("seq", flat=True))
    News.objects.filter(incident=event.incident or 0, seq__in=seqs).delete()


def answerable(case: Incident, at: datetime) -> list[User]:
    """Return who answers for what nobody has: on duty, else the leads, else who is named on it."""
    for found in (
        [row.user for row in duties.on_duty(at)],
        leads(),
        [row.user for row in IncidentAccess.objects.filter(incident=case).select_related("user")],
    ):
        if told := seeing(case, found):
            return told
    return []


def seeing(case: Incident, people: Iterable[User]) -> list[User]:
    """Return those of *people* who may see a case, each once."""
    return list({user.pk: user for user in people if may_see(user, case)}.values())


def leads() -> list[User]:
    """Return the leads of the desk."""
    return list(User.objects.filter(role=Role.LEAD, is_active=True).order_by("pk"))


def desk(uuids: Collection[str]) -> list[User]:
    """Return the active people *uuids*."""
    return list(User.objects.filter(uuid__in=list(uuids), is_active=True).order_by("pk"))


def mine(person: Person) -> QuerySet[News]:
    """Return one's news about cases that one may see now."""
    rows = News.objects.filter(hangs_under(person), user=person.user_id)
    return rows.select_related("incident").order_by("-at", "-pk")


@transaction.atomic
def mark(
    *, by: Person, read: bool, now: datetime, news: UUID | None = None, case: Incident | None = None
) -> int:  # fmt: skip
    """Mark one row, those of a case, or all of them, as read or not; returns how many changed.

    Not journalled.
    """
    rows = mine(by).order_by()
    if news is not None:
        rows = rows.filter(uuid=news)
    if case is not None:
        rows = rows.filter(incident=case)
    changed = rows.filter(read_at=None) if read else rows.exclude(read_at=None)
    return News.objects.filter(pk__in=list(changed.values_list("pk", flat=True))).update(
        read_at=now if read else None
    )


def forget_old(*, now: datetime) -> int:
    """Delete what is older than 90 days; returns how many. Called by ``tend``."""
    return News.objects.filter(at__lt=now - LASTS).delete()[0]


def _plan(event: Event, case: Incident, about: News.About, user: User) -> None:
    """Note that a mail is to say that there is news, if *user* wants one; the earliest moment wins."""
    due = _due(event, about, user)
    if due is None or user.role not in DESK:
        return
    waiting = Notice.objects.filter(
        user=user, incident=case, state=Notice.State.WAITING, carrier=None, tries=0
    ).first()
    if waiting is not None:
        if due < waiting.due_at:
            waiting.due_at = due
            waiting.save(update_fields=["due_at"])
        return
    Notice.objects.get_or_create(
        channel="mail",
        digest=address_digest("mail", user.email),
        epoch=event.epoch,
        seq=event.seq,
        kind=event.kind,
        defaults={
            "incident": case, "user": user, "about": WORDS, "address": user.email,
            "language": user.language or "fr", "made_at": event.at, "due_at": due,
        },
    )  # fmt: skip


def _due(event: Event, about: News.About, user: User) -> datetime | None:
    at_once = event.at + (undoing.FOR if undoing.may_be_undone(event) else timedelta())
    if about in AT_ONCE or (about in URGENT and user.mail == MailChoice.URGENT):
        return at_once
    return None if user.mail == MailChoice.NONE else next_morning(event.at)


def next_morning(at: datetime) -> datetime:
    """Return the next eight o'clock of Paris after *at*."""
    local = at.astimezone(PARIS)
    day = local.date() + timedelta(days=local.time() >= MORNING)
    return datetime.combine(day, MORNING, tzinfo=PARIS)


def still_news(notice: Notice) -> bool:
    """Tell whether a notice for somebody of the desk is still worth a mail.

    Not once they have read it in the console, may not see the case any more, or left.
    """
    user = notice.user
    if user is None or not user.is_active or user.role not in DESK or notice.incident is None:
        return False
    if not may_see(user, notice.incident):
        return False
    return News.objects.filter(user=user, incident=notice.incident, read_at=None).exists()
