"""What the journal tells playbooks: a category to propose one for, answers that steps depend on."""

from csirt.journal import consumers, withdraws
from csirt.journal.models import Event
from csirt.kernel.clock import now as read_clock
from incidents import kinds
from incidents.models import Incident, News
from incidents.services import telling
from playbooks import kinds as own
from playbooks.models import Lesson
from playbooks.services import learning, running

NAME, NEWS = "playbooks.reactions", "playbooks.news"
CATEGORY = (kinds.QUALIFIED, kinds.EDITED, kinds.UNDONE, kinds.REOPENED, kinds.SPLIT)
KNOWN = (
    kinds.ANSWERED,
    kinds.ASSESSED,
    kinds.SITUATION_CHANGED,
    kinds.SUGGESTION_SETTLED,
    kinds.WORDS_SETTLED,
)


def register() -> None:
    """Read the journal, and answer what must not wait; called when the app is ready."""
    consumers.register(NAME, react, kinds=[kind.name for kind in (*CATEGORY, *KNOWN)])
    consumers.register(NEWS, tell, kinds=[own.LESSON_TAKEN.name, own.LESSON_REFUSED.name])
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
