"""From answers to a priority, every step said in words.

The order is that of ``triage.yaml``: score and band, floors, caps, raises, category default, and
last the analyst with a written reason. Nothing is queried here: a wave, a near deadline or an
election are flags that the caller raises.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from csirt.reference.bundle import Bundle
from csirt.reference.conditions import Env
from csirt.reference.triage import Target
from incidents.domain.environment import environment

PRIORITIES = ("P1", "P2", "P3", "P4")
RuleKind = Literal["score", "floor", "cap", "raise", "category_default", "analyst"]


@dataclass(frozen=True)
class FiredRule:
    """One step of the assessment: what it says, and the priority before and after it."""

    id: str
    slug: str
    kind: RuleKind
    sentence_fr: str
    sentence_en: str
    before: str | None
    after: str

    @property
    def effect(self) -> str:
        """``P3 → P1`` where it changed something, else the priority that it left."""
        changed = self.before is not None and self.before != self.after
        return f"{self.before} → {self.after}" if changed else self.after


@dataclass(frozen=True)
class Part:
    """What one input adds to the score: ``weight * value / 100`` points."""

    input: str
    level: str
    value: int
    weight: int

    @property
    def points(self) -> float:
        """Its share of the 100 points."""
        return self.weight * self.value / 100


@dataclass(frozen=True)
class Escalated:
    """Somebody to tell: a contact id, and why."""

    id: str
    to: str
    sentence_fr: str
    sentence_en: str


@dataclass(frozen=True)
class Override:
    """An analyst's last word. Who and when is in the journal."""

    priority: str
    reason: str

    def __post_init__(self) -> None:
        if self.priority not in PRIORITIES:
            raise ValueError(f"unknown priority {self.priority!r}")
        if not self.reason.strip():
            raise ValueError("an override needs a written reason")


@dataclass(frozen=True)
class Assessment:
    """A priority and how it came about.

    ``band`` is the priority of the score alone; ``computed`` what the rules give without the
    analyst; ``rules`` every step in order, ``fired`` the ids of the floors, caps and raises.
    """

    score: int
    band: str
    computed: str
    priority: str
    rules: tuple[FiredRule, ...]
    parts: tuple[Part, ...]
    escalations: tuple[Escalated, ...]
    targets: Target
    show_contacts: tuple[str, ...] = ()
    fired: tuple[str, ...] = field(init=False, default=())

    def __post_init__(self) -> None:
        ids = tuple(rule.id for rule in self.rules if rule.kind in {"floor", "cap", "raise"})
        object.__setattr__(self, "fired", ids)


def assess(
    bundle: Bundle,
    *,
    inputs: Mapping[str, str],
    flags: Collection[str],
    category: str,
    kind: str,
    traits: Collection[str] = (),
    asked: Collection[str] | None = None,
    answers: Mapping[str, object] | None = None,
    override: Override | None = None,
) -> Assessment:
    """Assess one case.

    *inputs* maps triage inputs to levels; a missing one takes its ``not_asked`` level. *asked* are
    the inputs that were put to somebody (all when None): only they count for the category default.
    Raises ``ValueError`` for an input, level, flag or category that does not exist.
    """
    levels = _levels(bundle, inputs)
    _known("flag", flags, bundle.flags)
    _known("category", (category,), bundle.categories)
    parts = tuple(
        Part(i.id, levels[i.id], i.levels[levels[i.id]], i.weight) for i in bundle.triage.inputs
    )
    score = round(sum(part.weight * part.value for part in parts) / 100)
    band = next(b.priority for b in bundle.triage.score.bands if score >= b.min)
    env = environment(
        bundle,
        kind=kind,
        category=category,
        inputs=levels,
        answers=answers,
        traits=traits,
        priority=band,
    )
    rules = [_said_score(score, band)]
    shown: list[str] = []
    for step in (_floors, _caps, _raises):
        rules += tuple(step(bundle, env, flags, rules))
    for floor in bundle.triage.floors:
        if any(rule.id == floor.id for rule in rules):
            shown += floor.show_contacts
    rules += _category_default(bundle, levels, asked, category, rules[-1].after)
    computed = rules[-1].after
    if override is not None:
        rules.append(_said_override(override, computed))
    priority = rules[-1].after
    return Assessment(
        score=score,
        band=band,
        computed=computed,
        priority=priority,
        rules=tuple(rules),
        parts=parts,
        escalations=_escalations(bundle, env | {"priority": priority}, flags),
        targets=bundle.triage.service_targets.of(priority),
        show_contacts=tuple(dict.fromkeys(shown)),
    )


