"""Two entries of the directory that are one body become one, with all that hangs under them."""

import pytest

from csirt.accounts.principals import Person
from csirt.directory import services
from csirt.directory.models import Contact, OperatorAgreement, Organisation
from csirt.directory.services import ContactFields, OrganisationFields
from csirt.journal import drain
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from incidents import queries
from incidents.models import Incident
from incidents.services import casework
from incidents.services.joining import join_organisations
from tests.people import client_of, file_case

pytestmark = pytest.mark.django_db


def entry(user, name, **fields):
    return services.create_organisation(
        fields=OrganisationFields(name=name, kind="commune", **fields),
        by=Person.of(user),
        now=now(),
    )


@pytest.fixture
def kept(alice):
    return entry(alice, "Mairie de Foix", own_domains=["mairie-foix.fr"])


@pytest.fixture
def gone(alice):
    """Another entry of the same town hall, with a contact and a case."""
    row = entry(
        alice, "Ville de Foix", own_domains=["ville-foix.fr"],
        own_addresses=["192.0.2.0/28"], it_provider="Pyrénées Info",
    )  # fmt: skip
    fields = ContactFields(name="Denise Vidal", phone="05 61 00 00 00")
    services.add_contact(organisation=row.uuid, fields=fields, by=Person.of(alice), now=now())
    case = file_case().incident
    casework.edit(
        incident=case.uuid,
        version=case.version,
        by=Person.of(alice),
        organisation=row.uuid,
        now=now(),
    )
    return Organisation.objects.get(pk=row.pk)


def join(user, kept, gone, *, versions=()):
    return join_organisations(
        kept=kept.uuid,
        kept_version=dict(versions).get("kept", kept.version),
        gone=gone.uuid,
        gone_version=dict(versions).get("gone", gone.version),
        by=Person.of(user),
        now=now(),
    )


def test_everything_goes_to_the_one_that_stays_and_is_told(kept, gone, bruno):
    moved = join(bruno, kept, gone)
    row = Organisation.objects.get()

    assert (moved.contacts, moved.operators, moved.cases) == (1, (), 1)
    assert row.uuid == kept.uuid
    assert row.own_domains == ["mairie-foix.fr", "ville-foix.fr"]
    assert (row.own_addresses, row.it_provider) == (["192.0.2.0/28"], "Pyrénées Info")
    assert Contact.objects.get().organisation == row
    assert Incident.objects.get().organisation == row


def test_it_is_in_the_history_of_each_case_and_of_the_entry(kept, gone, bruno):
    version = Incident.objects.get().version
    join(bruno, kept, gone)

    event = Event.objects.get(kind="organisation.joined")
    assert event.object_id == str(kept.uuid)
    assert event.data == {"joined": str(gone.uuid), "contacts": 1, "agreements": 0}
    told = Event.objects.filter(kind="incident.edited").latest("seq")
    assert told.data == {"fields": ["organisation"]}
    assert Incident.objects.get().version == version + 1


def test_cases_are_found_by_the_name_that_stays(kept, gone, bruno):
    join(bruno, kept, gone)
    drain()
    html = client_of(bruno).get("/console/recherche/", {"q": "mairie de foix"}).content.decode()

    assert Incident.objects.get().reference in html


def test_an_agreement_opens_the_cases_of_both(kept, gone, bruno, emile):
    operator = emile.operators.get()
    for row in (kept, gone):
        services.agree(
            organisation=row.uuid, operator=operator.uuid, by=Person.of(bruno), now=now()
        )
    page = client_of(bruno).get(
        f"/console/organisations/{kept.uuid}/doublon", {"avec": str(gone.uuid)}
    )
    assert "Ces services verront les dossiers des deux" in page.content.decode()

    moved = join(bruno, kept, gone)
    assert moved.operators == (operator.name,)
    assert queries.visible_to(Person.of(emile)).filter(organisation=kept).exists()
    live = OperatorAgreement.objects.filter(organisation=kept, operator=operator, ended_at=None)
    assert live.count() == 1


@pytest.mark.parametrize("stale", ["kept", "gone"])
def test_an_entry_that_changed_meanwhile_is_looked_at_again(kept, gone, bruno, stale):
    with pytest.raises(Conflict):
        join(bruno, kept, gone, versions={stale: 99})
    assert Organisation.objects.count() == 2


def test_two_bodies_stay_two(alice, bruno, gone):
    other = entry(alice, "EPCI", siren="200067791")
    Organisation.objects.filter(pk=gone.pk).update(siren="213101801")
    gone = Organisation.objects.get(pk=gone.pk)
    with pytest.raises(Invalid):
        join(bruno, other, gone)


def test_twice_is_once(kept, gone, bruno):
    join(bruno, kept, gone)
    with pytest.raises(NotFound):
        join(bruno, kept, gone)


def test_a_restricted_case_goes_along_and_is_not_counted(kept, gone, alice, bruno):
    case = Incident.objects.get()
    casework.restrict(
        incident=case.uuid, version=case.version, by=Person.of(alice), people=[alice.uuid], now=now(),
    )  # fmt: skip
    moved = join(bruno, kept, gone)

    assert not queries.visible_to(Person.of(bruno)).exists()
    assert moved.cases == 0
    assert Incident.objects.get().organisation_id == kept.pk


def test_through_the_pages_without_script(kept, gone, bruno):
    client = client_of(bruno)
    organisation = client.get(f"/console/annuaire/organisations/{kept.uuid}/").content.decode()
    address = f"/console/organisations/{kept.uuid}/doublon"
    assert f'href="{address}"' in organisation
    assert gone.name in client.get(address, {"q": "foix"}).content.decode()
    page = client.get(address, {"avec": str(gone.uuid)}).content.decode()
    assert "1 contact" in page
    data = {"avec": str(gone.uuid), "version": kept.version, "autre": gone.version}
    assert client.post(address, {**data, "autre": "99"}).status_code == 409

    answer = client.post(address, data, follow=True)
    assert (
        "est jointe à cette fiche : 1 contact, 1 dossier, ses domaines et ses adresses."
        in answer.content.decode()
    )
    assert client.post(address, data).status_code == 404


@pytest.mark.parametrize("who", ["alice", "ada", "chloe", "eve", "emile"])
def test_only_a_lead_joins_and_for_others_the_page_does_not_exist(request, kept, gone, who):
    user = request.getfixturevalue(who)
    address = f"/console/organisations/{kept.uuid}/doublon"

    assert client_of(user).get(address).status_code == 404
    assert client_of(user).post(address, {"avec": str(gone.uuid)}).status_code == 404
    with pytest.raises(NotAllowed):
        join(user, kept, gone)
    assert Organisation.objects.count() == 2
