"""The consumer that tells people what partners said, and partners what was taken back from them."""

from api.models import PartnerPerson
from api.sharing import kinds
from csirt.journal import consumers
from csirt.journal.models import Event
from incidents import queries
from incidents.models import Incident, News
from incidents.notifications import words
from incidents.services import notices, telling

NAME = "api.teller"
TAKEN_BACK = "partage-retire"  # id of the mail in messages.yaml


def register() -> None:
    """Read the journal; called when the app is ready."""
    told = (kinds.SIGHTED, kinds.OPINED, kinds.WITHDRAWN)
    consumers.register(NAME, tell, kinds=[kind.name for kind in told])
    words.leads_to(TAKEN_BACK, "sharing-own")


def tell(event: Event) -> None:
    """Tell whoever works a case of a partner's word, and a partner's people of what is gone."""
    case = Incident.objects.filter(pk=event.incident or 0).first()
    if event.kind == kinds.WITHDRAWN.name:
        _taken_back(event, case)
    elif case is not None and case.erased_at is None:
        people = [case.assignee] if case.assignee else []
        theirs = telling.seeing(case, [*people, *queries.watchers(case.pk)])
        telling.tell(event, case, News.About.PARTNER, theirs or telling.answerable(case, event.at))


def _taken_back(event: Event, case: Incident | None) -> None:
    """Plan one mail for each person of the partners who had read it; it names no case.

    *case*: None where an option of a collection ended, which is of many cases.
    """
    rows = PartnerPerson.objects.filter(
        partner__identifier__in=event.data.get("partners", []),
        partner__active=True,
        user__is_active=True,
    ).select_related("user")
    for row in rows.order_by("pk"):
        to = {"about": TAKEN_BACK, "address": row.user.email, "language": row.user.language or "fr"}
        if case is None:
            notices.plan_apart(event, channel="mail", **to)
        else:
            notices.plan_for(event, case, channel="mail", **to)
