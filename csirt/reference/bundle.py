"""One loader for all reference knowledge: a folder or a set of texts into one frozen ``Bundle``.

Everything is checked on load; what is wrong is refused with file, line and field. A case keeps the
version it began with: ``Bundle.texts`` is what is stored, ``Bundle.sha256`` names it.
"""

import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from csirt.reference import checks, errors
from csirt.reference.categories import Category, CategoryFile
from csirt.reference.conditions import Names, Variable
from csirt.reference.contacts import Contact, ContactFile
from csirt.reference.distress import Distress
from csirt.reference.duties import DutyFile, DutyRule
from csirt.reference.exercises import Exercise
from csirt.reference.intake import Intake, Option, Question
from csirt.reference.messages import Messages, Template
from csirt.reference.papers import Paper, Papers
from csirt.reference.phrases import Phrases
from csirt.reference.playbooks import Playbook
from csirt.reference.readiness import Readiness
from csirt.reference.reading import Reader, Readers
from csirt.reference.retention import RetentionFile
from csirt.reference.review import Cause, Reviews
from csirt.reference.service_hours import ServiceHours
from csirt.reference.sources import SourceFile
from csirt.reference.triage import FlagKind, Input, Triage
from csirt.reference.vocabulary import Vocabulary

DATA = Path(__file__).parent / "data"
LIBRARY = Path(__file__).parents[2] / "playbooks" / "library"
RSIT = "taxonomies/rsit-machinev1.json"
SCHEMAS: dict[str, Any] = {
    "vocabulary.yaml": Vocabulary,
    "sources.yaml": SourceFile,
    "contacts.yaml": ContactFile,
    "categories.yaml": CategoryFile,
    "triage.yaml": Triage,
    "intake.yaml": Intake,
    "duties.yaml": DutyFile,
    "readiness.yaml": Readiness,
    "service_hours.yaml": ServiceHours,
    "distress.yaml": Distress,
    "messages.yaml": Messages,
    "phrases.yaml": Phrases,
    "papers.yaml": Papers,
    "review.yaml": Reviews,
    "retention.yaml": RetentionFile,
}
LATER = {
    "phrases.yaml": Phrases(),
    "papers.yaml": Papers(),
    "review.yaml": Reviews(),
    "retention.yaml": RetentionFile(),
}  # absent from the versions that older cases keep
FOLDERS: dict[str, Any] = {"playbooks/": Playbook, "exercises/": Exercise}
T = TypeVar("T", bound=Any)


@dataclass(frozen=True)
class Bundle:
    """All reference knowledge of one version."""

    texts: Mapping[str, str]
    sha256: str
    vocabulary: Vocabulary
    source_file: SourceFile
    contact_file: ContactFile
    category_file: CategoryFile
    triage: Triage
    intake: Intake
    duty_file: DutyFile
    readiness: Readiness
    service_hours: ServiceHours
    distress: Distress
    messages: Messages
    phrases: Phrases
    paper_file: Papers
    reviews: Reviews
    retention: RetentionFile
    playbooks: Mapping[str, Playbook]
    exercises: Mapping[str, Exercise]
    rsit: frozenset[str]
    names: Names

    @functools.cached_property
    def categories(self) -> Mapping[str, Category]:
        """By id, in the order of the file; so are the mappings below."""
        return _by_id(self.category_file.categories)

    @functools.cached_property
    def contacts(self) -> Mapping[str, Contact]:
        """Numbers and sites by id."""
        return _by_id(self.contact_file.contacts)

    @functools.cached_property
    def questions(self) -> Mapping[str, Question]:
        """Questions of the form by id."""
        return _by_id(self.intake.questions)

    @functools.cached_property
    def inputs(self) -> Mapping[str, Input]:
        """Triage inputs by id."""
        return _by_id(self.triage.inputs)

    @functools.cached_property
    def flags(self) -> Mapping[str, FlagKind]:
        """Flags by id."""
        return _by_id(self.triage.flags)

    @functools.cached_property
    def duties(self) -> Mapping[str, DutyRule]:
        """Legal duties by id."""
        return _by_id(self.duty_file.clocks)

    @functools.cached_property
    def papers(self) -> Mapping[str, Paper]:
        """Texts that duties ask for, by id."""
        return _by_id(self.paper_file.papers)

    @functools.cached_property
    def causes(self) -> Mapping[str, Cause]:
        """What a review names as the cause, by id."""
        return _by_id(self.reviews.causes)

    @functools.cached_property
    def templates(self) -> Mapping[str, Template]:
        """Message templates by id."""
        return _by_id(self.messages.templates)

    def playbook_for(self, category: str) -> Playbook:
        """The playbook that a category leads to. Raises ``KeyError``."""
        return self.playbooks[self.categories[category].playbook]


def shipped() -> Bundle:
    """The reference knowledge that comes with the product; read once per process."""
    return _shipped()


@functools.cache
def _shipped() -> Bundle:
    return load(read_folder(DATA, library=LIBRARY))


def read_folder(folder: Path, *, library: Path) -> dict[str, str]:
    """The texts of a folder, by the name under which ``load`` expects them."""
    paths = {name: folder / name for name in (*SCHEMAS, RSIT)}
    paths |= {f"exercises/{path.name}": path for path in sorted(folder.glob("exercises/*.yaml"))}
    paths |= {f"playbooks/{path.name}": path for path in sorted(library.glob("*.yaml"))}
    return {name: path.read_text(encoding="utf-8") for name, path in paths.items() if path.exists()}


def load(texts: Mapping[str, str]) -> Bundle:
    """Read and check a whole set of texts (``{"triage.yaml": "...", ...}``).

    The last few sets are kept. Raises ``ReferenceError`` with every problem that could be found.
    """
    return _load(tuple(sorted(texts.items())))


