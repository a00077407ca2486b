"""One question's submitted values, read into an answer, or a sentence saying what to do.

Answers are plain JSON: an option id, a list of option ids, an ISO date, an INSEE code or a list of
them, a text, an amount, or ``{"phone": ..., "email": ...}``.
"""

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from csirt.kernel.text import clean, clean_line
from csirt.reference.intake import Option, Question
from incidents.domain.moments import WrongMoment, read_moment, restored, stored

Answer = str | list[str] | dict[str, str]
Raw = Mapping[str, str | Sequence[str]]
Communes = Callable[[str], Sequence[tuple[str, str]]]
"""Typed name, postcode or INSEE code -> the communes that it may mean, as (INSEE code, label)."""

MAX_TEXT = 20_000
MAX_LINE = 200
MAX_COMMUNES = 100
DATE_CHOICE = "date"
COMMUNE_CHOICE = "commune"

ANSWER_SENTENCES = {
    "choose": "Choisissez une réponse.",
    "choose_or_nsp": "Choisissez une réponse. « Je ne sais pas » est une bonne réponse.",
    "not_offered": "Choisissez une des réponses proposées.",
    "exclusive": "Une des réponses cochées exclut les autres. Gardez l'une ou l'autre.",
    "give_commune": "Tapez le nom de la commune ou son code postal, ou choisissez une réponse.",
    "no_commune": "Nous ne trouvons pas « %(text)s ». Tapez le nom de la commune ou son code postal.",
    "which_commune": "Plusieurs communes correspondent à « %(text)s ». Choisissez la bonne.",
    "many_communes": "Donnez au plus %(most)d communes. Vous pourrez compléter après l'envoi.",
    "give_contact": "Donnez un numéro ou une adresse pour que l'on puisse vous répondre.",
    "write_phone": "Écrivez le numéro comme ceci : 06 12 34 56 78, ou +34 612 345 678.",
    "write_email": "Écrivez l'adresse comme ceci : nom@exemple.fr.",
    "write_amount": "Écrivez le montant en chiffres, par exemple 1250 ou 1250,50.",
    "write_text": "Écrivez une réponse.",
    "too_long": "Votre texte fait %(length)d caractères. Raccourcissez-le à %(most)d caractères.",
}


_EMAIL = re.compile(
    r"[^\s@<>()\[\],;:\"\\]{1,64}@(?:[\w](?:[\w-]{0,61}[\w])?\.)+[^\W\d_][\w-]{0,61}[^\W_]"
)
_AMOUNT = re.compile(r"(\d{1,12})(?:[.,](\d{1,2}))?")
_SEVERAL = re.compile(r"[\n;]+")


@dataclass(frozen=True)
class FormError:
    """What is wrong with one field, as a French sentence saying what to do.

    ``sentence`` is the text to translate, ``params`` fill its ``%(name)s``; ``choices`` are the
    (value, label) pairs to offer where a typed value may mean several things.
    """

    question: str
    field: str
    sentence: str
    params: Mapping[str, object] = dataclasses.field(default_factory=dict)
    choices: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return self.sentence % self.params if self.params else self.sentence


class Refused(Exception):
    """The values of one question cannot be taken."""

    def __init__(self, error: FormError) -> None:
        super().__init__(str(error))
        self.error = error


def read(
    question: Question,
    raw: Raw,
    *,
    kind: str | None,
    required: bool,
    now: datetime,
    communes: Communes,
) -> Answer | None:
    """The answer to one question (not of files), None when left empty. Raises ``Refused``."""
    options = question.options_for(kind)
    by_type: dict[str, Callable[[], Answer | None]] = {
        "choice": lambda: _choice(question, options, one(raw, question.id), required),
        "multi": lambda: _multi(question, options, many(raw, question.id), required),
        "choice_or_datetime": lambda: _moment(question, options, raw, required, now),
        "commune": lambda: _commune(question, options, raw, required, communes),
        "contact": lambda: _contact(question, raw, required),
        "money": lambda: _amount(question, one(raw, question.id), required),
        "text": lambda: _text(question, one(raw, question.id), required),
        "textarea": lambda: _text(question, one(raw, question.id), required),
    }
    return by_type[question.type]()


