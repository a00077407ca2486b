"""What somebody asks the search for, as it is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.domain.asked import LONGEST, Filter, read


def test_words_filters_and_values_are_told_apart():
    asked = read('rançon Mairie dep:34 État:"en traitement" hxxps://evil[.]example/login')

    assert asked.words == ("rancon", "mairi")
    assert asked.filters == (
        Filter("department", "dep:34", "34"),
        Filter("state", 'État:"en traitement"', "en traitement"),
    )
    assert {(one.type, one.value) for one in asked.values} == {
        ("url", "https://evil.example/login"),
        ("domain", "evil.example"),
    }
    assert set(asked.loose) > set(asked.words)


@pytest.mark.parametrize(
    ("french", "english"),
    [
        ("etat", "state"), ("priorite", "priority"), ("dep", "department"), ("qui", "who"),
        ("categorie", "category"), ("victime", "victim"), ("depuis", "since"), ("avant", "before"),
    ],
)  # fmt: skip
def test_filters_have_two_names(french, english):
    assert read(f"{french}:x").filters[0].about == read(f"{english}:x").filters[0].about


def test_an_unknown_filter_is_told_and_its_words_stay():
    asked = read("couleur:rouge virement")

    assert asked.unknown == ("couleur",)
    assert asked.words == ("coul", "roug", "vir")


@pytest.mark.parametrize("value", ["https://evil.example", "2001:db8::1", "00:1a:2b:3c:4d:5e"])
def test_what_has_a_colon_of_its_own_is_no_filter(value):
    asked = read(value)

    assert asked.unknown == ()
    assert asked.values


def test_what_every_text_has_asks_for_nothing():
    assert read("le la les de du").empty
    assert read("").empty


@given(st.text(max_size=2 * LONGEST))
def test_anything_can_be_read(text):
    asked = read(text)

    assert all(word.isalnum() for word in (*asked.words, *asked.loose))
