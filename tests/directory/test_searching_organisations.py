"""An organisation is found by its name, its numbers and its domains, by who may know of it."""

import pytest

from csirt.accounts.principals import Anonymous, Machine, Person, Victim
from csirt.directory import queries, services
from csirt.directory.models import Organisation
from csirt.directory.services import OrganisationFields
from csirt.kernel.clock import now


@pytest.fixture
def agency(region, alice):
    """An organisation that no reference file knows."""
    fields = OrganisationFields(
        name="Agence de l'Eau & Cie",
        kind="entreprise",
        siret="55210055400013",
        own_domains=["agence-eau.example", "mail.agence-eau.example"],
    )
    return services.create_organisation(fields=fields, by=Person.of(alice), now=now())


def names(user, text):
    return [row.name for row in queries.search_organisations(Person.of(user), text).rows]


@pytest.mark.parametrize(
    "typed",
    [
        "agence eau",
        "AGENCE DE L'EAU & CIE",
        "l\u2019eau cie",
        "cie agence",
        "552100554",
        "552 100 554",
        "55210055400013",
        "552 100 554 00013",
        "agence-eau.example",
        "mail.agence-eau.example",
        "contact@agence-eau.example",
    ],
)
def test_it_is_found_as_people_type_it(typed, agency, alice):
    assert names(alice, typed) == ["Agence de l'Eau & Cie"]


def test_namesakes_are_all_found_the_plainest_first(region, alice):
    assert names(alice, "mirepoix") == [
        "CC du Pays de Mirepoix",
        "Mairie de Mirepoix",
        "Mairie de Mirepoix",
        "Mairie de Mirepoix-sur-Tarn",
    ]


def test_a_town_hall_is_found_by_a_short_saint(region, alice):
    assert names(alice, "mairie st gaudens") == ["Mairie de Saint-Gaudens"]
    assert names(alice, "mairie de Saint-Gaudens") == ["Mairie de Saint-Gaudens"]


def test_a_long_list_is_cut_and_says_so(region, alice):
    found = queries.search_organisations(Person.of(alice), "mairie")

    assert len(found.rows) == queries.MOST
    assert found.more


@pytest.mark.parametrize(
    "typed", ["", "a", "\x00", "zzz", "%", "_", "%%", "999999999", "1" * 5000, "é" * 5000, "x.y"]
)
def test_what_means_nothing_finds_nothing(typed, agency, alice):
    assert names(alice, typed) == []


def test_an_operator_finds_only_whom_it_serves(agency, bruno, emile):
    assert names(emile, "agence") == []

    services.agree(
        organisation=agency.uuid,
        operator=emile.operators.get().uuid,
        by=Person.of(bruno),
        now=now(),
    )
    assert names(emile, "agence") == ["Agence de l'Eau & Cie"]
    assert names(emile, "mirepoix") == []


def test_nobody_else_finds_any(agency, denise, eve, ada, chloe):
    for user in (eve, ada, chloe):
        assert names(user, "agence") == []
    for principal in (Anonymous(), Victim(denise.incident.pk), Machine(1, "region", 1)):
        assert not queries.visible_organisations(principal).exists()


def test_the_words_are_kept_with_what_they_are_made_of(agency):
    agency.name, agency.own_domains = "Autre", []
    agency.save()

    assert Organisation.objects.get(pk=agency.pk).search == "autre"
    assert not Organisation.objects.filter(search="").exists()
