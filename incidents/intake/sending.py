"""From answers to a report: what the last page carries, and what the desk is told.

The page where answers are checked holds them whole, with the form's token. So sending does not
depend on the draft: it may have expired, been sent already, or never have reached this server. What
comes back is read through the engine again, as if it had been typed.
"""

import json
from datetime import datetime

from csirt.kernel.hosts import is_public_mail
from csirt.reference.bundle import Bundle
from incidents.domain.answers import Answer
from incidents.domain.questions import Page, Stage, fill, knowledge, pages, validate
from incidents.intake.fields import typed_values
from incidents.intake.places import communes
from incidents.services.filing import Submission

BEFORE: frozenset[Stage] = frozenset({"before"})
LANGUAGES = ("fr", "en")
OWN_COLUMNS = {"recit", "contact"}  # kept once, where they can be erased


class Unreadable(Exception):
    """What a last page carried cannot be taken whole; ``answers`` are those that can."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        super().__init__(f"{len(answers)} answers could be read")
        self.answers = answers


def packed(answers: dict[str, Answer], language: str) -> str:
    """Return the answers for a hidden field: JSON without any space."""
    text = json.dumps({"language": language, "answers": answers}, separators=(",", ":"))
    return text.replace(" ", "\\u0020")


def unpacked(bundle: Bundle, text: str, now: datetime) -> tuple[dict[str, Answer], str]:
    """Return the answers and the language of a hidden field; raises ``Unreadable``."""
    try:
        held = json.loads(text)
        given, language = dict(held["answers"]), held["language"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unreadable({}) from error
    return reread(bundle, given, now), language if language in LANGUAGES else "fr"


def reread(bundle: Bundle, given: dict[str, object], now: datetime) -> dict[str, Answer]:
    """Return the answers, read page by page; raises ``Unreadable`` when some are refused."""
    plain = {
        name: answer
        for name, answer in given.items()
        if name in bundle.questions and _is_plain(bundle.questions[name].type, answer)
    }
    refused = len(plain) != len(given)
    answers: dict[str, Answer] = {}
    done: set[str] = set()
    while page := _next(bundle, answers, plain, done):
        raw: dict[str, list[str]] = {}
        for asked in page.asked:
            raw |= typed_values(asked)
        result = validate(bundle, answers, page.id, raw, now=now, communes=communes)
        answers = result.answers
        refused = refused or not result.ok
        done.add(page.id)
    if refused:
        raise Unreadable(answers)
    return answers


def _is_plain(kind: str, answer: object) -> bool:
    """Whether an answer is of the form that this type of question keeps."""
    if isinstance(answer, str):
        return kind not in {"multi", "contact"}
    if isinstance(answer, list):
        return kind in {"multi", "commune"} and all(isinstance(item, str) for item in answer)
    if isinstance(answer, dict):
        return kind == "contact" and all(isinstance(item, str) for item in answer.values())
    return False


def _next(
    bundle: Bundle, answers: dict[str, Answer], given: dict[str, object], done: set[str]
) -> Page | None:
    """Return the first page not done yet on the path of *answers*, filled in with what is given."""
    reached = next((page.id for page in pages(bundle, answers) if page.id not in done), None)
    filled = pages(bundle, {**given, **answers})
    return next((page for page in filled if page.id == reached), None)


def submission_of(
    bundle: Bundle, answers: dict[str, Answer], *, language: str, now: datetime
) -> Submission:
    """Return what the answers tell the desk. They are complete: ``kind`` and ``quoi`` are there."""
    filled = fill(bundle, answers, now=now, stages=BEFORE)
    known = knowledge(bundle, answers, filed_at=now)
    contact, place = answers.get("contact"), answers.get("ou")
    reach = contact if isinstance(contact, dict) else {}
    email = reach.get("email", "")
    domain = email.rpartition("@")[2].lower()
    communes_known = isinstance(place, str) and bundle.questions["ou"].option(place) is None
    return Submission(
        victim_kind=filled.kind or "",
        category=filled.category or "",
        inputs=filled.inputs,
        asked=tuple(sorted(filled.asked)),
        flags=tuple(sorted(filled.flags)),
        suspected=tuple(sorted(filled.suspected)),
        traits=filled.traits,
        answers={name: a for name, a in answers.items() if name not in OWN_COLUMNS},
        text=str(answers.get("recit", "")),
        contact_phone=reach.get("phone", ""),
        contact_email=email,
        own_domains=(domain,) if domain and not is_public_mail(domain) else (),
        organisation_name=str(answers.get("organisme", "")),
        commune=place if communes_known and isinstance(place, str) else "",
        knowledge_at=known.at,
        knowledge_exact=known.exact,
        language=language,
    )
