"""What belongs to the victim never comes out."""

import pytest

from incidents.domain.observables import OwnValues, extract

DENISE = OwnValues(
    phones=["05 36 49 12 34"],
    emails=["denise@mairie-exemple.example", "denise.exemple@orange.fr"],
    domains=["mairie-exemple.example", "régie-exemple.fr"],
    ips=["203.0.113.0/28", "2001:db8:1::/48"],
)


@pytest.mark.parametrize(
    "text",
    [
        "05 36 49 12 34",
        "05.36.49.12.34",
        "0536491234",
        "+33 (0)5 36 49 12 34",
        "0033536491234",
        "denise@mairie-exemple.example",
        "DENISE@Mairie-Exemple.example",
        "denise [at] mairie-exemple [dot] example",
        "compta@mairie-exemple.example",
        "denise.exemple@orange.fr",
        "mairie-exemple.example",
        "mairie-exemple[.]example",
        "mx.mairie-exemple.example",
        "https://www.mairie-exemple.example/index.php?a=b",
        "www.mairie-exemple.example/pirate.html",
        "http://203.0.113.5/admin",
        r"\\srv.mairie-exemple.example\commun\x",
        "RÉGIE-EXEMPLE.fr",
        "xn--rgie-exemple-beb.fr",
        "203.0.113.5",
        "203.0.113[.]5:443",
        "203.0.113.8/30",
        "2001:db8:1::25",
        "Message-ID: <1@mail.mairie-exemple.example>",
    ],
)
def test_it_leaves_out(text):
    assert [(f.type.value, f.value) for f in extract(text, DENISE)] == []


@pytest.mark.parametrize(
    "text",
    [
        "mairie-exemple.example.evil.example",
        "fausse-mairie-exemple.example",
        "denise@mairie-exemple.evil.example",
        "eve@orange.fr",
        "203.0.113.77",
        "203.0.112.0/23",
        "05 36 49 88 77",
    ],
)
def test_it_keeps_what_only_resembles(text):
    assert extract(text, DENISE)


def test_a_link_that_carries_her_address_says_so():
    found = extract("http://evil.example/owa?u=denise%40mairie-exemple.example", DENISE)

    assert {f.type.value: f.holds_own for f in found} == {"url": True, "domain": False}


def test_the_domain_of_her_mailbox_is_hers_unless_anybody_may_have_one_there():
    own = OwnValues(emails=["denise@petite-mairie.example", "denise@gmail.com"])

    found = extract("x@petite-mairie.example, eve@gmail.com", own)
    assert [f.value for f in found] == ["eve@gmail.com"]


def test_own_values_that_cannot_be_read_are_ignored():
    own = OwnValues(phones=["?", ""], emails=["@", "x"], domains=["", "."], ips=["999", ""])

    assert [f.value for f in extract("evil.example", own)] == ["evil.example"]
