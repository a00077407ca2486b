"""What the journal tells playbooks: a category to propose one for, answers that steps depend on."""

from csirt.journal import consumers, withdraws
from csirt.journal.models import Event
from csirt.kernel.clock import now as read_clock
from incidents import kinds
from incidents.models import Incident
from playbooks.services import running

NAME = "playbooks.reactions"
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
    withdraws(kinds.ERASED)(running.forget)


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
