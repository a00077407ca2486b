"""The region: 13 departments, 164 EPCI, 4,446 communes, their former names and town halls."""

from collections import Counter

import pytest

from csirt.directory.loading import band, load_places, town_hall
from csirt.directory.models import Commune, Epci, FormerCommune, Organisation, PopulationBand


def test_the_loader_says_what_there_is(region):
    assert (region["departments"], region["epci"], region["communes"]) == (13, 164, 4446)
    assert region["organisations"] == 4446 + 164


def test_loading_again_changes_nothing(region):
    before = list(Organisation.objects.order_by("pk").values())

    assert load_places() == region
    assert list(Organisation.objects.order_by("pk").values()) == before


def test_loading_again_corrects_what_differs_and_keeps_what_people_wrote(region):
    Commune.objects.filter(pk="09194").update(name="Mirpoix", population=1)
    Organisation.objects.filter(commune="09194").update(name="Mairie de Mirepoix (Ariège)")

    load_places()

    assert Commune.objects.get(pk="09194").name == "Mirepoix"
    assert Commune.objects.get(pk="09194").population > 1000
    assert Organisation.objects.get(commune="09194").name == "Mairie de Mirepoix (Ariège)"


def test_each_commune_is_of_a_department_of_the_region_and_has_a_postcode(region):
    departments = ["09", "11", "12", "30", "31", "32", "34", "46", "48", "65", "66", "81", "82"]

    assert sorted(set(Commune.objects.values_list("department", flat=True))) == departments
    assert all(postcodes for postcodes in Commune.objects.values_list("postcodes", flat=True))


def test_names_and_postcodes_tell_no_commune_apart(region):
    names = Counter(Commune.objects.values_list("name", flat=True))
    postcodes = Counter(
        code for codes in Commune.objects.values_list("postcodes", flat=True) for code in codes
    )

    assert sum(count > 1 for count in names.values()) == 164
    assert max(postcodes.values()) == 36


def test_former_communes_lead_to_the_present_ones(region):
    assert FormerCommune.objects.count() == region["former communes"]
    assert FormerCommune.objects.get(insee="09028").commune_id == "09296"  # Aulos, Aulos-Sinsat


def test_each_commune_has_its_town_hall_and_each_epci_is_an_organisation(region):
    assert Organisation.objects.filter(kind="commune").values("commune").distinct().count() == 4446
    assert set(Organisation.objects.filter(kind="epci").values_list("siren", flat=True)) == set(
        Epci.objects.values_list("siren", flat=True)
    )


@pytest.mark.parametrize(
    "commune, name",
    [
        ("Toulouse", "Mairie de Toulouse"),
        ("Albi", "Mairie d'Albi"),
        ("Estaing", "Mairie d'Estaing"),
        ("Homps", "Mairie d'Homps"),
        ("Yenne", "Mairie de Yenne"),
        ("Le Caylar", "Mairie du Caylar"),
        ("Les Angles", "Mairie des Angles"),
        ("La Bastide-Puylaurent", "Mairie de La Bastide-Puylaurent"),
        ("L'Isle-Jourdain", "Mairie de L'Isle-Jourdain"),
        ("Lespugue", "Mairie de Lespugue"),
        ("Éauze", "Mairie d'Éauze"),
    ],
)
def test_a_town_hall_is_named_as_people_say_it(commune, name):
    assert town_hall(commune) == name


@pytest.mark.parametrize(
    "people, size",
    [
        (0, "tiny"),
        (499, "tiny"),
        (500, "small"),
        (3499, "small"),
        (3500, "medium"),
        (19999, "medium"),
        (20000, "large"),
        (500_000, "large"),
    ],
)
def test_a_population_has_its_band(people, size):
    assert band(people) == PopulationBand(size)
