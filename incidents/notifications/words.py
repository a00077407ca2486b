"""What is said: the reference's words, filled with what is known of a case."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from csirt.directory import reference
from csirt.directory.desk import reached
from csirt.reference.distress import DistressGroup
from csirt.reference.hours import in_words
from csirt.reference.messages import Template, fill
from incidents.models import Incident, IncomingMail, Notice

SEVERAL = "nouveau-plusieurs"
NEWS = "nouveau"
HELP = "recu-aide"
_PLACES: dict[str, str] = {}  # name of the page that a mail leads to, by what it is about
MOST_NAMED = 20  # cases in one mail; the rest is a number


@dataclass(frozen=True)
class Reply:
    """A template as the console offers it: filled as far as it can be."""

    id: str
    label: str
    text: str


def followup_address() -> str:
    """Return the address of the follow-up page: of the settings, never of a request (case A17)."""
    return _absolute("intake:followup")


def known(language: str, case: Incident | None = None, agent: str = "") -> dict[str, str]:
    """Return what can be filled in without asking anybody."""
    values = {
        "numero": reached.numbers().phone,
        "service": settings.DESK_NAME,
        "lien": followup_address(),
        "heures_ouverture": in_words(reference.current().service_hours, language),
    }
    if case is not None:
        organisation = case.organisation
        values["reference"] = case.reference
        values["structure"] = organisation.name if organisation else case.organisation_name
    if agent:
        values["prenom_agent"] = agent.split(maxsplit=1)[0]
    return values


def reply(template: str, *, case: Incident, language: str, agent: str = "") -> str:
    """Return one template filled for *case*; what is not known keeps its braces."""
    return _filled(reference.current().templates[template], case, language, agent)


def offered(case: Incident, language: str, agent: str, screen: str) -> list[Reply]:
    """Return the templates for a victim, in *language*, their labels in that of the *screen*."""
    return [
        Reply(
            template.id,
            (template.label_en if screen == "en" else template.label_fr) or template.id,
            _filled(template, case, language, agent),
        )
        for template in reference.current().messages.templates
        if template.audience == "victime"
    ]


def _filled(template: Template, case: Incident, language: str, agent: str) -> str:
    text = template.en if language == "en" else template.fr
    return fill(text, known(language, case, agent))


def subject_and_text(notice: Notice, references: Sequence[str]) -> tuple[str, str]:
    """Return the subject and the text of a notice about the cases *references*.

    Helplines that one of the notices it carries should have brought stand in this one.
    """
    if notice.user_id is not None:
        return _for_the_desk(notice, references)
    several = len(references) > 1 and notice.about not in _PLACES
    helped = [one for one in (notice, *notice.carried.all()) if one.about == HELP]
    found = {one.id: one for one in reference.current().messages.notices}
    subject = found[SEVERAL] if several else found.get(notice.about) or found[NEWS]
    said = found[HELP] if helped else subject
    values = known(notice.language) | {"reference": _listed(references)}
    if notice.about in _PLACES:
        values["lien"] = _absolute(_PLACES[notice.about])
    if helped:
        values["aide"] = "\n".join(_helplines(helped, notice.language))
    english = notice.language == "en"
    return (
        fill(subject.subject_en if english else subject.subject_fr, values),
        fill(said.en if english else said.fr, values),
    )


def leads_to(about: str, place: str) -> None:
    """Say that mails *about* something lead to the page named *place*, and name no case."""
    _PLACES[about] = place


def _absolute(place: str) -> str:
    return next(iter(settings.ORIGINS), "").rstrip("/") + reverse(place)


def _for_the_desk(notice: Notice, references: Sequence[str]) -> tuple[str, str]:
    """Return what tells somebody of the desk that there is news: which cases, and nothing of them."""
    found = {one.id: one for one in reference.current().messages.notices}[notice.about]
    values = known(notice.language) | {
        "nombre": str(len(references)),
        "reference": _listed(references),
        "lien": _absolute("console-news"),
    }
    english = notice.language == "en"
    return (
        fill(found.subject_en if english else found.subject_fr, values),
        fill(found.en if english else found.fr, values),
    )


def _listed(references: Sequence[str]) -> str:
    named = list(references[:MOST_NAMED])
    if len(references) > MOST_NAMED:
        named.append(f"+ {len(references) - MOST_NAMED}")
    return "\n".join(named)


def distress_in(mail: IncomingMail) -> tuple[DistressGroup, ...]:
    """Return what the words of a mail that became a report or a message let hear."""
    body = mail.report.text if mail.report else mail.message.text if mail.message else ""
    return reference.current().distress.heard(f"{mail.subject}\n{body}")


def _helplines(notices: Sequence[Notice], language: str) -> list[str]:
    """Return the line of each helpline, first those that fit what the mails let hear."""
    mails = IncomingMail.objects.filter(incident__in=[one.incident_id for one in notices])
    heard = [
        g
        for mail in mails.select_related("report", "message").defer("raw")
        for g in distress_in(mail)
    ]
    wanted = list(dict.fromkeys(contact for group in heard for contact in group.show_contacts))
    lines = {line.contact: line for line in reference.current().messages.helplines}
    order = [*(name for name in wanted if name in lines), *lines]
    return [lines[name].en if language == "en" else lines[name].fr for name in dict.fromkeys(order)]
