"""The consumer that turns events into news for people of the desk."""

from csirt.accounts.models import User
from csirt.journal import consumers
from csirt.journal.models import Event
from incidents import kinds, kinds_team, queries
from incidents.models import Incident, News, Priority
from incidents.services import telling

NAME = "teller"
_RANKED = {kinds.ASSESSED.name, kinds.PRIORITISED.name}
CLOCKS = {kinds.CLOCK_NEAR.name, kinds.CLOCK_OVER.name}
# What a watcher hears of, beside what is said to them by another name.
CHANGES = {
    kind.name
    for kind in (
        kinds.TAKEN, kinds.QUALIFIED, kinds.WAITED, kinds.RESUMED, kinds.CONTAINED, kinds.RESOLVED,
        kinds.CLOSED, kinds.REOPENED, kinds.REDIRECTED, kinds.REJECTED, kinds.MERGED, kinds.SPLIT,
        kinds.ASSIGNED, kinds.EDITED, kinds.TLP_RAISED, kinds.TLP_LOWERED, kinds.ASSESSED, kinds.PRIORITISED,
        kinds.NOTED, kinds_team.NOTE_EDITED, kinds.OBSERVED, kinds.VICTIM_WROTE, kinds.DESK_WROTE,
        kinds.EVIDENCE_RECEIVED, kinds.ANSWERED, kinds.FOLLOW_UP_ANSWERED, kinds.SITUATION_CHANGED, kinds.ERASURE_ASKED,
    )
}  # fmt: skip


def register() -> None:
    """Read the journal; called when the app is ready."""
    others = (kinds.FILED, kinds.UNDONE, kinds_team.MENTIONED, kinds_team.UNTAKEN)
    names = {*CHANGES, *CLOCKS, *(kind.name for kind in others)}
    consumers.register(NAME, tell, kinds=names)


def tell(event: Event) -> None:
    """Give a row to each person whom *event* concerns, and who may see its case."""
    case = Incident.objects.filter(pk=event.incident or 0, erased_at=None).first()
    if case is None:
        return
    about = News.About
    if event.kind == kinds.UNDONE.name:
        telling.take_back(event)
    elif event.kind == kinds_team.MENTIONED.name:
        telling.tell(event, case, about.MENTIONED, telling.desk(event.data["people"]))
    elif event.kind == kinds_team.UNTAKEN.name:
        people = telling.seeing(case, telling.leads()) or telling.answerable(case, event.at)
        telling.tell(event, case, about.UNTAKEN, people)
    elif event.kind in CLOCKS:
        theirs = telling.seeing(case, [case.assignee] if case.assignee else [])
        people = theirs or telling.answerable(case, event.at)
        telling.tell(event, case, about.CLOCK, people)
    elif event.kind == kinds.FOLLOW_UP_ANSWERED.name and event.data["bad"]:
        worked = telling.seeing(case, _who_worked(case))
        telling.tell(event, case, about.AGAIN, worked or telling.answerable(case, event.at))
    elif _new_p1(event):
        telling.tell(event, case, about.P1, telling.answerable(case, event.at))
    else:
        _changed(event, case)


def _who_worked(case: Incident) -> list[User]:
    """Return to whom a case is given, and who closed it last."""
    closings = Event.objects.filter(incident=case.pk, kind=kinds.CLOSED.name).order_by("-seq")
    actor = closings.values_list("actor", flat=True).first() or ""
    closed_by = telling.desk([actor.removeprefix("user:")]) if actor.startswith("user:") else []
    return [case.assignee, *closed_by] if case.assignee else closed_by


def _new_p1(event: Event) -> bool:
    if event.kind == kinds.FILED.name:
        return bool(event.data.get("priority") == Priority.P1)
    raised = event.kind in _RANKED and event.data.get("priority") == Priority.P1
    return bool(raised and event.data.get("previous") != Priority.P1)


def _changed(event: Event, case: Incident) -> None:
    """Tell who it is given to or whose victim wrote; then those who watch, once."""
    said: list[User] = []
    if event.kind == kinds.ASSIGNED.name and event.data.get("assignee"):
        said = telling.desk([event.data["assignee"]])
        telling.tell(event, case, News.About.ASSIGNED, said, but=event.actor)
    elif event.kind == kinds.VICTIM_WROTE.name and case.assignee is not None:
        said = [case.assignee]
        telling.tell(event, case, News.About.WROTE, said)
    if event.kind in CHANGES:
        others = [user for user in queries.watchers(case.pk) if user not in said]
        telling.tell(event, case, News.About.CHANGED, others, but=event.actor)
