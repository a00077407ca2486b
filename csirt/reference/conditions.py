"""The condition grammar of the reference data: parsed into a frozen tree, never ``eval``-ed.

::

    expr       = and_expr { "or" and_expr } ;
    and_expr   = unary { "and" unary } ;
    unary      = [ "not" ] ( "flag" NAME | "(" expr ")" ) | comparison ;
    comparison = NAME ( "==" | "!=" ) VALUE
               | NAME [ "not" ] "in" "[" VALUE { "," VALUE } "]"
               | NAME "includes" VALUE ;

An unset variable makes ``==``, ``in`` and ``includes`` false, ``!=`` and ``not in`` true.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

KEYWORDS = frozenset({"and", "or", "not", "in", "flag", "includes"})
MAX_LENGTH = 2000
MAX_DEPTH = 40
_TOKEN = re.compile(r"\s*(==|!=|[\[\](),]|[A-Za-z0-9_-]+)")
_NAME = re.compile(r"[A-Za-z0-9_-]+")

Env = Mapping[str, object]


class ConditionError(ValueError):
    """A condition that does not follow the grammar, or names something that does not exist."""


class Condition(ABC):
    """One node of a parsed condition."""

    @abstractmethod
    def evaluate(self, env: Env, flags: Collection[str] = ()) -> bool:
        """Whether the condition holds for these variables and raised flags."""

    @abstractmethod
    def leaves(self) -> "Iterator[Flag | Compare | Member | Includes]":
        """Every flag and comparison in it, in order."""

    def names(self) -> frozenset[str]:
        """The variables that it looks at."""
        return frozenset(leaf.name for leaf in self.leaves() if not isinstance(leaf, Flag))

    def flags(self) -> frozenset[str]:
        """The flags that it looks at."""
        return frozenset(leaf.name for leaf in self.leaves() if isinstance(leaf, Flag))


@dataclass(frozen=True, slots=True)
class Flag(Condition):
    """``flag NAME``."""

    name: str

    def evaluate(self, env: Env, flags: Collection[str] = ()) -> bool:  # noqa: ARG002
        return self.name in flags

    def leaves(self) -> "Iterator[Flag | Compare | Member | Includes]":
        yield self

    def __str__(self) -> str:
        return f"flag {self.name}"


@dataclass(frozen=True, slots=True)
class Compare(Condition):
    """``NAME == VALUE`` or ``NAME != VALUE``."""

    name: str
    operator: Literal["==", "!="]
    value: str

    def evaluate(self, env: Env, flags: Collection[str] = ()) -> bool:  # noqa: ARG002
        return (env.get(self.name) == self.value) == (self.operator == "==")

    def leaves(self) -> "Iterator[Flag | Compare | Member | Includes]":
        yield self

    def __str__(self) -> str:
        return f"{self.name} {self.operator} {self.value}"


@dataclass(frozen=True, slots=True)
class Member(Condition):
    """``NAME in [VALUE, ...]`` or ``NAME not in [VALUE, ...]``."""

    name: str
    values: tuple[str, ...]
    negated: bool = False

    def evaluate(self, env: Env, flags: Collection[str] = ()) -> bool:  # noqa: ARG002
        return (env.get(self.name) in self.values) != self.negated

    def leaves(self) -> "Iterator[Flag | Compare | Member | Includes]":
        yield self

    def __str__(self) -> str:
        return f"{self.name} {'not in' if self.negated else 'in'} [{', '.join(self.values)}]"


@dataclass(frozen=True, slots=True)
class Includes(Condition):
    """``NAME includes VALUE``: for several-answer questions and traits."""

    name: str
    value: str

    def evaluate(self, env: Env, flags: Collection[str] = ()) -> bool:  # noqa: ARG002
        held = env.get(self.name)
        if isinstance(held, str):
            return held == self.value
        return isinstance(held, Collection) and self.value in held

    def leaves(self) -> "Iterator[Flag | Compare | Member | Includes]":
        yield self

    def __str__(self) -> str:
        return f"{self.name} includes {self.value}"


@dataclass(frozen=True, slots=True)
class Not(Condition):
    """``not flag NAME`` or ``not (...)``."""

    term: Condition

    def evaluate(self, env: Env, flags: Collection[str] = ()) -> bool:
        return not self.term.evaluate(env, flags)

    def leaves(self) -> "Iterator[Flag | Compare | Member | Includes]":
        return self.term.leaves()

    def __str__(self) -> str:
        return f"not {self.term}" if isinstance(self.term, Flag) else f"not ({self.term})"


@dataclass(frozen=True, slots=True)
class And(Condition):
    """All of the terms."""

    terms: tuple[Condition, ...]

    def evaluate(self, env: Env, flags: Collection[str] = ()) -> bool:
        return all(term.evaluate(env, flags) for term in self.terms)

    def leaves(self) -> "Iterator[Flag | Compare | Member | Includes]":
        for term in self.terms:
            yield from term.leaves()

    def __str__(self) -> str:
        return " and ".join(f"({t})" if isinstance(t, And | Or) else str(t) for t in self.terms)


@dataclass(frozen=True, slots=True)
class Or(Condition):
    """At least one of the terms."""

    terms: tuple[Condition, ...]

    def evaluate(self, env: Env, flags: Collection[str] = ()) -> bool:
        return any(term.evaluate(env, flags) for term in self.terms)

    def leaves(self) -> "Iterator[Flag | Compare | Member | Includes]":
        for term in self.terms:
            yield from term.leaves()

    def __str__(self) -> str:
        return " or ".join(f"({t})" if isinstance(t, Or) else str(t) for t in self.terms)


def holds(condition: Condition | None, env: Env, flags: Collection[str] = ()) -> bool:
    """Whether the condition holds; an absent condition always does."""
    return condition is None or condition.evaluate(env, flags)


def parse(text: str) -> Condition:
    """Read one condition. Raises ``ConditionError`` saying what was expected, and where."""
    if len(text) > MAX_LENGTH:
        raise ConditionError(f"condition longer than {MAX_LENGTH} characters")
    parser = _Parser(_tokens(text))
    condition = parser.expression(0)
    if parser.peek() is not None:
        raise ConditionError(f"nothing expected after the condition, got {parser.peek()!r}")
    return condition


@dataclass(frozen=True)
class Variable:
    """A name that a condition may use, and the values that it can take."""

    values: frozenset[str]
    several: bool = False


@dataclass(frozen=True)
class Names:
    """Every variable and flag that exists."""

    variables: Mapping[str, Variable]
    flags: frozenset[str]


def problems(condition: Condition, names: Names) -> Iterator[str]:
    """What *condition* names that does not exist, or uses with the wrong operator."""
    for leaf in condition.leaves():
        if isinstance(leaf, Flag):
            if leaf.name not in names.flags:
                yield f"unknown flag {leaf.name!r}"
            continue
        variable = names.variables.get(leaf.name)
        if variable is None:
            yield f"unknown name {leaf.name!r}"
            continue
        if isinstance(leaf, Includes) != variable.several:
            right = (
                "takes several values: use 'includes'"
                if variable.several
                else "takes one value: use '==' or 'in'"
            )
            yield f"{leaf.name!r} {right}"
        for value in leaf.values if isinstance(leaf, Member) else (leaf.value,):
            if value not in variable.values:
                yield f"unknown value {value!r} of {leaf.name!r}"


def _tokens(text: str) -> list[str]:
    found: list[str] = []
    text = text.rstrip()
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            rest = text[position:].lstrip()
            raise ConditionError(f"bad character at {len(text) - len(rest) + 1}: {rest[:10]!r}")
        found.append(match[1])
        position = match.end()
    return found


class _Parser:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.at = 0

    def peek(self) -> str | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self, wanted: str | None = None) -> str:
        token = self.peek()
        if token is None or (wanted is not None and token != wanted):
            raise ConditionError(
                f"expected {wanted or 'more'!r}, got {'the end' if token is None else repr(token)}"
            )
        self.at += 1
        return token

    def word(self) -> str:
        token = self.take()
        if token in KEYWORDS or not _NAME.fullmatch(token):
            raise ConditionError(f"expected a name, got {token!r}")
        return token

    def expression(self, depth: int) -> Condition:
        if depth > MAX_DEPTH:
            raise ConditionError(f"more than {MAX_DEPTH} parentheses inside each other")
        terms = [self.conjunction(depth)]
        while self.peek() == "or":
            self.take()
            terms.append(self.conjunction(depth))
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def conjunction(self, depth: int) -> Condition:
        terms = [self.unary(depth)]
        while self.peek() == "and":
            self.take()
            terms.append(self.unary(depth))
        return terms[0] if len(terms) == 1 else And(tuple(terms))

    def unary(self, depth: int) -> Condition:
        negated = self.peek() == "not"
        if negated:
            self.take()
            if self.peek() not in {"flag", "("}:
                raise ConditionError("'not' stands only before 'flag' or a parenthesis")
        if self.peek() == "(":
            self.take()
            term = self.expression(depth + 1)
            self.take(")")
        elif self.peek() == "flag":
            self.take()
            term = Flag(self.word())
        else:
            term = self.comparison()
        return Not(term) if negated else term

    def comparison(self) -> Condition:
        name = self.word()
        operator = self.take()
        if operator == "==":
            return Compare(name, "==", self.word())
        if operator == "!=":
            return Compare(name, "!=", self.word())
        if operator == "includes":
            return Includes(name, self.word())
        negated = operator == "not"
        if negated:
            operator = self.take()
        if operator != "in":
            raise ConditionError(f"expected an operator after {name!r}, got {operator!r}")
        self.take("[")
        values = [self.word()]
        while self.peek() == ",":
            self.take()
            values.append(self.word())
        self.take("]")
        return Member(name, tuple(values), negated)
