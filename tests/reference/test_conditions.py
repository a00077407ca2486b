"""The condition grammar: what it reads, what it means, what it refuses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csirt.reference.conditions import (
    KEYWORDS,
    MAX_DEPTH,
    And,
    Compare,
    ConditionError,
    Flag,
    Includes,
    Member,
    Names,
    Not,
    Or,
    Variable,
    holds,
    parse,
    problems,
)

words = st.from_regex(r"[A-Za-z0-9_-]{1,8}", fullmatch=True).filter(lambda w: w not in KEYWORDS)
leaves = st.one_of(
    st.builds(Flag, words),
    st.builds(Compare, words, st.sampled_from(["==", "!="]), words),
    st.builds(Member, words, st.lists(words, min_size=1, max_size=3).map(tuple), st.booleans()),
    st.builds(Includes, words, words),
)


def _nested(inner):
    some = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(st.builds(And, some), st.builds(Or, some), st.builds(Not, inner))


conditions = st.recursive(leaves, _nested, max_leaves=8)
NAMES = Names(
    {
        "kind": Variable(frozenset({"commune", "epci"})),
        "traits": Variable(frozenset({"sante"}), several=True),
    },
    frozenset({"mineur"}),
)


@given(conditions)
def test_what_is_written_out_is_read_back_the_same(condition):
    assert parse(str(condition)) == condition


@given(conditions, st.data())
def test_spaces_change_nothing(condition, data):
    blanks = data.draw(st.sampled_from(["  ", "\n", " \t "]))

    assert parse(str(condition).replace(" ", blanks)) == condition


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_and_nothing_else_happens(text):
    try:
        condition = parse(text)
    except ConditionError:
        return
    assert parse(str(condition)) == condition


@given(conditions, st.dictionaries(words, words), st.frozensets(words))
def test_not_is_the_opposite(condition, env, flags):
    assert Not(condition).evaluate(env, flags) is not condition.evaluate(env, flags)


@given(leaves, leaves, leaves, st.dictionaries(words, words), st.frozensets(words))
def test_and_binds_tighter_than_or(a, b, c, env, flags):
    got = parse(f"{a} or {b} and {c}").evaluate(env, flags)

    expected = a.evaluate(env, flags) or (b.evaluate(env, flags) and c.evaluate(env, flags))
    assert got == expected


@given(leaves, leaves, leaves)
def test_parentheses_change_the_order(a, b, c):
    assert parse(f"({a} or {b}) and {c}") == And((Or((a, b)), c))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a in",
        "not x == y",
        "flag",
        "x == y z",
        "x in [a,]",
        "x in []",
        "legal clock < 3",
        "x = y",
        "x == 'y'",
        "(x == y",
        "x == y)",
        "x == y and",
        "or x == y",
        "flag and",
        "x includes [a]",
        "not not flag x",
        "x not y",
        "__import__('os')",
        "x == é",
        "(" * (MAX_DEPTH + 2) + "flag x" + ")" * (MAX_DEPTH + 2),
        "flag x or " * 500 + "flag x",
    ],
)
def test_it_refuses_what_is_not_in_the_grammar(text):
    with pytest.raises(ConditionError):
        parse(text)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("kind == commune", False),
        ("kind in [commune, epci]", False),
        ("traits includes sante", False),
        ("kind != commune", True),
        ("kind not in [commune]", True),
        ("not flag mineur", True),
    ],
)
def test_an_unset_variable_is_equal_to_nothing(text, expected):
    assert parse(text).evaluate({}) is expected
    assert parse(text).evaluate({"kind": None, "traits": None}) is expected


def test_an_absent_condition_is_true():
    assert holds(None, {})


def test_includes_looks_inside_several_answers():
    assert parse("traits includes sante").evaluate({"traits": ("ecole", "sante")})
    assert not parse("traits includes sante").evaluate({"traits": ["ecole"]})


@pytest.mark.parametrize(
    "text, problem",
    [
        ("flag panique", "unknown flag 'panique'"),
        ("humeur == bonne", "unknown name 'humeur'"),
        ("kind == ville", "unknown value 'ville' of 'kind'"),
        ("kind in [commune, ville]", "unknown value 'ville' of 'kind'"),
        ("kind includes commune", "'kind' takes one value: use '==' or 'in'"),
        ("traits == sante", "'traits' takes several values: use 'includes'"),
    ],
)
def test_it_names_what_does_not_exist(text, problem):
    assert list(problems(parse(text), NAMES)) == [problem]


def test_a_right_condition_has_no_problem():
    assert not list(
        problems(parse("kind == commune and (traits includes sante or flag mineur)"), NAMES)
    )
