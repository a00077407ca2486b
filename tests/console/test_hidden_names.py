"""What the history of a case that one sees tells of one that is hidden: nothing, not a name."""

import pytest

from csirt.accounts.principals import Person
from csirt.kernel.clock import now
from incidents.services import campaigns, casework, tagging
from incidents.services.moving import move_report
from tests.console.case import address, fresh, text
from tests.incidents.conftest import follow
from tests.people import agree, client_of, file_case

pytestmark = pytest.mark.django_db(transaction=True)


def restrict(case, user):
    casework.restrict(
        incident=case.uuid, version=fresh(case).version, by=Person.of(user), people=[], now=now()
    )


def tag(case, user, name):
    tagging.tag(incident=case.uuid, by=Person.of(user), name=name, now=now())


def untag(case, user, name):
    tagging.untag(incident=case.uuid, by=Person.of(user), name=name, now=now())


def pages(user, case):
    """Return the words of every page that tells the history of *case*."""
    client = client_of(user)
    return [
        " ".join(text(client.get(page)).split())
        for page in (address(case), "/console/journal/", "/console/releve/")
    ]


def test_a_duplicate_does_not_name_the_case_that_holds_its_reports(alice, bruno, denise):
    holder = file_case().incident
    follow("merge", denise.incident, bruno, into=holder.uuid)
    restrict(holder, bruno)

    for seen in pages(alice, denise.incident):
        assert "Bruno a marqué le dossier comme doublon de …." in seen
        assert holder.reference not in seen
    for seen in pages(bruno, denise.incident):
        assert f"comme doublon de {holder.reference}." in seen


def test_a_report_that_moved_does_not_name_where_it_went(alice, bruno, denise):
    moved, place = file_case(), file_case().incident
    follow("merge", moved.incident, bruno, into=denise.incident.uuid)
    version = fresh(denise.incident).version
    move_report(
        incident=denise.incident.uuid, version=version, report=moved.report.uuid,
        by=Person.of(bruno), into=place.uuid, now=now(),
    )  # fmt: skip
    restrict(place, bruno)

    for seen in pages(alice, denise.incident):
        assert place.reference not in seen
    assert f"{moved.reference} : de {denise.reference} vers …." in pages(alice, denise.incident)[0]
    assert f"vers {place.reference}." in pages(bruno, denise.incident)[0]


def test_a_tag_that_only_a_hidden_case_bears_any_more_has_no_name(alice, bruno, denise):
    other = file_case().incident
    tag(denise.incident, alice, "reserve")
    untag(denise.incident, alice, "reserve")
    gone = [seen.count("disparue depuis") for seen in pages(alice, denise.incident)]
    tag(other, bruno, "reserve-2")
    tag(denise.incident, alice, "reserve-2")
    untag(denise.incident, alice, "reserve-2")
    restrict(other, bruno)

    for before, seen in zip(gone, pages(alice, denise.incident), strict=True):
        assert "reserve-2" not in seen
        assert seen.count("disparue depuis") >= before


def test_the_hand_over_names_the_tags_that_its_reader_sees(alice, denise):
    tag(denise.incident, alice, "lockbit-3")

    assert "Alice a mis l'étiquette lockbit-3." in pages(alice, denise.incident)[2]


def test_an_operator_reads_of_no_campaign(alice, emile, denise):
    agree(emile.operators.get(), denise.incident)
    campaign = campaigns.open_campaign(by=Person.of(alice), name="Vague zq", now=now())
    version = fresh(denise.incident).version
    campaigns.put(
        incident=denise.incident.uuid, version=version, by=Person.of(alice),
        campaign=campaign.uuid, now=now(),
    )  # fmt: skip
    client = client_of(emile)

    assert "Vague zq" in pages(alice, denise.incident)[0]
    assert "campagne" not in text(client.get(address(denise.incident))).lower()
    [row] = client.get("/console/snapshot").json()["rows"]
    assert row["campaign"] == ""
