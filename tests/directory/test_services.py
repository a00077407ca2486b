"""Organisations, contacts, operators: each write checked, told, and refused to who may not."""

from dataclasses import replace
from uuid import uuid4

import pytest

from csirt.accounts.models import User
from csirt.accounts.principals import Person
from csirt.accounts.roles import Role
from csirt.directory import queries, services
from csirt.directory.models import Commune, Contact, Department, Operator, Organisation
from csirt.directory.services import ContactFields, OrganisationFields
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, DeskError, Invalid, NotAllowed, NotFound
from incidents import queries as cases
from tests.people import file_case, person

FIELDS = OrganisationFields(
    name="Mairie de Saint-Exemple", kind="commune", own_domains=["mairie-exemple.fr"]
)
DENISE = ContactFields(name="Denise Vidal", role="Secrétaire", phone="05 61 00 00 00")


def create(user, **fields):
    return services.create_organisation(
        fields=replace(FIELDS, **fields), by=Person.of(user), now=now()
    )


def edit(row, user, version=None, **fields):
    return services.edit_organisation(
        organisation=row.uuid,
        version=version or Organisation.objects.get(pk=row.pk).version,
        fields=replace(FIELDS, **fields),
        by=Person.of(user),
        now=now(),
    )


def contact(row, user, **fields):
    return services.add_contact(
        organisation=row.uuid, fields=replace(DENISE, **fields), by=Person.of(user), now=now()
    )


def edit_contact(row, user, version=None, **fields):
    return services.edit_contact(
        organisation=row.organisation.uuid,
        contact=row.uuid,
        version=version or Contact.objects.get(pk=row.pk).version,
        fields=replace(DENISE, **fields),
        by=Person.of(user),
        now=now(),
    )


def operator(user, name="Agence numérique"):
    return services.create_operator(name=name, by=Person.of(user), now=now())


def agreement(verb, row, of, user):
    service = getattr(services, verb)
    return service(organisation=of.uuid, operator=row.uuid, by=Person.of(user), now=now())


def member(verb, row, somebody, user):
    service = getattr(services, verb)
    return service(operator=row.uuid, user=somebody.uuid, by=Person.of(user), now=now())


@pytest.fixture
def outsiders(eve, ada, chloe, emile):
    return [eve, ada, chloe, emile]


# Organisations


def test_an_organisation_is_made_known(alice, since):
    row = create(
        alice, siret="55210055400013", traits=["sante", "ecole", "sante"], it_provider="Info 09\x00"
    )

    stored = Organisation.objects.get(pk=row.pk)
    assert (stored.siren, stored.siret) == ("552100554", "55210055400013")
    assert (stored.traits, stored.it_provider, stored.version) == (["ecole", "sante"], "Info 09", 1)
    assert stored.search == "mairie de st exemple mairie exemple fr"
    assert since() == [("organisation.created", {"kind": "commune"})]


def test_what_changed_is_named_and_never_said(alice, town, since):
    since()

    row = edit(town, alice, name="Mairie de Foix", own_addresses=["192.0.2.0/28"])

    assert (row.version, row.own_addresses) == (2, ["192.0.2.0/28"])
    assert since() == [("organisation.edited", {"fields": ["name", "own_addresses"]})]


def test_the_same_again_changes_nothing(alice, town, since):
    since()

    assert edit(town, alice).version == 1
    assert since() == []


def test_on_an_older_version_the_second_is_told(alice, bruno, town, since):
    edit(town, bruno, name="Mairie de Foix")
    since()

    with pytest.raises(Conflict):
        edit(town, alice, version=1, name="Mairie d'Albi")

    assert Organisation.objects.get(pk=town.pk).name == "Mairie de Foix"
    assert since() == []


@pytest.mark.parametrize(
    "fields, wrong",
    [
        ({"name": " \x00"}, {"name"}),
        ({"name": "x" * 201}, {"name"}),
        ({"kind": "royaume"}, {"kind"}),
        ({"siren": "123456789"}, {"siren"}),
        ({"population_band": "huge"}, {"population_band"}),
        ({"commune": "99999"}, {"commune"}),
        ({"own_domains": ["gmail.com"]}, {"own_domains"}),
        ({"own_addresses": ["0.0.0.0/0"]}, {"own_addresses"}),
        ({"traits": ["riche"]}, {"traits"}),
        ({"it_provider": "x" * 201}, {"it_provider"}),
        ({"name": "", "siren": "1", "traits": ["riche"]}, {"name", "siren", "traits"}),
    ],
)
def test_a_wrong_value_is_named_and_nothing_is_written(fields, wrong, alice, town, since):
    since()

    for write in (lambda: create(alice, **fields), lambda: edit(town, alice, **fields)):
        with pytest.raises(Invalid) as refused:
            write()
        assert set(refused.value.fields) == wrong

    assert Organisation.objects.count() == 1
    assert since() == []


