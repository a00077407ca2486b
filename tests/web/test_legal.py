"""The pages that the law asks for: true, in plain words, in both languages, one click away."""

import re

import pytest
from django.conf import settings
from django.test import Client

from tests.intake.test_plain_words import sentences

PAGES = ["/accessibilite/", "/mentions-legales/", "/donnees-personnelles/"]
WORD = re.compile(r"[\w’'@./-]+")
LONGEST = 15
SAID_BY_LAW = {"Défenseur des droits, Libre réponse 71120, 75342 Paris CEDEX 07"}


def read(address, language="fr"):
    answer = Client(headers={"accept-language": language}).get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def main_of(html):
    return html[html.index("<main") : html.index("</main>")]


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_each_page_is_said_in_plain_words(address, language, db):
    long = [
        sentence
        for sentence in sentences(main_of(read(address, language)), language)
        if len(WORD.findall(sentence)) > LONGEST and sentence not in SAID_BY_LAW
    ]

    assert long == []


def test_every_public_page_leads_to_them(db):
    html = read("/")

    assert all(f'href="{address}"' in html for address in PAGES)


def test_no_audit_means_not_compliant(db):
    assert "Accessibilité\u00a0: non conforme" in read("/")
    assert "Accessibility: not compliant" in read("/", "en")
    html = read("/accessibilite/")
    assert "Personne ne l&#x27;a encore audité." in html or "Personne ne l'a encore audité." in html
    assert "partiellement" not in html


def test_what_the_operator_has_not_said_is_said_to_be_missing(db):
    assert set(settings.LEGAL.values()) == {""}
    assert read("/mentions-legales/").count("ne l'a pas encore indiqué") == 2


def test_what_the_operator_says_is_shown(db, settings):
    settings.LEGAL = {
        "publisher": "GIP Exemple <b>",
        "director": "Camille Roux",
        "host": "Hébergeur SAS, Toulouse",
        "dpo": "dpo@exemple.fr",
    }

    html = read("/mentions-legales/")
    assert "GIP Exemple &lt;b&gt;" in html
    assert "Camille Roux" in html
    assert "Hébergeur SAS, Toulouse" in html
    assert "dpo@exemple.fr" in read("/donnees-personnelles/")


def test_how_to_reach_us_and_whom_else_is_said(db):
    for address in ("/accessibilite/", "/donnees-personnelles/"):
        html = main_of(read(address))
        assert 'href="tel:0800711313"' in html
        assert 'href="mailto:' in html
    assert "defenseurdesdroits.fr" in read("/accessibilite/")
    assert "www.cnil.fr" in read("/donnees-personnelles/")


@pytest.mark.parametrize("address", PAGES)
def test_they_are_only_read(address, db):
    assert Client().post(address).status_code == 405
