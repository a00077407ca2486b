"""Text from outside is shown with its addresses defanged, and stays readable."""

import pytest

from csirt.kernel.text import defang_within


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Voir http://evil.example/a.b, vite", "Voir hxxp://evil[.]example/a.b, vite"),
        ("www.evil.example", "www[.]evil[.]example"),
        ("de faux@evil.example à moi", "de faux[@]evil[.]example à moi"),
        ("hxxp://evil[.]example", "hxxp://evil[.]example"),
        ("M.Martin a payé 1.200 €. Merci.", "M.Martin a payé 1.200 €. Merci."),
    ],
)
def test_addresses_lose_their_teeth_and_words_stay(text, shown):
    assert defang_within(text) == shown
    assert defang_within(shown) == shown


def test_a_long_hostile_text_takes_no_time():
    assert len(defang_within("a@" * 10_000 + "http://" * 2_000)) > 20_000