def still_fits(question: Question, kind: str | None, answer: object) -> Answer | None:
    """What is left of a stored answer for a victim of this kind, None when nothing is."""
    offered = {option.id for option in question.options_for(kind)}
    if question.type == "contact":
        return _strings_of(answer)
    if question.type == "multi" or (
        question.type == "commune" and isinstance(answer, list | tuple)
    ):
        given = answer if isinstance(answer, list | tuple) else ()
        kept = [a for a in given if isinstance(a, str) and (a in offered or question.several)]
        return kept or None
    if not isinstance(answer, str) or not answer:
        return None
    if question.type == "choice":
        return answer if answer in offered else None
    if question.type == "choice_or_datetime":
        return answer if answer in offered or restored(answer) else None
    return answer


def _strings_of(answer: object) -> dict[str, str] | None:
    given = answer if isinstance(answer, Mapping) else {}
    kept = {part: given[part] for part in ("phone", "email") if isinstance(given.get(part), str)}
    return kept or None


def one(raw: Raw, name: str) -> str:
    """The last value sent under that name, as a browser's form means it; empty when absent."""
    value = raw.get(name, "")
    if isinstance(value, str):
        return value
    return value[-1] if value else ""


def many(raw: Raw, name: str) -> list[str]:
    """Every value sent under that name."""
    value = raw.get(name, ())
    return [value] if isinstance(value, str) else list(value)


def _refuse(question: Question, sentence: str, part: str = "", /, **params: object) -> Refused:
    return Refused(FormError(question.id, f"{question.id}{part}", sentence, params))


def _empty(question: Question, required: bool, sentence: str = "", part: str = "") -> None:
    if required:
        usual = (
            ANSWER_SENTENCES["choose_or_nsp"]
            if question.option("nsp")
            else ANSWER_SENTENCES["choose"]
        )
        raise _refuse(question, sentence or usual, part)


def _choice(
    question: Question, options: tuple[Option, ...], value: str, required: bool
) -> str | None:
    if not value:
        _empty(question, required)
        return None
    if value not in {option.id for option in options}:
        raise _refuse(question, ANSWER_SENTENCES["not_offered"])
    return value


def _multi(
    question: Question, options: tuple[Option, ...], values: list[str], required: bool
) -> list[str] | None:
    chosen = [option for option in options if option.id in values]
    if set(values) - {"", *(option.id for option in options)}:
        raise _refuse(question, ANSWER_SENTENCES["not_offered"])
    if not chosen:
        _empty(question, required)
        return None
    if len(chosen) > 1 and any(option.exclusive for option in chosen):
        raise _refuse(question, ANSWER_SENTENCES["exclusive"])
    return [option.id for option in chosen]


def _moment(
    question: Question, options: tuple[Option, ...], raw: Raw, required: bool, now: datetime
) -> str | None:
    value = one(raw, question.id)
    if value in {option.id for option in options}:
        return value
    typed = one(raw, f"{question.id}_date") if value in {"", DATE_CHOICE} else value
    if not typed.strip():
        part = "_date" if value == DATE_CHOICE else ""
        _empty(question, required or value == DATE_CHOICE, part=part)
        return None
    try:
        return stored(read_moment(typed, one(raw, f"{question.id}_heure"), now=now))
    except WrongMoment as wrong:
        raise _refuse(question, str(wrong), "_date") from wrong


