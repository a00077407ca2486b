"""Saying where: a name, a postcode, several towns, none of them, without JavaScript."""

from html import unescape

import pytest

from incidents.models import Draft, Incident
from tests.intake.conftest import typed
from tests.intake.test_form_pages import TOWN, text_of
from tests.people import client_of

PLACE = {"etablissement": "aucun"}


@pytest.fixture
def at_the_place(visitor):
    """Return what posting the page of the place answers."""
    visitor.resume(TOWN)

    def post(**values):
        return visitor.client.post("/signaler/lieu/", {**PLACE, **values})

    return post


def kept():
    return Draft.objects.get().answers.get("ou")


@pytest.mark.parametrize(
    "text, insee",
    [
        ("Mirande", "32256"),
        ("mirande", "32256"),
        ("32300", "32256"),
        ("LOURDES", "65286"),
        ("81004", "81004"),
        ("Mirepoix (09500, Ariège)", "09194"),
    ],
)
def test_a_name_a_postcode_or_a_code_is_enough(at_the_place, text, insee):
    assert at_the_place(ou_texte=text).status_code == 302
    assert kept() == insee


def test_a_shared_name_is_told_apart_by_choosing(at_the_place):
    html = text_of(at_the_place(ou_texte="Mirepoix"))

    assert "Plusieurs communes correspondent à « Mirepoix ». Choisissez la bonne." in html
    assert '<a href="#f-ou">' in html
    assert "Mirepoix (09500, Ariège)" in html
    assert "Mirepoix (32390, Gers)" in html

    assert at_the_place(ou_texte="Mirepoix", ou="insee:32258").status_code == 302
    assert kept() == "32258"


def test_the_postcode_of_one_town_is_not_the_code_of_another(at_the_place):
    """32258 is the code of a Mirepoix; the choice says so, whatever a postcode may be."""
    assert at_the_place(ou_texte="x", ou="insee:32258").status_code == 302
    assert kept() == "32258"


def test_several_towns_are_separated_by_semicolons(at_the_place):
    response = at_the_place(ou="plusieurs", ou_texte="Mirande; 65100 ;Albi")

    assert response.status_code == 302
    assert kept() == ["32256", "65286", "81004"]


def test_a_name_in_doubt_among_several_is_settled_alone(at_the_place):
    values = {"ou": "plusieurs", "ou_texte": "Mirande; Mirepoix; Albi"}
    html = text_of(at_the_place(**values))

    assert 'name="ou_doute" value="Mirepoix"' in html
    assert '<a href="#f-ou_choix">' in html
    chosen = {"ou_doute": "Mirepoix", "ou_choix": "Mirepoix (09500, Ariège)"}

    assert at_the_place(**values, **chosen).status_code == 302
    assert kept() == ["32256", "09194", "81004"]


def test_the_towns_are_shown_again_as_they_may_be_typed(visitor, at_the_place):
    at_the_place(ou="plusieurs", ou_texte="Mirande; Albi")

    html = text_of(visitor.client.get("/signaler/lieu/"))

    assert 'value="Mirande (32300, Gers); Albi (81000, Tarn)"' in html
    assert 'value="plusieurs" checked' in html
    again = at_the_place(ou="plusieurs", ou_texte="Mirande (32300, Gers); Albi (81000, Tarn)")
    assert again.status_code == 302
    assert kept() == ["32256", "81004"]


@pytest.mark.parametrize("answer", ["plusieurs", "hors_region", "nsp"])
def test_no_town_has_to_be_named(at_the_place, answer):
    assert at_the_place(ou=answer).status_code == 302
    assert kept() == answer


@pytest.mark.parametrize(
    "text",
    ["Trifouilly", "00000", "insee:99999", "'; DROP TABLE", "\x00", "(", "a" * 5000],
    ids=["unknown", "postcode", "code", "quote", "nul", "bracket", "long"],
)
def test_an_unknown_town_is_said_beside_its_box(at_the_place, text):
    response = at_the_place(ou_texte=text)

    html = unescape(response.content.decode())
    assert response.status_code == 200
    assert '<a href="#f-ou_texte">' in html


def test_a_forged_town_is_refused(at_the_place):
    assert at_the_place(ou="99999").status_code == 200
    assert at_the_place(ou="insee:75056").status_code == 200


def test_nothing_at_all_is_an_error_of_the_box(at_the_place):
    html = text_of(at_the_place())

    assert '<a href="#f-ou_texte">Tapez le nom de la commune' in html


def sent(visitor, *towns, **changes):
    """Send a report about several towns; return what was shown, and the case."""
    values = typed(TOWN | changes) | {"ou": ["plusieurs"], "ou_texte": [";".join(towns)]}
    html = text_of(visitor.send(visitor.fill(values)))
    return html, Incident.objects.get()


def test_several_towns_are_one_case_without_one_commune(visitor):
    html, case = sent(visitor, "Mirande", "Albi")

    assert (case.commune, case.department_only) == (None, "")
    assert case.reports.get().answers["ou"] == ["32256", "81004"]
    assert "Nous ouvrons un seul dossier pour toutes." in html


def test_the_desk_reads_their_names_and_finds_the_case_where_they_all_are(visitor, alice, eve):
    _, case = sent(visitor, "Mirande", "insee:32258")
    client = client_of(alice)
    html = text_of(client.get(f"/console/dossiers/{case.uuid}/"))

    assert case.department_only == "32"
    assert "Mirande (32300, Gers) · Mirepoix (32390, Gers)" in html
    assert "32256" not in html
    for code, found in (("32", True), ("81", False)):
        queue = text_of(client.get(f"/console/?vue=tous&dep={code}"))
        assert (case.reference in queue) is found
    assert client_of(eve).get(f"/console/dossiers/{case.uuid}/").status_code == 404


def test_towns_of_one_department_are_given_its_prefecture_in_an_emergency(visitor):
    html, case = sent(visitor, "Mirande", "insee:32258", travail="non", **{"continue": "s_etend"})

    assert case.priority == "P1"
    assert "Préfecture du Gers" in html


def test_somebody_from_elsewhere_is_told_who_may_help(visitor):
    html = text_of(visitor.send(visitor.fill(typed(TOWN) | {"ou": ["hors_region"]})))

    assert "Votre commune n'est pas en Occitanie." in html
    assert "17cyber.gouv.fr" in html
