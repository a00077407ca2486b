"""The directory's pages: found, read and corrected with forms and links alone."""

import re

import pytest
from django.urls import reverse

from csirt.accounts.principals import Person
from csirt.directory import services
from csirt.directory.models import Contact, Operator, Organisation
from csirt.directory.services import ContactFields, OrganisationFields
from csirt.kernel.clock import now
from incidents.services.casework import restrict
from tests.people import client_of, file_case

SEARCH = "/console/annuaire/"


def page(user, address, **query):
    """Return the page at *address* as *user* sees it, and its text."""
    answer = client_of(user).get(address, query)
    return answer, answer.content.decode()


def typed(**fields):
    """Return what a person sends from the form of an organisation."""
    return {"name": "Mairie de Saint-Exemple", "kind": "commune", "version": "1", **fields}


def organisation(name, row, *more):
    return reverse(f"directory-{name}", args=[row.uuid, *more])


@pytest.fixture
def denise(town, alice):
    """The secretary of the town hall, as somebody to reach."""
    fields = ContactFields(name="Denise Vidal", phone="05 61 00 00 00", email="d@exemple.fr")
    return services.add_contact(
        organisation=town.uuid, fields=fields, by=Person.of(alice), now=now()
    )


@pytest.fixture
def agency(bruno):
    return services.create_operator(name="Agence 09", by=Person.of(bruno), now=now())


@pytest.fixture
def case(town):
    """A case of the town."""
    filed = file_case().incident
    filed.organisation = town
    filed.save()
    return filed


# Finding


def test_the_navigation_leads_here(alice):
    _, html = page(alice, "/console/")

    assert f'<a href="{SEARCH}">Annuaire</a>' in html


def test_one_box_finds_places_and_organisations(alice, region):
    _, html = page(alice, SEARCH, q="mirepoix")

    assert "Mirepoix (09500, Ariège)" in html
    assert "Mirepoix (32390, Gers)" in html
    assert "Mairie de Mirepoix" in html
    assert 'value="mirepoix"' in html


@pytest.mark.parametrize(
    "query, said",
    [
        ({}, ""),
        ({"q": "a"}, "Écrivez au moins deux caractères."),
        ({"q": "zzzz"}, "Rien ne correspond"),
        ({"q": "\x00zz\x00zz"}, "Rien ne correspond"),
        ({"q": "<script>alert(1)</script>"}, "&lt;script&gt;"),
    ],
)
def test_an_empty_search_says_what_to_do(query, said, alice):
    answer, html = page(alice, SEARCH, **query)

    assert answer.status_code == 200
    assert said in html
    assert "<script>alert" not in html


def test_a_place_shows_what_tells_it_from_others(alice, region):
    _, html = page(alice, f"{SEARCH}communes/09194/")

    for said in ("Mirepoix (09)", "09194", "09500", "Ariège (09)", "Pays de Mirepoix"):
        assert said in html
    assert "Mairie de Mirepoix" in html


def test_a_former_code_leads_to_the_present_place_and_an_unknown_one_nowhere(alice, region):
    client = client_of(alice)

    assert client.get(f"{SEARCH}communes/09028/")["Location"] == f"{SEARCH}communes/09296/"
    assert "Aulos" in client.get(f"{SEARCH}communes/09296/").content.decode()
    for code in ("99999", "0919", "x" * 400):
        assert client.get(f"{SEARCH}communes/{code}/").status_code == 404


# Reading


def test_an_organisation_s_page_shows_whom_to_reach(alice, town, denise):
    _, html = page(alice, organisation("organisation", town))

    assert 'href="tel:0561000000"' in html
    assert 'href="mailto:d@exemple.fr"' in html
    assert "mairie-exemple.fr" in html


def test_a_channel_that_is_not_trusted_is_shown_and_cannot_be_used(alice, town, denise):
    Contact.objects.update(phone_trust="compromised", email_trust="dead")

    _, html = page(alice, organisation("organisation", town))

    assert "05 61 00 00 00" in html
    assert "compromis" in html
    assert "ne répond plus" in html
    assert "tel:0561000000" not in html
    assert "mailto:" not in html


def test_an_operator_reads_whom_it_serves_and_is_shown_no_form(bruno, emile, town, denise):
    address = organisation("organisation", town)
    assert page(emile, address)[0].status_code == 404
    services.agree(
        organisation=town.uuid,
        operator=emile.operators.get().uuid,
        by=Person.of(bruno),
        now=now(),
    )

    answer, html = page(emile, address)

    assert answer.status_code == 200
    assert "Denise Vidal" in html
    assert "modifier" not in html
    assert "accord/fin" not in html
    assert page(emile, organisation("edit", town))[0].status_code == 404


def test_eve_and_the_others_find_no_directory(eve, ada, chloe, town, agency):
    for user in (eve, ada, chloe):
        for address in (
            SEARCH,
            f"{SEARCH}communes/09194/",
            organisation("organisation", town),
            organisation("edit", town),
            organisation("organisation", town).replace(str(town.uuid), str(agency.uuid)),
            reverse("directory-operators"),
            reverse("directory-new"),
        ):
            assert page(user, address)[0].status_code == 404


