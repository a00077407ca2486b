"""What looks like an observable to a machine, and to nobody else."""

import pytest

from incidents.domain.observables import extract

NOTHING = [
    # versions, dates, times, amounts, counts
    "Version Windows 10.0.19045 partout",
    "FortiOS version 7.2.5.1",
    "firmware : 1.2.3.4",
    "Chrome/120.0.0.0 Safari/537.36",
    "article 4.3.2.1 du marché",
    "à 03h10 le 04.11.2025, puis 05/11/2025",
    "Tue, 4 Nov 2025 08:12:44 +0100",
    "2025-11-04T08:12:44+01:00",
    "0,35 bitcoin, 399 EUR, 200 euros, 40 000 requêtes/s",
    "12.500.000 euros",
    "212 familles, 48h, 15 ans, 80 Go",
    "masque 255.255.255.0",
    # telephones and numbers that are no address, addresses that are no telephone
    "SIRET 123 456 789 00012",
    "dossier 001234567890",
    "NIR 2 85 05 78 006 084 36",
    "NIR 285057800608436",
    "carte 3782 822463 10005, 378282246310005",
    "numéro de série EXPL-7781-Q",
    # French without its spaces
    "bonjour.merci de rappeler",
    "on a tout perdu hier.la mairie est fermée",
    "on ne peut plus ouvrir.il y a un papier",
    "ça ne marche pas.De plus le maire",
    "fini.je rappelle demain.et voilà",
    "M.Dupont et Mme.Durand, S.A.R.L. Exemple, etc.la suite",
    # spelled words that are words
    "au point de vue technique, le point est que",
    "faisons un point info, à ce point fr",
    "mise au point com",
    "le technicien dit point barre",
    "rendez-vous at 5pm",
    # forms that prove nothing
    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
    "FR76 3000 6000 0112 3456 7890 188",
    "IMEI 490154203237519",
    "00000000000000000000000000000000",
    "12345678901234567890123456789012",
    "0x0000000000000000000000000000000000000000",
    "20-11-04-08-12-44",
    "std::vector et dead::beef",
    "un vieil AS400",
    "pseudo @lea_exemple_09",
    # ordinary extensions and words in -.com
    "tous les fichiers .docx et .pdf",
    "sous .NET 8, le .fr est pris",
    "et/ou, oui/non, 1/2, km/h",
    "a.b.c.d",
    "...",
    "http://",
    "https://.",
    "@",
    "C:\\",
    "",
]


@pytest.mark.parametrize("text", NOTHING)
def test_it_finds_nothing_in(text):
    assert [(f.type.value, f.value) for f in extract(text)] == []


@pytest.mark.parametrize("text", ["05.61.22.33.44", "05 61 22 33 44", "05-61-22-33-44"])
def test_a_telephone_number_is_no_ip_address(text):
    assert [f.type.value for f in extract(text)] == ["phone"]


@pytest.mark.parametrize(
    "name",
    ["facture.pdf", "LIRE_MOI.txt", "setup.zip", "script.py", "install.sh", "README.md", "x.mov"],
)
def test_a_file_name_is_no_domain(name):
    assert [(f.type.value, f.value) for f in extract(name)] == [("filename", name)]


def test_an_accented_name_is_not_cut():
    assert "gie-eau.fr" not in [f.value for f in extract("site régie-eau.fr")]
