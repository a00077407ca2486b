"""One page of the form as its template wants it: fields with their answers, hints and errors."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from csirt.reference.intake import Option, Question
from incidents.domain.answers import FormError, Raw, many, one
from incidents.domain.moments import PARIS, restored
from incidents.domain.questions import Page
from incidents.domain.walk import Asked
from incidents.intake import bodies, places
from incidents.intake.words import said, typeset


@dataclass(frozen=True)
class Choice:
    """One option, as the components show it."""

    value: str
    label: str
    exclusive: bool = False


@dataclass(frozen=True)
class Part:
    """One box of text inside a question."""

    name: str
    label: str
    value: str = ""
    hint: str = ""
    error: str = ""
    type: str = "text"
    inputmode: str = ""
    autocomplete: str = "off"
    width: str = ""


@dataclass(frozen=True)
class Field:
    """One question. ``kind`` is the question's type, and names the part of ``field.html``."""

    kind: str
    name: str
    label: str
    heading: bool
    hint: str = ""
    error: str = ""
    optional: bool = False
    value: str = ""
    values: tuple[str, ...] = ()
    options: tuple[Choice, ...] = ()
    parts: tuple[Part, ...] = ()
    found: tuple[Choice, ...] = ()  # communes that a typed name may mean
    doubtful: str = ""  # one name among several that is in doubt

    @property
    def choice_name(self) -> str:
        """The field that settles the name in doubt."""
        return f"{self.name}_choix"

    @property
    def found_or_other(self) -> tuple[Choice, ...]:
        """The communes found, then the other answers."""
        return self.found + self.options


@dataclass(frozen=True)
class Problem:
    """One line of the error summary."""

    name: str
    text: str


@dataclass
class Shown:
    """What the template draws: the fields of a page, and its problems in the same words."""

    fields: list[Field] = field(default_factory=list)
    errors: list[Problem] = field(default_factory=list)


def shown(page: Page, raw: Raw | None, errors: Sequence[FormError] = ()) -> Shown:
    """Return the page with what was just typed (*raw*), or with the answers kept."""
    by_question = {error.question: error for error in errors}
    result = Shown()
    for asked in page.asked:
        error = by_question.get(asked.question.id)
        drawn = _field(asked, raw, error, heading=not result.fields)
        result.fields.append(drawn)
        if error is not None:
            target = _target(drawn, error)
            result.errors.append(Problem(target, words(error)))
    return result


def _target(drawn: Field, error: FormError) -> str:
    """The box or button that the summary leads to: the communes to choose from, where there are."""
    if not drawn.found:
        return drawn.parts[0].name if drawn.kind == "commune" else error.field
    return drawn.choice_name if drawn.doubtful else drawn.name


def words(error: FormError) -> str:
    """Return what is wrong, in the reader's language."""
    sentence = typeset(gettext(error.sentence))
    return sentence % error.params if error.params else sentence


def typed_values(asked: Asked) -> dict[str, list[str]]:
    """Return a kept answer as a browser would send it; the engine reads it back the same."""
    question, answer, name = asked.question, asked.answer, asked.question.id
    if answer is None:
        return {}
    if isinstance(answer, dict):
        return {f"{name}_{part}": [value] for part, value in answer.items()}
    if question.type == "commune":
        if isinstance(answer, str) and question.option(answer):
            return {name: [answer]}
        codes = [answer] if isinstance(answer, str) else answer
        exact = [f"{places.EXACT}{code}" for code in codes]
        return (
            {name: exact}
            if len(exact) == 1
            else {name: ["plusieurs"], f"{name}_texte": ["; ".join(exact)]}
        )
    return {name: [answer] if isinstance(answer, str) else list(answer)}


def _field(asked: Asked, raw: Raw | None, error: FormError | None, *, heading: bool) -> Field:
    question = asked.question
    kept = _kept(asked) if raw is None else raw
    return Field(
        kind=question.type,
        name=question.id,
        label=said(question),
        heading=heading,
        hint=_hint(asked),
        error=words(error)
        if error and error.field == question.id and question.type != "commune"
        else "",
        optional=not asked.required and question.type != "contact",
        value=one(kept, question.id),
        values=tuple(many(kept, question.id)),
        options=_choices(asked.options),
        parts=_parts(question, kept, error),
        **(_doubt(question, kept, error) if error and error.choices else {}),
    )


def _doubt(question: Question, kept: Raw, error: FormError) -> dict[str, Any]:
    """The communes to choose from: in place of the answer, or of one name among several."""
    several = one(kept, question.id) == "plusieurs" or ";" in one(kept, f"{question.id}_texte")
    if not several:
        return {"found": tuple(Choice(f"{places.EXACT}{c}", label) for c, label in error.choices)}
    names = places.labels([code for code, _ in error.choices])
    return {
        "found": tuple(Choice(name, name) for name in names),
        "doubtful": str(error.params["text"]),
    }