def read_playbook(text: str, name: str = "playbook.yaml") -> Playbook:
    """Read one playbook by its form alone: what was checked when it was made stays readable.

    Raises ``ReferenceError``.
    """
    playbook: Playbook = _read(Playbook, name, text)[0]
    return playbook


def check_playbook(bundle: Bundle, text: str) -> Playbook:
    """Read one playbook as ``with_playbook`` does; raises ``ReferenceError``."""
    return with_playbook(bundle, text).playbooks[read_playbook(text).id]


def with_playbook(bundle: Bundle, text: str) -> Bundle:
    """*bundle* with one more playbook, in place of the one of its id.

    Exercises are written for the shipped ones: they stay as they are, a step that they name may go,
    and they are not among the texts. Raises ``ReferenceError`` with every problem that could be found.
    """
    known = read_playbook(text).id
    others = {name: t for name, t in bundle.texts.items() if not name.startswith("exercises/")}
    made = load({**others, f"playbooks/{known}.yaml": text})
    return replace(made, exercises=bundle.exercises)


def digest(texts: Mapping[str, str]) -> str:
    """SHA-256 over the names and contents of all texts."""
    return _digest(tuple(sorted(texts.items())))


def _digest(items: tuple[tuple[str, str], ...]) -> str:
    canonical = json.dumps(items, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


@functools.lru_cache(maxsize=8)
def _load(items: tuple[tuple[str, str], ...]) -> Bundle:
    texts = dict(items)
    for name in (*SCHEMAS, RSIT):
        if name not in texts and name not in LATER:
            raise errors.ReferenceError(f"{name}:1: the file is missing")
    readers: list[Reader] = []
    single: dict[str, Any] = {}
    for name, schema in SCHEMAS.items():
        if name not in texts:
            single[name] = LATER[name]
            continue
        single[name], reader = _read(schema, name, texts.pop(name))
        readers.append(reader)
    rsit = _rsit(texts.pop(RSIT))
    many: dict[str, dict[str, Any]] = {folder: {} for folder in FOLDERS}
    for name, text in texts.items():
        folder = name[: name.find("/") + 1]
        if folder not in FOLDERS or not name.endswith(".yaml"):
            raise errors.ReferenceError(f"{name}:1: unknown file")
        thing, reader = _read(FOLDERS[folder], name, text)
        readers.append(reader)
        if thing.id in many[folder]:
            raise reader.places[id(thing)][1].refuse(f"{thing.id!r} is the id of another file")
        many[folder][thing.id] = thing
    read: Intake = single["intake.yaml"]
    bundle = Bundle(
        texts=MappingProxyType(dict(items)),
        sha256=_digest(items),
        vocabulary=single["vocabulary.yaml"],
        source_file=single["sources.yaml"],
        contact_file=single["contacts.yaml"],
        category_file=single["categories.yaml"],
        triage=single["triage.yaml"],
        intake=read,
        duty_file=single["duties.yaml"],
        readiness=single["readiness.yaml"],
        service_hours=single["service_hours.yaml"],
        distress=single["distress.yaml"],
        messages=single["messages.yaml"],
        phrases=single["phrases.yaml"],
        paper_file=single["papers.yaml"],
        reviews=single["review.yaml"],
        retention=single["retention.yaml"],
        playbooks=MappingProxyType(many["playbooks/"]),
        exercises=MappingProxyType(many["exercises/"]),
        rsit=rsit,
        names=_names(
            single["vocabulary.yaml"], read, single["triage.yaml"], single["categories.yaml"]
        ),
    )
    place = Readers(readers)
    found = list(place.settle(checks.known(bundle), bundle.names))
    found = found or list(checks.run(bundle, place.where))
    if found:
        raise errors.ReferenceError(*found)
    return replace(bundle, intake=_with_kinds(read))


@functools.lru_cache(maxsize=64)
def _read(schema: Any, name: str, text: str) -> tuple[Any, Reader]:
    """One file, kept so that a set with one changed text reads only that one again."""
    reader = Reader()
    return reader.read(schema, name, text), reader


def _with_kinds(intake: Intake) -> Intake:
    kinds = tuple(Option(k.id, k.label_fr, k.label_en) for k in intake.victim_kinds)
    questions = (replace(q, options=kinds) if q.options_from else q for q in intake.questions)
    return replace(intake, questions=tuple(questions))


def _by_id(things: tuple[T, ...]) -> Mapping[str, T]:
    return MappingProxyType({thing.id: thing for thing in things})


def _rsit(text: str) -> frozenset[str]:
    try:
        machine = json.loads(text)
        return frozenset(
            f"{value['predicate']}/{entry['value']}"
            for value in machine["values"]
            for entry in value["entry"]
        )
    except (ValueError, KeyError, TypeError) as error:
        raise errors.ReferenceError(f"{RSIT}:1: not a MISP taxonomy in JSON: {error!r}") from error


def _names(
    vocabulary: Vocabulary, intake: Intake, triage: Triage, categories: CategoryFile
) -> Names:
    variables: dict[str, Variable] = {}
    for question in intake.questions:
        ids = intake.victim_kinds if question.options_from else question.options
        if ids:
            variables[question.id] = Variable(
                frozenset(o.id for o in ids), question.type == "multi"
            )
    for asked in triage.inputs:
        variables[asked.id] = Variable(frozenset(asked.levels))
    for context in vocabulary.context_variables:
        values = (
            (c.id for c in categories.categories) if context.type == "category" else context.values
        )
        variables[context.id] = Variable(frozenset(values), context.type == "multi")
    return Names(variables, frozenset(flag.id for flag in triage.flags))