def test_a_stranger_is_sent_to_log_in():
    assert client_of().get(SEARCH).status_code == 302


def test_the_cases_of_an_organisation_stand_beside_it_for_who_may_see_them(
    alice, bruno, town, case
):
    address = organisation("organisation", town)
    assert case.reference in page(alice, address)[1]

    restrict(incident=case.uuid, version=1, by=Person.of(bruno), people=[], now=now())

    assert case.reference not in page(alice, address)[1]
    assert case.reference in page(bruno, address)[1]


def test_the_navigation_is_the_same_on_each_page_and_says_where_one_is(alice, emile):
    entries = re.compile(r'<li><a href="(/console/[^"]*)"( aria-current="page")?>')
    _, here = page(alice, SEARCH)
    _, queue = page(alice, "/console/")

    ways = [way for way, _ in entries.findall(here)]
    assert ways == [way for way, _ in entries.findall(queue)]
    assert ways[:4] == ["/console/", "/console/tri/", "/console/horloges/", "/console/nouveau/"]
    assert [way for way, current in entries.findall(here) if current] == [SEARCH]
    his = [way for way, _ in entries.findall(page(emile, SEARCH)[1])]
    kits, before = "/console/kits/", "/console/prevention/"
    assert his == ["/console/", "/console/horloges/", SEARCH, kits, before]


# Writing


def test_an_organisation_is_made_known_from_its_commune(alice, region):
    client = client_of(alice)
    form = client.get(reverse("directory-new"), {"commune": "09194"}).content.decode()
    assert 'value="Mirepoix (09500, Ariège)"' in form

    answer = client.post(
        reverse("directory-new"),
        typed(
            name="Régie de l'eau",
            kind="entreprise",
            commune="Mirepoix (09500, Ariège)",
            own_domains="regie.example\nhttps://www.regie.example/, contact@eau.example",
            traits=["regulee", "essentielle"],
        ),
    )

    row = Organisation.objects.get(name="Régie de l'eau")
    assert answer["Location"] == organisation("organisation", row)
    assert row.commune_id == "09194"
    assert row.own_domains == ["regie.example", "www.regie.example", "eau.example"]
    assert row.traits == ["essentielle", "regulee"]


def test_a_name_that_two_communes_bear_is_asked_again(alice, region):
    client = client_of(alice)
    answer = client.post(reverse("directory-new"), typed(commune="mirepoix"))

    html = answer.content.decode()
    assert answer.status_code == 400
    assert "Choisissez la commune ci-dessous." in html
    assert 'value="32258"' in html
    assert 'value="Mairie de Saint-Exemple"' in html  # what was typed stays

    client.post(reverse("directory-new"), typed(commune="mirepoix", insee="32258"))
    assert Organisation.objects.get(name="Mairie de Saint-Exemple").commune_id == "32258"


@pytest.mark.parametrize("commune, insee", [("09194", "09194"), ("st gaudens", "31483")])
def test_a_code_or_a_name_of_one_commune_is_enough(commune, insee, alice, region):
    client_of(alice).post(reverse("directory-new"), typed(commune=commune))

    assert Organisation.objects.get(name="Mairie de Saint-Exemple").commune_id == insee


def test_what_is_wrong_is_said_beside_its_field_and_above(alice, town):
    answer = client_of(alice).post(
        organisation("edit", town), typed(siren="123", own_domains="gmail.com", name="Mon nom")
    )

    html = answer.content.decode()
    assert answer.status_code == 400
    assert "<title>Erreur\u00a0:" in html
    assert 'href="#f-siren"' in html
    assert 'id="f-own_domains-error"' in html
    assert 'value="Mon nom"' in html
    assert Organisation.objects.get(pk=town.pk).name == "Mairie de Saint-Exemple"


def test_a_conflict_keeps_what_was_typed_and_shows_what_it_has_become(alice, bruno, town):
    services.edit_organisation(
        organisation=town.uuid,
        version=1,
        fields=OrganisationFields(name="Nom de Bruno", kind="commune", it_provider="Info 09"),
        by=Person.of(bruno),
        now=now(),
    )
    client = client_of(alice)

    answer = client.post(
        organisation("edit", town), typed(name="Nom d'Alice", own_domains="mairie-exemple.fr")
    )

    html = answer.content.decode()
    assert answer.status_code == 409
    assert 'value="Nom d&#x27;Alice"' in html
    assert "Nom de Bruno" in html
    assert "Info 09" in html
    assert Organisation.objects.get(pk=town.pk).name == "Nom de Bruno"

    version = re.search(r'name="version" value="(\d+)"', html)[1]
    again = client.post(organisation("edit", town), typed(name="Nom d'Alice", version=version))
    assert again.status_code == 302
    assert Organisation.objects.get(pk=town.pk).name == "Nom d'Alice"


@pytest.mark.parametrize("version", ["", "x", "-1", "\u0661", "9" * 30])
def test_a_form_without_its_version_changes_nothing(version, alice, town):
    answer = client_of(alice).post(organisation("edit", town), typed(name="X", version=version))

    assert answer.status_code == 400
    assert Organisation.objects.get(pk=town.pk).version == 1