def _commune(
    question: Question, options: tuple[Option, ...], raw: Raw, required: bool, communes: Communes
) -> str | list[str] | None:
    values = [value.strip() for value in many(raw, question.id) if value.strip()]
    typed = [one(raw, f"{question.id}_texte")]
    if len(values) == 1 and values[0] in {option.id for option in options}:
        if values[0] != "plusieurs" or not question.several:
            return values[0]
    elif values not in ([], [COMMUNE_CHOICE]):
        typed = values
    wanted = [clean_line(part) for text in typed for part in _SEVERAL.split(text[: MAX_TEXT + 1])]
    wanted = list(dict.fromkeys(part for part in wanted if part))
    if not wanted:
        if values == ["plusieurs"]:
            return "plusieurs"
        _empty(
            question,
            required or bool(values),
            ANSWER_SENTENCES["give_commune"],
            "_texte" if values else "",
        )
        return None
    if len(wanted) > MAX_COMMUNES:
        raise _refuse(question, ANSWER_SENTENCES["many_communes"], "_texte", most=MAX_COMMUNES)
    codes = list(dict.fromkeys(_one_commune(question, text, communes) for text in wanted))
    return codes if len(codes) > 1 else codes[0]


def _one_commune(question: Question, text: str, communes: Communes) -> str:
    found = communes(text[:MAX_LINE])
    if len(found) == 1:
        return found[0][0]
    params = {"text": text[:60]}
    name = f"{question.id}_texte"
    sentence = ANSWER_SENTENCES["which_commune"] if found else ANSWER_SENTENCES["no_commune"]
    raise Refused(FormError(question.id, name, sentence, params, tuple(found)))


def _contact(question: Question, raw: Raw, required: bool) -> dict[str, str] | None:
    phone, email = (clean_line(one(raw, f"{question.id}_{part}")) for part in ("phone", "email"))
    if not phone and not email:
        _empty(question, required, ANSWER_SENTENCES["give_contact"], "_phone")
        return None
    answer: dict[str, str] = {}
    if phone:
        read_phone = phone_number(phone)
        if read_phone is None:
            raise _refuse(question, ANSWER_SENTENCES["write_phone"], "_phone")
        answer["phone"] = read_phone
    if email:
        if not is_email(email):
            raise _refuse(question, ANSWER_SENTENCES["write_email"], "_email")
        answer["email"] = email
    return answer


def phone_number(text: str) -> str | None:
    """A French or international number as ``+33612345678``, None when it is neither."""
    if len(text) > 40 or re.search(r"[^\d\s.\-/()+\u2010-\u2015]", text):
        return None
    digits = re.sub(r"[^\d+]", "", text.replace("(0)", ""))
    digits = re.sub(r"^00", "+", digits)
    if re.fullmatch(r"0[1-9]\d{8}", digits):
        return "+33" + digits[1:]
    if digits.startswith("+33"):
        national = digits[3:].removeprefix("0")
        return "+33" + national if re.fullmatch(r"[1-9]\d{8}", national) else None
    return digits if re.fullmatch(r"\+[1-9]\d{6,14}", digits) else None


def is_email(text: str) -> bool:
    """Whether the text has the form of one e-mail address."""
    local = text.partition("@")[0]
    dots = local.startswith(".") or local.endswith(".") or ".." in local
    return len(text) <= 254 and not dots and _EMAIL.fullmatch(text) is not None


def _amount(question: Question, value: str, required: bool) -> str | None:
    text = re.sub(r"(?i)\s|€|euros?|eur|'", "", value[:MAX_LINE])
    if not text:
        _empty(question, required, ANSWER_SENTENCES["write_amount"])
        return None
    match = _AMOUNT.fullmatch(text)
    if match is None or not match[0].isascii():
        raise _refuse(question, ANSWER_SENTENCES["write_amount"])
    return f"{int(match[1])}.{match[2]:0<2}" if match[2] else str(int(match[1]))


def _text(question: Question, value: str, required: bool) -> str | None:
    several = question.type == "textarea"
    most = MAX_TEXT if several else MAX_LINE
    text = value
    if len(value) <= 4 * most:  # no need to look closer at what is far too long
        text = clean(value).strip("\n") if several else clean_line(value)
    if len(text) > most:
        raise _refuse(question, ANSWER_SENTENCES["too_long"], length=len(text), most=most)
    if not text.strip():
        _empty(question, required, ANSWER_SENTENCES["write_text"])
        return None
    return text