def _kept(asked: Asked) -> dict[str, list[str]]:
    """A kept answer as a person would have typed it."""
    question, answer, name = asked.question, asked.answer, asked.question.id
    if (
        question.type == "commune"
        and answer
        and not (isinstance(answer, str) and question.option(answer))
    ):
        codes = [answer] if isinstance(answer, str) else list(answer)
        typed = {f"{name}_texte": ["; ".join(places.labels(codes))]}
        return typed | ({name: ["plusieurs"]} if len(codes) > 1 else {})
    if question.type == "choice_or_datetime" and isinstance(answer, str):
        moment = restored(answer)
        if isinstance(moment, datetime):
            local = moment.astimezone(PARIS)
            return {f"{name}_date": [f"{local:%d/%m/%Y}"], f"{name}_heure": [f"{local:%Hh%M}"]}
        if moment is not None:
            return {f"{name}_date": [f"{moment:%d/%m/%Y}"]}
    if isinstance(answer, dict):
        return {f"{name}_{part}": [readable(value)] for part, value in answer.items()}
    return typed_values(asked)


def _hint(asked: Asked) -> str:
    question = asked.question
    hints = [said(question, "help")]
    if question.type == "multi":
        hints.append(gettext("Cochez tout ce qui convient."))
    if question.type == "contact" and not asked.required:
        hints.append(said(question, "optional"))
    if question.type == "textarea":
        hints.append(gettext("N'écrivez jamais un mot de passe."))
    if question.id == bodies.NAME:
        hints.append(gettext("Son nom, ou son numéro SIREN ou SIRET."))
    return " ".join(hint for hint in hints if hint)


def _choices(options: Sequence[Option]) -> tuple[Choice, ...]:
    """The last answers that exclude the others are set apart, once."""
    apart = next((o.id for o in options if o.exclusive or o.id == "nsp"), None)
    if apart is not None and options[0].id == apart:
        apart = next((o.id for o in options[1:] if o.exclusive or o.id == "nsp"), None)
    return tuple(Choice(o.id, said(o, "label"), exclusive=o.id == apart) for o in options)


def _parts(question: Question, kept: Raw, error: FormError | None) -> tuple[Part, ...]:
    whole = {question.id} if question.type == "commune" else set()  # its box is the question

    def part(suffix: str, label: str, **more: str) -> Part:
        name = f"{question.id}_{suffix}"
        at_fault = error is not None and error.field in {name, *whole}
        wrong = words(error) if error and at_fault else ""
        return Part(name, label, one(kept, name), error=wrong, **more)

    if question.type == "contact":
        return (
            part("phone", gettext("Téléphone"), type="tel", autocomplete="tel", width="m"),
            part(
                "email",
                gettext("Adresse électronique"),
                type="email",
                autocomplete="email",
                width="l",
            ),
        )
    if question.type == "choice_or_datetime":
        return (
            part(
                "date",
                gettext("Ou la date, si vous la connaissez"),
                hint=gettext("Par exemple 22/11/2026."),
                width="m",
            ),
            part("heure", gettext("Et l'heure"), hint=gettext("Par exemple 16h25."), width="s"),
        )
    if question.type == "commune":
        return (part("texte", said(question), hint=said(question, "help"), width="l"),)
    return ()


def lines(asked: Asked) -> list[str]:
    """Return an answer in words, for the page where answers are checked."""
    question, answer = asked.question, asked.answer
    if not answer:
        return []
    if isinstance(answer, dict):
        return [readable(part) for part in answer.values()]
    values = [answer] if isinstance(answer, str) else list(answer)
    chosen = [said(option, "label") for v in values if (option := question.option(v))]
    if chosen:
        return chosen
    if question.type == "commune":
        return places.labels(values)
    if question.type == "choice_or_datetime":
        kept = _kept(asked)
        return [" ".join(kept[name][0] for name in kept)]
    return values


def readable(contact: str) -> str:
    """Return a French number as it is said, "05 36 49 12 34"; anything else as it is."""
    if not re.fullmatch(r"\+33[1-9]\d{8}", contact):
        return contact
    national = "0" + contact.removeprefix("+33")
    return " ".join(national[i : i + 2] for i in range(0, 10, 2))


def prepared(page: Page, posted: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return what was posted as the engine reads it.

    A typed date counts more than a rounded answer beside it. A commune chosen among several takes
    the place of the name that was in doubt.
    """
    raw = {name: list(values) for name, values in posted.items()}
    for asked in page.asked:
        name = asked.question.id
        if asked.question.type == "choice_or_datetime" and one(raw, f"{name}_date").strip():
            raw[name] = ["date"]
        doubtful, chosen = one(raw, f"{name}_doute"), one(raw, f"{name}_choix")
        if asked.question.type == "commune" and doubtful and chosen:
            parts = one(raw, f"{name}_texte").replace("\n", ";").split(";")
            raw[f"{name}_texte"] = [
                "; ".join(chosen if p.strip() == doubtful else p.strip() for p in parts)
            ]
    return raw
