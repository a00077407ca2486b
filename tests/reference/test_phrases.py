"""Words that point to a category: right for the given reports, each found as whole words."""

import pytest

from csirt.reference.bundle import shipped
from csirt.reference.phrases import CategoryPhrases, Phrases
from csirt.reference.reports import given_reports

PHRASES = shipped().phrases
REPORTS = given_reports()
# Written for this test, not while the file was made.
TOLD = {
    "Tous nos dossiers ont une drôle d'extension et un message réclame une rançon.": "rancongiciel",
    "J'ai reçu un SMS pour un colis, j'ai cliqué et donné ma carte.": "hameconnage-sms",
    "Le fournisseur nous a envoyé un nouveau RIB, on a viré 14 000 euros.": "fovi-faux-rib",
    "Quelqu'un a volé mon ordinateur portable, cambriolage au CCAS cette nuit.": "perte-vol",
    "Notre page Facebook a été piratée, on publie à notre place des choses horribles.": "piratage-reseau-social",
    "Le site de la mairie affiche un message politique, la page d'accueil a été remplacée.": "defiguration",
    "Une dame du service des fraudes de ma banque m'a fait valider une opération.": "faux-conseiller",
    "Un agent dit ne pas avoir demandé à changer son RIB, son salaire est parti ailleurs.": "changement-rib-agent",
    "J'ai envoyé la liste des élèves au mauvais destinataire.": "erreur-envoi",
    "Site inaccessible depuis midi, l'hébergeur dit que c'est un DDoS.": "ddos",
}


def first(text):
    return next(iter(PHRASES.pointed(text))).category


def test_the_first_suggestion_is_right_for_eight_of_ten_given_reports():
    right = [one["id"] for one in REPORTS if first(one["text_fr"]) == one["expected"]["category"]]

    assert len(REPORTS) >= 10
    assert len(right) >= 0.8 * len(REPORTS)


@pytest.mark.parametrize("text", TOLD)
def test_what_somebody_else_would_write_is_understood(text):
    assert first(text) == TOLD[text]


def test_each_category_has_its_phrases():
    assert {one.category for one in PHRASES.categories} == set(shipped().categories)


def test_a_phrase_is_found_as_whole_words_whatever_the_accents():
    phrases = Phrases("1", (CategoryPhrases("ddos", ("deni de service",)),))

    assert phrases.pointed("C'est un DÉNI-de-service !")[0].phrases == ("deni de service",)
    assert phrases.pointed("un deni de services") == ()


def test_what_a_longer_phrase_says_already_is_not_counted_twice():
    phrases = Phrases("1", (CategoryPhrases("hameconnage-sms", ("un sms", "recu un sms")),))

    (found,) = phrases.pointed("j'ai reçu un SMS")
    assert (found.phrases, found.weight) == (("recu un sms",), 3)
