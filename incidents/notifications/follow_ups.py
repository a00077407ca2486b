"""The rounds of questions after closing, written by the worker while the desk is open to hear answers."""

from datetime import datetime

from csirt.directory import reference
from csirt.reference.hours import OpeningHours
from csirt.reference.messages import fill
from incidents.models import Report
from incidents.notifications import words
from incidents.services import follow_ups


def send_due(at: datetime) -> int:
    """Write to the victims whose round has come; return to how many. At night it waits for the day."""
    bundle = reference.current()
    if not OpeningHours(bundle.service_hours).is_open(at):
        return 0
    texts, sent = {one.days: one for one in bundle.reviews.rounds}, 0
    for case, days in follow_ups.due(at):
        first = Report.objects.filter(first_incident=case).order_by("pk").first()
        language = first.language if first else "fr"
        said = texts[days].en if language == "en" else texts[days].fr
        text = fill(said, words.known(language, case)).strip()
        row = follow_ups.send(incident=case.uuid, days=days, text=text, now=at)
        sent += row is not None
    return sent
