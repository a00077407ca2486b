"""What the confirmation says, to keep as a text or a PDF: the same words, without the screen.

The reference, the code and what to do. Made when it is asked for, and kept nowhere.
"""

import re
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext

from csirt.directory import reference
from csirt.directory.desk import reached
from incidents.intake.calendar import Promise
from incidents.intake.deadlines import Clocks
from incidents.intake.words import Reach, language, said_all


@dataclass(frozen=True)
class Part:
    """One heading and its lines; ``numbered``: in this order; ``large``: to be copied by hand."""

    title: str
    lines: tuple[str, ...]
    numbered: bool = False
    large: bool = False


def parts(context: dict[str, Any], *, address: str) -> list[Part]:
    """Return what a paper says, from the context of the confirmation page."""
    case, code, clocks = context["case"], context["code"], context["clocks"]
    playbook = reference.current().playbook_for(case.category)
    us = reached.when(language())
    found = [
        Part(gettext("Référence, à dire au téléphone"), (case.reference,), large=True),
        Part(
            gettext("Code de suivi, secret"),
            (code, gettext("Lui seul ouvre votre page de suivi. Ne le donnez à personne."))
            if code
            else (gettext("Votre code a déjà été montré"),),
            large=True,
        ),
        Part(gettext("Votre page de suivi"), (address,)),
        Part(gettext("Et maintenant ?"), (*_next(context["answer"]), *context["sentences"])),
        Part(gettext("À faire tout de suite"), said_all(playbook, "first_minutes"), numbered=True),
        Part(gettext("À ne pas faire"), said_all(playbook, "dont")),
        Part(gettext("Ce que la loi peut vous demander"), _law(clocks)),
        Part(gettext("Appelez d'abord"), tuple(map(_line, context["urgent"]))),
        Part(gettext("Qui peut aider en attendant"), tuple(map(_line, context["others"]))),
        Part(gettext("Nous joindre"), (f"{settings.DESK_NAME} : {reached.numbers().phone}", us)),
    ]
    return [part for part in found if part.lines]


def text(found: list[Part]) -> str:
    """Return the parts as plain text, to be opened anywhere."""
    blocks = [gettext("Votre signalement est envoyé"), ""]
    for part in found:
        marks = [f"{n}. " if part.numbered else "- " for n in range(1, len(part.lines) + 1)]
        if len(part.lines) == 1:
            marks = [""]
        blocks += [
            part.title.upper(),
            *(f"{m}{line}" for m, line in zip(marks, part.lines, strict=True)),
            "",
        ]
    return "\r\n".join(blocks)


def _next(answer: Promise) -> list[str]:
    lines = []
    if not answer.desk.open:
        opens = {"opens": answer.desk.opens}
        lines.append(gettext("Notre équipe est fermée. Elle rouvre %(opens)s.") % opens)
    if answer.late:
        lines.append(gettext("Nous avons du retard, pardon. Si cela presse, appelez-nous."))
    elif answer.before:
        before = {"before": answer.before}
        lines.append(gettext("Un analyste vous répond avant %(before)s.") % before)
    return lines


def _law(clocks: Clocks) -> tuple[str, ...]:
    lines = [str(task) for task in clocks.at_once]
    for one in clocks.deadlines:
        if one.done:
            continue
        maybe = "" if one.sure else gettext("Peut-être :") + " "
        hour = gettext("Avant %(before)s.") % {"before": one.before} if one.before else ""
        if one.late:
            hour = gettext("L'heure est peut-être passée. Faites-le quand même.")
        lines.append(f"{maybe}{one.task} {hour}".strip())
    if clocks.ask:
        lines.append(
            gettext(
                "Quand l'avez-vous su ? Les délais partent de là. Dites-le sur votre page de suivi."
            )
        )
    if lines:
        lines.append(
            gettext("C'est un conseil, pas un avis juridique. Un juriste peut vous le confirmer.")
        )
    return tuple(lines)


def _line(one: Reach) -> str:
    hours = f" ({one.hours})" if one.hours else ""
    where = one.phone or re.sub(r"^https?://(www\.)?", "", one.url)
    return f"{one.name} : {where}{hours}"
