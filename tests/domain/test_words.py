"""Words as the search compares them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.domain.words import STOP, Piece, excerpt, stem, words
from tests.domain.stems import APART, TOGETHER


@pytest.mark.parametrize(("one", "other"), TOGETHER)
def test_what_a_person_would_bring_together_has_one_stem(one, other):
    assert stem(one) == stem(other)


@pytest.mark.parametrize(("one", "other"), APART)
def test_what_means_something_else_has_another(one, other):
    assert stem(one) != stem(other)


def test_words_are_folded_once_each_and_in_order():
    assert words(["L'ÉCOLE de Saint-Bauzille", "les écoles ; œuvre, Straße, привет 42"]) == [
        "ecol", "saint", "bauzil", "oeuvr", "stras", "привет", "42",
    ]  # fmt: skip


def test_st_and_saint_are_the_same():
    assert words(["St-Gaudens, Ste Marie"]) == words(["Saint Gaudens, Sainte-Marie"])


def test_what_every_text_has_is_no_word():
    assert words([" ".join(sorted(STOP))]) == []


@given(st.text(max_size=200))
def test_a_word_is_letters_and_digits_whatever_was_written(text):
    found = words([text])

    assert all(word.isalnum() and len(word) <= 40 for word in found)
    assert words([" ".join(found)]) == words([" ".join(found)])


@given(st.text(max_size=400), st.text(max_size=20))
def test_an_excerpt_is_the_text_itself(text, asked):
    pieces = excerpt(text, set(words([asked])))

    shown = "".join(piece.text for piece in pieces)
    assert shown.removeprefix("… ").removesuffix(" …") in text
    assert bool(pieces) == any(piece.found for piece in pieces)


def test_an_excerpt_says_where_it_was_cut_and_what_was_found():
    text = f"{'avant ' * 40}une rançon de 3 € et des rançons{' ensuite' * 60}"

    pieces = excerpt(text, {"rancon"})

    assert [piece.text for piece in pieces if piece.found] == ["rançon", "rançons"]
    assert pieces[0] == Piece("… ")
    assert pieces[-1].text.endswith(" …")
    assert len("".join(piece.text for piece in pieces)) < 300


def test_nothing_found_is_no_excerpt():
    assert excerpt("Une rançon.", {"virus"}) == []
