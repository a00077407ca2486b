"""The name of a town hall or of an inter-municipal body is suggested, offline; nothing private is."""

import pytest

from csirt.directory.models import Commune, Epci, Organisation
from incidents.intake.bodies import named, town_hall
from incidents.models import Draft
from tests.intake.test_form_pages import TOWN, text_of

MIRANDE, COMPANY = "213202567", "732829320"  # valid by their check digit
EPCI = "243200458"


@pytest.fixture
def bodies(places):
    epci = Epci.objects.create(siren=EPCI, name="CC Cœur d'Astarac", type="CC")
    Commune.objects.filter(pk="32256").update(siren=MIRANDE, epci=epci)


@pytest.mark.parametrize(
    ("commune", "called"),
    [
        ("Mirande", "Mairie de Mirande"),
        ("Albi", "Mairie d'Albi"),
        ("Évran", "Mairie d'Évran"),
        ("Le Vernet", "Mairie du Vernet"),
        ("Les Angles", "Mairie des Angles"),
        ("La Romieu", "Mairie de La Romieu"),
        ("L'Isle-Jourdain", "Mairie de L'Isle-Jourdain"),
    ],
)
def test_a_town_hall_is_called_as_people_call_it(commune, called):
    assert town_hall(commune) == called


@pytest.mark.parametrize(
    ("answers", "name"),
    [
        ({"kind": "commune", "ou": "32256"}, "Mairie de Mirande"),
        ({"kind": "epci", "ou": "32256"}, "CC Cœur d'Astarac"),
        ({"kind": "entreprise", "ou": "32256"}, None),
        ({"kind": "commune", "ou": "hors_region"}, None),
        ({"kind": "commune", "ou": ["32256", "81004"]}, None),
        ({"kind": "epci", "ou": "81004"}, None),
        (
            {"kind": "commune", "ou": "81004", "organisme": MIRANDE},
            f"Mairie de Mirande ({MIRANDE})",
        ),
        ({"kind": "epci", "organisme": "243 200 458"}, f"CC Cœur d'Astarac ({EPCI})"),
        ({"kind": "commune", "organisme": f"{MIRANDE} 00013"}, f"{MIRANDE} 00013"),
        ({"kind": "commune", "ou": "32256", "organisme": "Le CCAS"}, "Le CCAS"),
        ({"kind": "commune", "organisme": "213202568"}, "213202568"),
    ],
)
def test_a_name_is_suggested_where_something_public_tells_it(bodies, answers, name):
    assert named(answers).get("organisme") == name


def test_a_business_that_the_desk_knows_is_not_told_to_anybody(bodies):
    Organisation.objects.create(name="Secrets SARL", kind="entreprise", siren=COMPANY)

    assert named({"kind": "entreprise", "organisme": COMPANY})["organisme"] == COMPANY


def test_the_suggestion_is_read_and_changed_where_answers_are_checked(visitor, bodies):
    visitor.resume(TOWN)
    page = {"ou_texte": "Mirande", "etablissement": "aucun"}

    visitor.client.post("/signaler/lieu/?retour=1", page)
    html = text_of(visitor.client.get("/signaler/verification/"))
    visitor.client.post("/signaler/lieu/?retour=1", {**page, "organisme": "Le CCAS"})

    assert "Mairie de Mirande" in html
    assert Draft.objects.get().answers["organisme"] == "Le CCAS"
