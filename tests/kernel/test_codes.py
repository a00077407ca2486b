"""Tracking codes and references: indistinguishable from random, and a slip of the pen is found."""

import re
import secrets
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csirt.kernel import codes
from csirt.kernel.codes import ALPHABET, CODE_SYMBOLS, BadCode

KEY = b"k" * 32
CHI2_AT_31 = 76.0  # passed by chance once in 100,000 draws
MANY = 10_000

bodies = st.text(st.sampled_from(ALPHABET), min_size=CODE_SYMBOLS, max_size=CODE_SYMBOLS)


def whole(body):
    return body + ALPHABET[codes._check_value(body)]


@pytest.fixture(scope="module")
def made():
    return [codes.tracking_code(secrets.token_hex(16), KEY) for _ in range(MANY)]


def test_a_code_is_24_symbols_that_cannot_be_confused(made):
    assert set("".join(made)) == set(ALPHABET)
    assert not set("ILOU") & set(ALPHABET)
    assert {len(code) for code in made} == {24}


def test_no_two_codes_are_the_same(made):
    assert len(set(made)) == MANY


def test_each_place_of_a_code_takes_each_symbol_as_often(made):
    expected = MANY / len(ALPHABET)
    chi2 = [
        sum((Counter(place)[symbol] - expected) ** 2 / expected for symbol in ALPHABET)
        for place in zip(*made, strict=True)
    ]

    assert max(chi2) < CHI2_AT_31


def test_the_same_token_gives_the_same_code_and_another_key_another():
    token = codes.new_token()

    assert codes.tracking_code(token, KEY) == codes.tracking_code(token, KEY)
    assert codes.tracking_code(token, KEY) != codes.tracking_code(token, b"l" * 32)


def test_a_reissued_code_is_random_and_checks():
    made = {codes.random_code() for _ in range(1000)}

    assert len(made) == 1000
    assert all(codes.parse_code(code) == code for code in made)


@given(bodies)
def test_every_wrong_symbol_is_found(body):
    code = whole(body)
    for place, right in enumerate(code):
        for wrong in ALPHABET:
            if wrong != right:
                with pytest.raises(BadCode):
                    codes.parse_code(code[:place] + wrong + code[place + 1 :])


@given(bodies)
def test_every_swap_of_two_different_symbols_is_found(body):
    code = whole(body)
    for first in range(24):
        for second in range(first + 1, 24):
            if code[first] != code[second]:
                swapped = list(code)
                swapped[first], swapped[second] = swapped[second], swapped[first]
                with pytest.raises(BadCode):
                    codes.parse_code("".join(swapped))


@given(bodies, st.sampled_from(["-", " ", "", "\u2011", "\u2013", "\u00a0", "."]))
def test_how_a_code_is_written_does_not_matter(body, between):
    code = whole(body)
    typed = between.join(code[i : i + 4] for i in range(0, 24, 4))
    misread = typed.replace("1", "l").replace("0", "o")

    assert codes.parse_code(typed.lower()) == code
    assert codes.parse_code(f"  {misread}\n") == code


def test_a_code_is_written_in_groups_of_four():
    assert codes.grouped("ABCD" * 6) == "-".join(["ABCD"] * 6)


@given(st.text(max_size=60).filter(lambda text: len(text) != 24))
def test_any_other_text_is_a_bad_code_that_is_not_repeated(text):
    with pytest.raises(BadCode) as bad:
        codes.parse_code(text)

    assert len(str(bad.value)) <= 3  # the rest may be somebody's code


def test_only_a_keyed_hash_of_a_code_is_stored():
    code = codes.random_code()
    digest = codes.code_digest(code, b"pepper")

    assert re.fullmatch("[0-9a-f]{64}", digest)
    assert digest != codes.code_digest(code, b"another")


@pytest.mark.parametrize(
    "text, token",
    [("0f" * 16, True), ("0F" * 16, False), ("0f" * 15, False), ("0f" * 16 + "\n", False)],
)
def test_a_form_token_is_32_hexadecimal_digits(text, token):
    assert codes.is_token(text) is token


def test_a_new_token_is_a_token():
    assert codes.is_token(codes.new_token())


def test_a_reference_may_be_said_on_the_phone():
    references = {codes.new_reference("OCC") for _ in range(1000)}

    assert all(re.fullmatch(f"OCC-[{ALPHABET}]{{4}}-[{ALPHABET}]{{2}}", r) for r in references)
    assert len(references) > 995  # 30 bits