def test_a_contact_is_added_and_its_channel_marked(alice, town):
    client = client_of(alice)
    assert client.post(organisation("contact", town), {"phone": "x"}).status_code == 400
    client.post(organisation("contact", town), {"name": "Denise", "email": "d@exemple.fr"})
    row = Contact.objects.get()

    address = organisation("edit-contact", town, row.uuid)
    sent = {"name": "Denise", "email": "d@exemple.fr", "email_trust": "dead", "version": "1"}
    assert client.post(address, sent).status_code == 302
    assert Contact.objects.get().email_trust == "dead"
    assert client.post(address, sent | {"name": "Une autre"}).status_code == 409
    assert Contact.objects.get().name == "Denise"


# Shared IT services


def test_a_lead_notes_an_agreement_and_its_end(bruno, town, agency):
    client, address = client_of(bruno), organisation("organisation", town)
    client.post(organisation("agree", town), {"operator": str(agency.uuid)})
    assert "Agence 09" in client.get(address).content.decode()
    assert town.agreements.get().ended_at is None

    for _ in range(2):  # the second is told, and nothing breaks
        answer = client.post(organisation("end", town), {"operator": str(agency.uuid)}, follow=True)
        assert answer.status_code == 200
    assert town.agreements.get().ended_at is not None
    assert "terminé le" in client.get(address).content.decode()


def test_the_agreement_says_that_it_opens_kit_answers_too(bruno, town, agency):
    client, address = client_of(bruno), organisation("organisation", town)
    kit = "ses dossiers et ses réponses au kit de survie."
    assert kit in client.get(address).content.decode()
    english = client.get(address, HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert "its answers to the survival kit." in english

    sent = {"operator": str(agency.uuid)}
    said = client.post(organisation("agree", town), sent, follow=True).content.decode()
    assert "ses dossiers et ses réponses au kit sont visibles" in said


def test_an_analyst_sees_the_services_and_changes_none(alice, town, agency):
    client = client_of(alice)
    html = client.get(reverse("directory-operator", args=[agency.uuid])).content.decode()

    assert "Agence 09" in html
    assert 'name="name"' not in html
    for address, sent in (
        (organisation("agree", town), {"operator": str(agency.uuid)}),
        (reverse("directory-operators"), {"name": "Le mien"}),
        (reverse("directory-operator", args=[agency.uuid]), {"name": "X", "version": "1"}),
        (reverse("directory-add-member", args=[agency.uuid]), {"user": str(alice.uuid)}),
    ):
        assert client.post(address, sent).status_code == 403
    assert not town.agreements.exists()
    assert Operator.objects.get().name == "Agence 09"


def test_a_lead_adds_a_service_and_its_people(bruno, emile):
    client = client_of(bruno)
    client.post(reverse("directory-operators"), {"name": "Agence 31", "phone": "05 61 00 00 00"})
    row = Operator.objects.get(name="Agence 31")
    address = reverse("directory-operator", args=[row.uuid])
    assert "Émile" in client.get(address).content.decode()

    client.post(reverse("directory-add-member", args=[row.uuid]), {"user": str(emile.uuid)})
    assert emile in row.people.all()
    client.post(reverse("directory-remove-member", args=[row.uuid]), {"user": str(emile.uuid)})
    assert emile not in row.people.all()

    assert client.post(reverse("directory-operators"), {"name": ""}).status_code == 400


@pytest.mark.parametrize("sent", ["", "x", "00000000-0000-4000-8000-000000000000\x00"])
def test_a_choice_that_is_none_is_told(sent, bruno, town, agency):
    client = client_of(bruno)

    for address, field in (
        (organisation("agree", town), "operator"),
        (reverse("directory-add-member", args=[agency.uuid]), "user"),
    ):
        assert client.post(address, {field: sent}).status_code == 302
    assert not town.agreements.exists()


# Words


def test_each_page_is_said_in_english_too(bruno, town, denise, agency, region):
    client = client_of(bruno, headers={"accept-language": "en"})
    french = ["Annuaire", "Chercher", "Enregistrer", "Adresse", "Aucun", "Modifier"]
    for address in (
        f"{SEARCH}?q=mirepoix",
        f"{SEARCH}?q=zzzz",
        f"{SEARCH}communes/09194/",
        reverse("directory-new"),
        organisation("organisation", town),
        organisation("edit", town),
        organisation("contact", town),
        organisation("edit-contact", town, denise.uuid),
        reverse("directory-operators"),
        reverse("directory-operator", args=[agency.uuid]),
    ):
        html = client.get(address).content.decode()
        main = html[html.index("<main") : html.index("</main>")]
        assert '<html lang="en">' in html
        assert [word for word in french if re.search(rf"\b{word}\b", main)] == []


def test_the_pages_ask_the_database_little(alice, region, django_assert_max_num_queries):
    client = client_of(alice)
    client.get(SEARCH, {"q": "foix"})

    with django_assert_max_num_queries(12):
        client.get(SEARCH, {"q": "mairie"})
    with django_assert_max_num_queries(14):
        client.get(f"{SEARCH}communes/31555/")
