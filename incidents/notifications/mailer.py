"""The consumer that turns events into notices, and the automatic answer of a quiet case."""

from csirt.directory import reference
from csirt.journal import consumers
from csirt.journal.models import Event
from csirt.kernel.clock import now as read_clock
from incidents import kinds
from incidents.domain.lifecycle import State
from incidents.models import Incident, IncomingMail, Report
from incidents.notifications import channels, words
from incidents.services import notices
from incidents.services.answers import answer_by_itself

NAME = "mailer"
AUTOMATIC = "automatic answers"
NEWS, RECEIVED = "nouveau", "recu"
VICTIM = "victim"  # how the journal names whoever filed
# What the victim's page shows that they did not do themselves.
TOLD = {
    kind.name
    for kind in (
        kinds.DESK_WROTE,
        kinds.QUALIFIED,
        kinds.CONTAINED,
        kinds.RESOLVED,
        kinds.CLOSED,
        kinds.REOPENED,
        kinds.REDIRECTED,
        kinds.REJECTED,
        kinds.PACK_OFFERED,
        kinds.FOLLOWED_UP,
    )
}


def register() -> None:
    """Read the journal; called when the app is ready."""
    others = (kinds.WAITED, kinds.ERASURE_ANSWERED, kinds.FILED, kinds.VICTIM_WROTE)
    consumers.register(NAME, plan, kinds=[*TOLD, *(kind.name for kind in others)])
    consumers.register(AUTOMATIC, answer, kinds=[kinds.FILED.name])


def plan(event: Event) -> None:
    """Plan a notice for each address of the case, when *event* is news to the people there."""
    case = Incident.objects.filter(pk=event.incident or 0).first()
    if case is None:  # erased since
        return
    given = Report.objects.filter(first_incident=case).order_by("pk")
    about, answers = NEWS, ""
    if event.kind in {kinds.FILED.name, kinds.VICTIM_WROTE.name}:
        mail = _mail(event, case)
        if mail is None or mail.why:  # written by a machine, by all appearances: never answered
            return
        distress = words.distress_in(mail)
        if event.kind == kinds.VICTIM_WROTE.name and not distress:
            return
        about, answers = words.HELP if distress else RECEIVED, mail.name
        given = given.filter(contact_email__iexact=mail.sender)
    elif (event.kind == kinds.WAITED.name and event.data.get("on") != "victim") or (
        event.kind == kinds.REOPENED.name and event.actor == VICTIM
    ):
        return
    for name, channel in channels.ready().items():
        for report in given:
            if address := channel.address(report):
                notices.plan(
                    event, case, channel=name, about=about, report=report, address=address,
                    answers=answers,
                )  # fmt: skip


def _mail(event: Event, case: Incident) -> IncomingMail | None:
    """Return the mail that an event is about; None when it came another way."""
    mails = IncomingMail.objects.filter(incident=case).defer("raw")
    if event.kind == kinds.FILED.name:
        return mails.filter(report__uuid=event.data["report"]).first()
    return mails.filter(message__uuid=event.data["message"]).first()


def answer(event: Event) -> None:
    """Write the answer that the reference has for the priority of a filed report, once.

    Never while words may mean that somebody is in danger: a person answers.
    """
    case = Incident.objects.filter(pk=event.incident or 0).first()
    template = next(
        (
            one.template
            for one in reference.current().messages.automatic
            if one.priority == event.data["priority"]
        ),
        None,
    )
    if case is None or template is None or case.state != State.NEW:
        return
    if case.assessment.get("suspected"):
        return
    report = Report.objects.get(uuid=event.data["report"])
    text = words.reply(template, case=case, language=report.language)
    answer_by_itself(incident=case.uuid, text=text, about=event.seq, now=read_clock())
