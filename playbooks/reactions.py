"""What the journal tells playbooks: a category to propose one for, answers that steps depend on."""

from datetime import timedelta

from cryptography.fernet import InvalidToken

from csirt.accounts import seeds
from csirt.journal import consumers, withdraws
from csirt.journal.models import Event
from csirt.kernel.clock import now as read_clock
from incidents import kinds
from incidents.models import Incident, News, Notice
from incidents.models.mail import address_digest
from incidents.notifications import words
from incidents.services import notices, telling
from playbooks import kinds as own
from playbooks.models import KitReminder, Lesson
from playbooks.services import learning, running

NAME, NEWS, REMINDERS = "playbooks.reactions", "playbooks.news", "playbooks.reminders"
KIT = "kit"  # id of the words in the reference's messages
ONCE_IN = timedelta(days=30)  # to one address, however many kits name it
CATEGORY = (kinds.QUALIFIED, kinds.EDITED, kinds.UNDONE, kinds.REOPENED, kinds.SPLIT)
KNOWN = (
    kinds.ANSWERED,
    kinds.ASSESSED,
    kinds.PRIORITISED,
    kinds.SITUATION_CHANGED,
    kinds.SUGGESTION_SETTLED,
    kinds.WORDS_SETTLED,
)


def register() -> None:
    """Read the journal, and answer what must not wait; called when the app is ready."""
    consumers.register(NAME, react, kinds=[kind.name for kind in (*CATEGORY, *KNOWN)])
    consumers.register(NEWS, tell, kinds=[own.LESSON_TAKEN.name, own.LESSON_REFUSED.name])
    consumers.register(REMINDERS, remind, kinds=[own.KIT_AGAIN.name])
    words.leads_to(KIT, "kit:start")
    withdraws(kinds.ERASED)(running.forget)
    withdraws(kinds.ERASED)(learning.forget)


def react(event: Event) -> None:
    """Propose what the category calls for now, and look again at what steps depend on."""
    case = (
        Incident.objects.select_for_update(no_key=True, of=("self",))
        .select_related("organisation")
        .filter(pk=event.incident or 0, erased_at=None)
        .first()
    )
    if case is None:
        return
    now = read_clock()
    if event.kind in {kind.name for kind in CATEGORY}:
        running.propose(case, now)
    running.look_again(case, now)


def tell(event: Event) -> None:
    """Tell who proposed a lesson what became of it, if they may still see its case."""
    row = Lesson.objects.filter(uuid=event.object_id).select_related("incident", "author").first()
    if row is None:  # erased since
        return
    taken = event.kind == own.LESSON_TAKEN.name
    about = News.About.LESSON_TAKEN if taken else News.About.LESSON_LEFT
    telling.tell(event, row.incident, about, [row.author], but=event.actor)


def remind(event: Event) -> None:
    """Write to who asked for it that the kit is to be done again, and forget the address."""
    row = KitReminder.objects.filter(uuid=event.object_id).first()
    if row is None:  # taken back since
        return
    try:
        address = seeds.decrypt(row.sealed)
    except InvalidToken:  # sealed under a key that is gone
        address = ""
    row.delete()
    lately = Notice.objects.filter(
        kind=own.KIT_AGAIN.name,
        digest=address_digest("mail", address),
        made_at__gt=event.at - ONCE_IN,
    ).exclude(epoch=event.epoch, seq=event.seq)
    if address and not lately.exists():
        notices.plan_apart(event, channel="mail", about=KIT, language=row.language, address=address)