def test_a_number_belongs_to_one_organisation(alice):
    first = create(alice, siren="552100554")
    create(alice, name="Un établissement", siret="55210055400013")

    for fields in ({"siren": "552100554"}, {"siret": "55210055400013"}):
        with pytest.raises(Invalid) as refused:
            create(alice, name="Encore", **fields)
        assert refused.value.code == "known"
    assert edit(first, alice, siren="552100554", name="Autre nom").version == 2


def test_a_commune_of_the_directory_may_be_given(alice):
    department = Department.objects.create(code="09", name="Ariège")
    foix = Commune.objects.create(insee="09122", name="Foix", department=department)

    assert create(alice, commune="09122").commune == foix


def test_eve_and_the_others_write_nothing(outsiders, town, since):
    since()

    for user in outsiders:
        for write in (
            lambda: create(user),  # noqa: B023
            lambda: edit(town, user, name="À moi"),  # noqa: B023
            lambda: contact(town, user),  # noqa: B023
        ):
            with pytest.raises(DeskError) as refused:
                write()
            assert isinstance(refused.value, NotAllowed | NotFound)

    assert since() == []


def test_an_operator_sees_whom_it_serves_and_changes_nothing(bruno, emile, town):
    agreement("agree", emile.operators.get(), town, bruno)

    assert list(queries.visible_organisations(Person.of(emile))) == [town]
    with pytest.raises(NotAllowed):
        edit(town, emile, name="À nous")
    with pytest.raises(NotAllowed):
        contact(town, emile)


def test_an_absent_organisation_and_a_hidden_one_get_the_same_answer(emile, town):
    refusals = []
    for uuid in (town.uuid, uuid4()):
        with pytest.raises(NotFound) as refused:
            queries.organisation(Person.of(emile), uuid)
        refusals.append((refused.value.sentence, refused.value.params))

    assert refusals[0] == refusals[1]


# Contacts


def test_a_contact_is_added_and_corrected(alice, town, since):
    since()
    row = contact(town, alice)
    of = {"organisation": str(town.uuid)}

    changed = edit_contact(row, alice, email="denise@mairie-exemple.fr")

    assert (changed.version, changed.email) == (2, "denise@mairie-exemple.fr")
    assert since() == [
        ("contact.added", of),
        ("contact.edited", of | {"fields": ["email"]}),
    ]


def test_a_channel_that_is_no_longer_trusted_is_told_apart(alice, town, since):
    row = contact(town, alice, email="denise@mairie-exemple.fr")
    since()

    edit_contact(
        row, alice, email="denise@mairie-exemple.fr", email_trust="compromised", phone_trust="dead"
    )

    assert since() == [
        (
            "contact.trust_changed",
            {
                "organisation": str(town.uuid),
                "changes": {
                    "email_trust": ["good", "compromised"],
                    "phone_trust": ["good", "dead"],
                },
            },
        )
    ]


def test_the_journal_holds_no_name_number_or_address(alice, town):
    row = contact(town, alice, email="denise@mairie-exemple.fr")
    edit_contact(row, alice, name="Denise Vidal-Roux", email_trust="dead")
    told = str(list(Event.objects.values_list("data", "actor")))

    assert "Denise" not in told
    assert "05 61" not in told
    assert "mairie-exemple" not in told


@pytest.mark.parametrize(
    "fields, wrong",
    [
        ({"phone": "", "email": ""}, {"phone"}),
        ({"phone": "demain"}, {"phone"}),
        ({"email": "denise"}, {"email"}),
        ({"phone_trust": "oui"}, {"phone_trust"}),
        ({"email_trust": ""}, {"email_trust"}),
        ({"name": "x" * 121, "role": "x" * 81}, {"name", "role"}),
    ],
)
def test_a_wrong_contact_is_named_and_nothing_is_written(fields, wrong, alice, town):
    with pytest.raises(Invalid) as refused:
        contact(town, alice, **fields)

    assert set(refused.value.fields) == wrong
    assert not Contact.objects.exists()


