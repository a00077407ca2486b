"""Texts that a duty asks for: filled from the case, completed, kept, printed, taken away."""

import re
from datetime import timedelta
from html import unescape

import pytest

from csirt.kernel.clock import now
from csirt.reference.bundle import shipped
from csirt.reference.messages import placeholders_in
from incidents.models import LegalText
from incidents.services import papers
from tests.console.case import address, fresh, text
from tests.people import agree, client_of, file_case

pytestmark = pytest.mark.django_db

PAPERS = list(shipped().papers)
HOSTILE = "{{ case.pk }} {% load x %} {contact_nom} {reference} <script>alert(1)</script> hxxp"


def at(case, paper="plainte"):
    return address(case, "textes", paper)


def shown(answer):
    """Return the text as it stands in its field."""
    return unescape(
        re.search(r"<textarea[^>]*>\n(.*?)</textarea>", answer.content.decode(), re.DOTALL)[1]
    )


@pytest.mark.parametrize("paper", PAPERS)
def test_each_text_is_filled_and_says_whose_duty_it_is(paper, alice, denise):
    answer = client_of(alice).get(at(denise.incident, paper))
    words = shown(answer)

    assert "faire relire par un juriste" in text(answer)
    assert "Le devoir est celui de la victime" in text(answer)
    assert not placeholders_in(words)
    assert "Mairie d'Exemple" in words
    assert "[à compléter" in words


def test_what_the_case_knows_is_in_the_text_and_the_rest_is_to_be_completed(alice, denise):
    words = shown(client_of(alice).get(at(denise.incident, "notification-cnil")))

    assert "Personne à joindre : Denise Vidal, 05 61 00 00 00, denise@mairie-exemple.fr" in words
    assert "extension .lockbit" in words
    assert re.search(
        r"Limite des 72 heures : \d+\w* \w+ 20\d\d à \d+ h \d\d \(heure de Paris\)", words
    )
    assert "[à compléter : motifs du retard]" in words
    assert denise.reference in words


def test_a_guess_of_the_moment_is_not_stated_as_a_fact(alice):
    guessed = file_case(answers={"quand": "hier"}).incident
    told = file_case(knowledge_at=now() - timedelta(hours=3), knowledge_exact=True).incident
    blank = (
        "Nous avons eu connaissance des faits le [à compléter : date et heure où vous l'avez su]"
    )

    assert blank in shown(client_of(alice).get(at(guessed)))
    assert re.search(
        r"connaissance des faits le \d+\w* \w+ 20\d\d à \d+ h",
        shown(client_of(alice).get(at(told))),
    )


def test_what_a_victim_wrote_is_text_and_never_a_placeholder_nor_a_template(alice):
    case = file_case(text=HOSTILE, contact_name="{reference} {{ 7|add:7 }}").incident
    answer = client_of(alice).get(at(case))

    assert HOSTILE in shown(answer)
    assert "{reference} {{ 7|add:7 }}" in shown(answer)
    assert "<script>alert" not in answer.content.decode()


def test_a_text_is_kept_as_it_was_completed_and_taken_away(alice, denise):
    case, client = denise.incident, client_of(alice)
    done = client.post(
        at(case), {"version": fresh(case).version, "texte-text": "Madame,\n<b>Voici.</b>"}
    )
    assert done.status_code == 302
    row = LegalText.objects.get()
    assert (row.text, row.written_by) == ("Madame,\n<b>Voici.</b>", alice)
    assert shown(client.get(at(case))) == "Madame,\n<b>Voici.</b>"
    file = client.get(at(case), {"forme": "texte"})
    assert file["Content-Disposition"] == f'attachment; filename="{denise.reference}-plainte.txt"'
    assert "faire relire par un juriste" in file.content.decode()
    assert "<b>Voici.</b>" in file.content.decode()
    assert "&lt;b&gt;Voici.&lt;/b&gt;" in client.get(at(case), {"forme": "papier"}).content.decode()
    assert "Denise Vidal" in shown(client.get(at(case), {"depart": "dossier"}))

    assert "Alice a complété un texte : Lettre de plainte." in text(client.get(address(case)))


@pytest.mark.parametrize(
    ("fields", "status"), [({"texte-text": " "}, 400), ({"version": 99, "texte-text": "Oui."}, 409)]
)
def test_what_is_not_kept_is_said_and_stays(fields, status, alice, denise):
    case = denise.incident
    answer = client_of(alice).post(at(case), {"version": fresh(case).version, **fields})

    assert answer.status_code == status
    assert shown(answer) == fields["texte-text"]
    assert not LegalText.objects.exists()


def test_eve_and_an_operator_find_none(eve, ada, emile, alice, denise):
    agree(emile.operators.get(), denise.incident)
    for user in (eve, ada, emile):
        assert client_of(user).get(at(denise.incident)).status_code == 404
        assert client_of(user).post(at(denise.incident), {"texte-text": "x"}).status_code == 404
    assert client_of(alice).get(at(denise.incident, "inventee")).status_code == 404
    assert not LegalText.objects.exists()


def test_every_text_fills_whatever_the_case_lacks(db):
    bare = file_case(
        text="", contact_name="", contact_phone="", contact_email="", organisation_name=""
    ).incident
    for paper in shipped().papers.values():
        assert not placeholders_in(papers.filled(bare, paper, now=now()))
