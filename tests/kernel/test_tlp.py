"""TLP 2.0 and PAP: an order, and words as FIRST prints them."""

from itertools import combinations, product

import pytest

from csirt.kernel.tlp import Pap, Tlp

ORDER = ["clear", "green", "amber", "amber+strict", "red"]


def test_tlp_goes_from_clear_to_red():
    assert [
        t.value for t in sorted([Tlp.RED, Tlp.AMBER_STRICT, Tlp.GREEN, Tlp.CLEAR, Tlp.AMBER])
    ] == ORDER


@pytest.mark.parametrize("type_", [Tlp, Pap])
def test_a_later_member_is_more_restrictive(type_):
    for lower, higher in combinations(type_, 2):
        assert lower < higher
        assert lower <= higher
        assert higher > lower
        assert higher >= lower
        assert max(lower, higher) is higher
        assert lower != higher


@pytest.mark.parametrize("type_", [Tlp, Pap])
def test_a_member_is_as_restrictive_as_itself(type_):
    for member in type_:
        assert member <= member  # noqa: PLR0124
        assert member >= member  # noqa: PLR0124
        assert not member < member  # noqa: PLR0124


@pytest.mark.parametrize("other", ["red", "clear", Pap.RED, Pap.CLEAR, None, 3])
def test_a_member_is_not_compared_with_anything_else(other):
    """A bare text would be compared by its letters: amber before clear."""
    for compare in ("__lt__", "__le__", "__gt__", "__ge__"):
        with pytest.raises(TypeError):
            getattr(Tlp.AMBER, compare)(other)
    with pytest.raises(TypeError):
        assert other < Tlp.AMBER


def test_a_member_equals_its_stored_value():
    assert Tlp("amber+strict") is Tlp.AMBER_STRICT
    assert Tlp.AMBER_STRICT == "amber+strict"
    assert {Tlp.RED: 1}["red"] == 1


@pytest.mark.parametrize("text", ["", "white", "Amber", "amber + strict", "amber+strict "])
def test_no_other_word_is_a_colour(text):
    with pytest.raises(ValueError, match="is not a valid Tlp"):
        Tlp(text)


def test_labels_are_those_that_first_prints():
    assert [t.label for t in Tlp] == [f"TLP:{value.upper()}" for value in ORDER]
    assert [p.label for p in Pap] == ["PAP:CLEAR", "PAP:GREEN", "PAP:AMBER", "PAP:RED"]


def test_tlp_and_pap_of_the_same_colour_do_not_say_how_they_compare():
    for tlp, pap in product(Tlp, Pap):
        with pytest.raises(TypeError):
            assert tlp > pap
