"""Rules of the extraction that hold for any text."""

import idna
from hypothesis import example, given
from hypothesis import strategies as st

from csirt.kernel.text import clean, defang
from incidents.domain.observables import ObservableType, OwnValues, extract
from incidents.domain.observables.hosts import is_suffix

WORDS = """
    evil example com fr la régie eau www mail facture.pdf .l0ckd24 zip exe
    hxxp http https :// [://] [:]// [.] (.) . [at] @ [@] : / \\ \\\\ // C:\\ HKLM\\ ~/ /etc/
    203.0.113.9 198.51.100 2001:db8::1 10.0.0.1 /24 :443 05364988 77 +33 0033 FR76 CVE-2024-1234
    275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f 490154203237518 AS64500
    bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4 Message-ID: < > ( ) [ ] { } « » " ' , ; ! - _ *
    dot point slash arobase at tiret version extension é e\u0301 \u200b ．\u202e 😀 İ ß ﬁ ⒈ ℀
"""
PIECES = st.sampled_from([*WORDS.split(), " ", " ", " ", "\n", "\u00a0"])
MESSY = st.lists(PIECES, max_size=30).map("".join)
SPACED = st.lists(PIECES, max_size=20).map(" ".join)
ANYTHING = st.text(st.characters(exclude_categories=()), max_size=300)

# These are known by what stands around them, as extract() says.
KNOWN_BY_CONTEXT = {ObservableType.MESSAGE_ID}


@given(ANYTHING | MESSY | SPACED)
@example("\ud800 evil.example \udfff")
@example("\x00evil.example")
def test_it_never_raises_and_says_where_each_value_stands(text):
    for found in extract(text):
        assert found.as_written == text[found.start : found.end]
        assert found.value
        assert not found.type.by_hand


@given(MESSY | SPACED)
def test_each_value_alone_is_found_again(text):
    for found in extract(text):
        if found.type in KNOWN_BY_CONTEXT or _needs_quotes(found) or _looks_like_a_file(found):
            continue
        again = [(f.type, f.value) for f in extract(found.value)]
        assert (found.type, found.value) in again


@given(MESSY | SPACED)
def test_each_value_comes_once_and_in_order(text):
    found = extract(text)

    assert len({(f.type, f.value) for f in found}) == len(found)
    assert [f.start for f in found] == sorted(f.start for f in found)


@given(MESSY | SPACED)
def test_own_values_never_come_out(text):
    own = OwnValues(
        phones=["+33536498877"], emails=["evil@evil.com"], domains=["evil.fr"], ips=["203.0.113.9"]
    )

    for found in extract(text, own):
        host = found.value.rpartition("@")[2]
        assert found.value not in ("+33536498877", "evil@evil.com", "203.0.113.9")
        assert host != "evil.fr"
        assert not (found.type is ObservableType.DOMAIN and host.endswith(".evil.fr"))


@given(MESSY | SPACED)
def test_own_values_hide_nothing_else(text):
    own = OwnValues(domains=["evil.fr"])

    left_out = {f.value for f in extract(text)} - {f.value for f in extract(text, own)}
    assert all("evil.fr" in value for value in left_out)


@given(MESSY | SPACED)
def test_it_reads_back_what_defang_hides(text):
    for found in extract(text):
        if found.type in (ObservableType.DOMAIN, ObservableType.IPV4, ObservableType.URL):
            shown = defang(found.value)
            assert (found.type, found.value) in [(f.type, f.value) for f in extract(shown)]


@given(ANYTHING | MESSY)
def test_it_finds_as_much_in_cleaned_text(text):
    once = [(f.type, f.value) for f in extract(clean(text))]

    assert once == [(f.type, f.value) for f in extract(clean(clean(text)))]


@given(st.from_regex(r"[a-zà-öø-ÿ]{1,12}-[a-zà-öø-ÿ]{1,12}", fullmatch=True))
def test_accented_domains_are_those_of_idna(name):
    (found, *_) = extract(f"{name}.fr")

    assert found.value == idna.encode(f"{name}.fr", uts46=True, transitional=False).decode()


def _needs_quotes(found):
    return found.type is ObservableType.FILENAME and " " in found.value


def _looks_like_a_file(found):
    # evil[.]zip: only its defanging says that it is a domain.
    last = found.value.rpartition(".")[2]
    return found.type is ObservableType.DOMAIN and last in ("zip", "sh") and is_suffix(last)
