"""Texts that say the same in other words are alike; texts about the same kind of thing are not."""

import itertools
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.domain.similarity import ALIKE, FEWEST, bands, similarity, trigrams
from tests.domain.conftest import given_reports

GIVEN = {report["id"]: report["text_fr"] for report in given_reports()}
REWORDED = {
    "r03": GIVEN["r03"]
    .replace("des habitants m'appellent : ils reçoivent", "des administrés nous téléphonent et ont")
    .replace("j'ai vu un transfert vers", "j'ai trouvé une redirection vers"),
    "r05": "Bonjour, nous avons reçu un mail de support@connexion-webmel[.]example, il dit que la"
    " boîte est pleine. On n'a pas cliqué, c'est normal ?",
    "r06": "Hier soir, notre trésorière a cliqué sur un lien « boîte pleine » (connexion-webmel dot"
    " example slash owa) puis a tapé le mot de passe de l'association. C'est aussi celui de la"
    " banque en ligne et du drive où sont les fiches sanitaires des enfants. Depuis ce matin elle"
    " ne peut plus ouvrir la boîte. Aucun argent n'est parti, à notre connaissance.",
    "r08": "Bonjour. Depuis 14h05 le portail des usagers est inaccessible. L'hébergeur parle d'un"
    " déni de service applicatif, avec des pics à 40 000 requêtes par seconde et des sources"
    " multiples, dont 192.0.2.10, 192.0.2.11 et 198.51.100.200. Un canal de messagerie revendique"
    " une liste de « cibles françaises » et nous y figurons. Pas de demande d'argent. Messagerie et"
    " logiciels internes fonctionnent. Une page statique est en place. Dites-nous si d'autres"
    " collectivités sont visées, merci.",
    "r09": "Bonjour, je me suis trompée d'adresse : à 16h20 j'ai envoyé le tableau de la cantine"
    " (212 familles : noms, téléphones, quotients familiaux, allergies des enfants) à un inconnu,"
    " cantine.villexemple@messagerie.example, au lieu de notre adresse interne. J'ai fait un rappel"
    " du message, sans réponse. Ce n'est pas un piratage. Dois-je prévenir la CNIL ? Je l'ai su"
    " aussitôt, à 16h25.",
}
PHISHING = {
    "parcel": "Bonjour, j'ai reçu un SMS de la poste qui me demande de payer 1,99 euro pour un colis."
    " J'ai cliqué sur le lien et j'ai donné ma carte bancaire avant de comprendre.",
    "taxes": "Bonjour, j'ai reçu un mail des impôts qui me dit que j'ai droit à un remboursement de"
    " 312 euros. Le lien demande ma carte bancaire, je n'ai pas cliqué.",
    "password": "Bonjour, un mail du support informatique nous demande de confirmer notre mot de"
    " passe avant ce soir sous peine de perdre la messagerie. Deux agents ont répondu.",
    "bank": "Bonjour, j'ai reçu un mail de la banque qui me dit que mon compte est bloqué. J'ai"
    " cliqué sur le lien et j'ai donné mon mot de passe avant de comprendre.",
    **{name: GIVEN[name] for name in ("r03", "r05", "r06")},
}
HEADERS = """> Return-Path: <no-reply@connexion-webmel.example>
> Received: from mx7.connexion-webmel.example (unknown [192.0.2.145])
\tby mx.mairie-castelfictif.example with ESMTPS id 4F2k9; Tue, 4 Nov 2025 08:12:44 +0100
From: "Support Webmel" <support@connexion-webmel.example>
*Objet :* Votre boite est pleine a 98%
X-Originating-IP: [2001:db8:51:9::25]
Authentication-Results: mx.mairie-castelfictif.example; spf=none smtp.mailfrom=connexion-webmel
"""


def alike(one, other):
    return similarity(trigrams(one), trigrams(other))


@pytest.mark.parametrize(
    "text, expected",
    [
        ("word", ["  w", " wo", "ord", "rd ", "wor"]),
        ("Été", ["  e", " et", "ete", "te "]),
        ("a b", ["  a", "  b", " a ", " b "]),
        ("foo|bar_1", ["  1", "  b", "  f", " 1 ", " ba", " fo", "ar ", "bar", "foo", "oo "]),
        ("… !", []),
    ],
)
def test_trigrams_are_those_of_pg_trgm_without_accents(text, expected):
    assert sorted(trigrams(text)) == expected


@pytest.mark.parametrize("name", REWORDED)
def test_a_report_in_other_words_is_alike_and_is_found_by_its_bands(name):
    assert ALIKE <= alike(GIVEN[name], REWORDED[name]) < 1
    assert set(bands(trigrams(GIVEN[name]))) & set(bands(trigrams(REWORDED[name])))


@pytest.mark.parametrize("one, other", [*itertools.combinations(PHISHING, 2)])
def test_two_reports_of_phishing_are_not_alike(one, other):
    assert alike(PHISHING[one], PHISHING[other]) < ALIKE


@pytest.mark.parametrize("one, other", [*itertools.combinations(GIVEN, 2)])
def test_no_two_given_reports_are_alike(one, other):
    assert alike(GIVEN[one], GIVEN[other]) < ALIKE / 1.5


def test_the_headers_of_a_quoted_mail_make_nobody_alike():
    one, other = (f"{PHISHING[name]}\n{HEADERS}" for name in ("parcel", "password"))

    assert trigrams(one) == trigrams(PHISHING["parcel"])
    assert alike(one, other) == alike(PHISHING["parcel"], PHISHING["password"])


def test_what_is_no_header_stays():
    said = "Bonjour de : la mairie\nQuestion : que faire ?"

    assert trigrams(said) == trigrams("bonjour de la mairie question que faire")


def test_a_few_words_are_never_alike():
    short = trigrams("Bonjour, j'ai reçu un mail bizarre ce matin, que faire ?")

    assert 0 < len(short) < FEWEST
    assert similarity(short, short) == 0
    assert bands(short) == []


def test_the_bands_of_a_text_stay_what_they_were_stored_as():
    assert bands(trigrams(GIVEN["r05"]))[:3] == [
        -7767260533389143820,
        -4716708291171810564,
        -6638013691335143294,
    ]


@settings(max_examples=30)
@given(st.text(), st.text())
def test_it_is_the_same_from_both_sides_and_whole_with_itself(one, other):
    one, other = one + GIVEN["r05"], other + GIVEN["r06"]

    assert alike(one, other) == alike(other, one)
    assert alike(one, one) == 1
    assert all(-(2**63) <= band < 2**63 for band in bands(trigrams(one)))


@pytest.mark.parametrize(
    "unit", [">", "\n", " \n", "de:\n x", "from ", "\ufdfa", "e\u0301", "aZ9 "]
)
def test_a_hostile_text_costs_little(unit):
    began = time.perf_counter()
    bands(trigrams((unit * 20_000)[:20_000]))

    assert time.perf_counter() - began < 0.5
