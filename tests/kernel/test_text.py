"""Text from outside: one documented normalisation, and addresses that are not clicked."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csirt.kernel.text import MAX_MARKS, clean, clean_line, defang

ANYTHING = st.text(st.characters(exclude_categories=()), max_size=300)


@pytest.mark.parametrize(
    "before, after",
    [
        ("a\r\nb\rc\x85d\u2028e\u2029f\x0bg\x0ch", "a\nb\nc\nd\ne\nf\ng\nh"),
        ("a\x00b\x07c\x1bd\x7fe\x9ff", "abcdef"),
        ("a\tb\nc", "a\tb\nc"),
        ("\ud83d\ude00", "😀"),
        ("a\ud800b", "a\ufffdb"),
        ("\udc00\ud800", "\ufffd\ufffd"),
        ("facture\u202efdp.exe", "facturefdp.exe"),
        ("a\u2066b\u2069c", "abc"),
        ("\ufeffBonjour\ufffb", "Bonjour"),
        ("re\u0301gie", "régie"),
        ("  deux  blancs  ", "  deux  blancs  "),
        ("👩\u200d🚒 م\u200fن می\u200cخواهم evil\u200b.example", None),
        ("e" + "\u0301" * 10_000, "é" + "\u0301" * (MAX_MARKS - 1)),
        ("", ""),
    ],
)
def test_it_cleans(before, after):
    assert clean(before) == (before if after is None else after)


@given(ANYTHING)
def test_cleaning_twice_changes_nothing(text):
    assert clean(clean(text)) == clean(text)


@given(st.text(st.sampled_from("e\u0301\u0316\u0344\u0958\u093c\u1100\u1161\r\n\ud83d\ude00\x00")))
def test_cleaning_twice_changes_nothing_where_it_might(text):
    once = clean(text * 20)

    assert clean(once) == once


@given(ANYTHING)
def test_what_is_cleaned_can_be_stored_anywhere(text):
    cleaned = clean(text)

    assert cleaned.encode("utf-8").decode("utf-8") == cleaned
    assert "\x00" not in cleaned
    assert "\r" not in cleaned
    assert unicodedata.is_normalized("NFC", cleaned)


@given(st.text(st.sampled_from("aàé œ€'«».,\n\tABC123😀")))
def test_ordinary_text_stays_as_it_was_typed(text):
    assert clean(text) == text


@pytest.mark.parametrize(
    "unit", ["e\u0301\u0316", "\u0316\u0301", "\u0344", "\r", "\ud800", "\ud83d\ude00", "é"]
)
def test_a_hostile_megabyte_is_cleaned_within_a_second(unit):
    text = unit * (1_000_000 // len(unit))
    start = time.process_time()
    clean(text)

    assert time.process_time() - start < 1


def test_a_line_is_one_line():
    assert clean_line(" Mairie\r\n de\t Saint-Exemple \x00") == "Mairie de Saint-Exemple"


@pytest.mark.parametrize(
    "value, shown",
    [
        ("https://evil.example/a.php?b=c.d", "hxxps://evil[.]example/a.php?b=c.d"),
        ("HTTP://evil.example", "hxxp://evil[.]example"),
        ("ftp://evil.example/a", "fxp://evil[.]example/a"),
        ("http://user@evil.example/", "hxxp://user[@]evil[.]example/"),
        ("ldap://evil.example/a", "ldap[:]//evil[.]example/a"),
        ("javascript:alert(1)", "javascript[:]alert(1)"),
        ("evil.example", "evil[.]example"),
        ("eve@evil.example", "eve[@]evil[.]example"),
        ("203.0.113.9", "203[.]0[.]113[.]9"),
        ("203.0.113.0/24", "203[.]0[.]113[.]0/24"),
        ("2001:db8::25", "2001[:]db8[:][:]25"),
        ("evil.example:8080", "evil[.]example:8080"),
        ("", ""),
    ],
)
def test_it_defangs(value, shown):
    assert defang(value) == shown


@given(ANYTHING | st.text(st.sampled_from("htp:/.@[]a1 ")))
def test_defanging_twice_changes_nothing(value):
    assert defang(defang(value)) == defang(value)