def worst(bundle: Bundle, name: str, levels: Collection[str]) -> str:
    """The level with the highest number, "nsp" included."""
    numbers = bundle.inputs[name].levels
    return max(levels, key=lambda level: numbers[level])


def _levels(bundle: Bundle, inputs: Mapping[str, str]) -> dict[str, str]:
    _known("input", inputs, bundle.inputs)
    levels = {i.id: inputs.get(i.id, i.not_asked) for i in bundle.triage.inputs}
    for name, level in levels.items():
        _known(f"level of {name}", (level,), bundle.inputs[name].levels)
    return levels


def _known(what: str, values: Collection[str], existing: Collection[str]) -> None:
    for value in values:
        if value not in existing:
            raise ValueError(f"unknown {what} {value!r}")


def _floors(
    bundle: Bundle, env: Env, flags: Collection[str], so_far: list[FiredRule]
) -> Iterator[FiredRule]:
    now = so_far[-1].after
    for rule in bundle.triage.floors:
        if rule.when.evaluate(env, flags):
            before, now = now, min(now, rule.priority)
            french, english = (
                f"{rule.fr}. Au moins {rule.priority}.",
                f"{rule.en}. At least {rule.priority}.",
            )
            yield FiredRule(rule.id, rule.slug, "floor", french, english, before, now)


def _caps(
    bundle: Bundle, env: Env, flags: Collection[str], so_far: list[FiredRule]
) -> Iterator[FiredRule]:
    if any(rule.id in bundle.triage.caps_blocked_by for rule in so_far):
        return
    now = so_far[-1].after
    for rule in bundle.triage.caps:
        if rule.when.evaluate(env, flags):
            before, now = now, max(now, rule.priority_max)
            french = f"{rule.fr}. Au plus {rule.priority_max}."
            english = f"{rule.en}. At most {rule.priority_max}."
            yield FiredRule(rule.id, rule.slug, "cap", french, english, before, now)


def _raises(
    bundle: Bundle, env: Env, flags: Collection[str], so_far: list[FiredRule]
) -> Iterator[FiredRule]:
    now = so_far[-1].after
    for rule in bundle.triage.raises:
        if rule.when.evaluate(env, flags):
            up = PRIORITIES[max(0, PRIORITIES.index(now) - rule.raise_by)]
            before, now = now, min(now, max(rule.not_above, up))
            french = f"{rule.fr}. Un cran plus haut, sans dépasser {rule.not_above}."
            english = f"{rule.en}. One step up, not above {rule.not_above}."
            yield FiredRule(rule.id, rule.slug, "raise", french, english, before, now)


def _category_default(
    bundle: Bundle,
    levels: Mapping[str, str],
    asked: Collection[str] | None,
    category: str,
    now: str,
) -> Iterator[FiredRule]:
    counted = set(levels) if asked is None else set(asked) & set(levels)
    unknown = sum(levels[name] == "nsp" for name in counted)
    usual = bundle.categories[category]
    if counted and 2 * unknown >= len(counted) and usual.default_priority < now:
        after = usual.default_priority
        french = (
            f"Réponses inconnues : {unknown} sur {len(counted)}. {usual.label_fr} compte {after}."
        )
        english = (
            f"Unknown answers: {unknown} of {len(counted)}. {usual.label_en} counts as {after}."
        )
        yield FiredRule("D", "categorie", "category_default", french, english, now, after)


def _said_score(score: int, band: str) -> FiredRule:
    french, english = f"Score {score} sur 100 : {band}.", f"Score {score} out of 100: {band}."
    return FiredRule("S", "score", "score", french, english, None, band)


def _said_override(override: Override, before: str) -> FiredRule:
    reason = override.reason.strip()
    french = f"Décision de l'analyste, {override.priority} : {reason}"
    english = f"Analyst's decision, {override.priority}: {reason}"
    return FiredRule("A", "analyste", "analyst", french, english, before, override.priority)


def _escalations(bundle: Bundle, env: Env, flags: Collection[str]) -> tuple[Escalated, ...]:
    return tuple(
        Escalated(rule.id, rule.to, rule.fr, rule.en)
        for rule in bundle.triage.escalation
        if rule.when.evaluate(env, flags)
    )