def test_of_two_corrections_at_once_the_second_is_told(alice, bruno, town):
    row = contact(town, alice)
    edit_contact(row, bruno, role="Maire")

    with pytest.raises(Conflict):
        edit_contact(row, alice, version=1, role="Adjointe")


def test_a_contact_is_changed_in_its_own_organisation(alice, town):
    row = contact(town, alice)
    row.organisation = create(alice, name="Autre mairie")

    with pytest.raises(NotFound):
        edit_contact(row, alice, role="Maire")


# Operators


def test_an_agreement_opens_the_cases_and_its_end_closes_them(bruno, emile, town, since):
    case = file_case().incident
    case.organisation = town
    case.save()
    row = emile.operators.get()
    since()

    agreement("agree", row, town, bruno)
    assert cases.visible_to(Person.of(emile)).get() == case

    agreement("end", row, town, bruno)
    assert not cases.visible_to(Person.of(emile)).exists()
    of = {"organisation": str(town.uuid)}
    assert since() == [("operator.agreed", of), ("operator.ended", of)]


def test_an_agreement_twice_is_one_and_ended_twice_is_a_conflict(bruno, emile, town, since):
    row = emile.operators.get()
    first = agreement("agree", row, town, bruno)
    since()

    assert agreement("agree", row, town, bruno) == first
    assert since() == []
    agreement("end", row, town, bruno)
    with pytest.raises(Conflict):
        agreement("end", row, town, bruno)
    assert agreement("agree", row, town, bruno) != first


def test_who_joins_sees_and_who_leaves_does_not(bruno, emile, town, since):
    row = operator(bruno)
    agreement("agree", row, town, bruno)
    since()

    member("add_member", row, emile, bruno)
    member("add_member", row, emile, bruno)
    assert queries.visible_organisations(Person.of(emile)).get() == town

    member("remove_member", row, emile, bruno)
    assert not queries.visible_organisations(Person.of(emile)).exists()
    with pytest.raises(NotFound):
        member("remove_member", row, emile, bruno)
    who = {"user": str(emile.uuid)}
    assert since() == [("operator.member_added", who), ("operator.member_removed", who)]


def test_only_active_people_with_the_role_of_an_operator_join(bruno, alice, eve, emile):
    row = operator(bruno)
    User.objects.filter(pk=emile.pk).update(is_active=False)

    for user in (alice, eve, emile, bruno):
        with pytest.raises(Invalid):
            member("add_member", row, user, bruno)


def test_an_operator_s_name_is_its_own(bruno, since):
    first = operator(bruno)
    other = operator(bruno, name="Autre agence")
    since()

    for write in (
        lambda: operator(bruno),
        lambda: services.edit_operator(
            operator=other.uuid,
            version=1,
            name=" Agence\x00 numérique",
            email="",
            phone="",
            by=Person.of(bruno),
            now=now(),
        ),
    ):
        with pytest.raises(Invalid) as refused:
            write()
        assert list(refused.value.fields) == ["name"]
    assert since() == []
    changed = services.edit_operator(
        operator=first.uuid,
        version=1,
        name="Agence numérique",
        email="aide@agence.exemple.fr",
        phone="",
        by=Person.of(bruno),
        now=now(),
    )
    assert changed.version == 2
    assert since() == [("operator.edited", {"fields": ["email"]})]


def test_only_a_lead_says_who_sees_the_cases_of_others(bruno, alice, outsiders, town, since):
    row = operator(bruno)
    member_row = person("Élodie", Role.OPERATOR)
    since()

    for user in [alice, *outsiders]:
        for write in (
            lambda: operator(user, name="Le mien"),  # noqa: B023
            lambda: agreement("agree", row, town, user),  # noqa: B023
            lambda: agreement("end", row, town, user),  # noqa: B023
            lambda: member("add_member", row, member_row, user),  # noqa: B023
            lambda: member("remove_member", row, member_row, user),  # noqa: B023
        ):
            with pytest.raises(DeskError) as refused:
                write()
            assert isinstance(refused.value, NotAllowed | NotFound)

    assert Operator.objects.count() == 2
    assert since() == []
