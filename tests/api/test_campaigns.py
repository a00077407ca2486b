"""REST for campaigns: the desk's alone, by the services of the pages, all or nothing."""

import pytest

from csirt.accounts.principals import Person
from csirt.kernel.clock import now
from incidents.models import Incident, IncidentAccess
from incidents.services import campaigns
from tests.console.case import fresh
from tests.people import agree, client_of, file_case

LIST = "/api/v1/campaigns/"
ABSENT = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def api(alice):
    return client_of(alice)


def send(client, address, method="post", **fields):
    return getattr(client, method)(address, fields, content_type="application/json")


def seen(case):
    return {"incident": str(case.uuid), "version": fresh(case).version}


def test_a_campaign_from_its_opening_to_its_end(api):
    cases = [file_case().incident for _ in range(2)]
    made = send(api, LIST, name="Vague de mars")
    one = f"{LIST}{made.json()['uuid']}/"

    assert made.status_code == 201
    assert send(api, LIST, name="vague de MARS").json()["errors"]["name"]
    grouped = send(api, f"{one}incidents/", cases=[seen(case) for case in cases])
    assert {row["uuid"] for row in grouped.json()} == {str(case.uuid) for case in cases}
    out = send(api, f"{one}take-out/", **seen(cases[0]))
    assert out.json()["uuid"] == str(cases[0].uuid)
    listed = api.get(f"{one}incidents/").json()["results"]
    assert [row["uuid"] for row in listed] == [str(cases[1].uuid)]
    assert send(api, f"{one}take-out/", **seen(cases[0])).status_code == 404
    edited = send(api, one, "patch", version=1, description="Trois vagues.").json()
    assert (edited["name"], edited["description"]) == ("Vague de mars", "Trois vagues.")
    assert send(api, f"{one}close/", version=1).status_code == 409
    assert send(api, f"{one}close/", version=edited["version"]).json()["closed_at"]
    assert send(api, f"{one}incidents/", cases=[seen(cases[0])]).status_code == 400
    assert [
        len(api.get(f"{LIST}?closed={word}").json()["results"]) for word in ("true", "false")
    ] == [1, 0]
    assert send(api, f"{one}reopen/", version=edited["version"] + 1).json()["closed_at"] is None


def test_one_case_that_changed_or_is_hidden_stops_all(api, bruno):
    case, other = (file_case().incident for _ in range(2))
    row = campaigns.open_campaign(by=Person.of(bruno), name="Vague", now=now())
    address = f"{LIST}{row.uuid}/incidents/"
    stale = {**seen(other), "version": 99}

    assert send(api, address, cases=[seen(case), stale]).status_code == 409
    Incident.objects.filter(pk=other.pk).update(restricted=True, campaign=row)
    IncidentAccess.objects.create(incident=other, user=bruno)
    hidden = send(api, address, cases=[seen(case), seen(other)])
    absent = send(api, address, cases=[seen(case), {"incident": ABSENT, "version": 1}])
    assert hidden.status_code == absent.status_code == 404
    assert fresh(case).campaign is None
    assert api.get(address).json()["results"] == []
    assert len(client_of(bruno).get(address).json()["results"]) == 1


@pytest.mark.parametrize("who", ["eve", "chloe", "emile"])
def test_who_works_no_case_learns_of_none(request, who, bruno, emile, denise):
    agree(emile.operators.get(), denise.incident)
    row = campaigns.open_campaign(by=Person.of(bruno), name="Vague", now=now())
    client = client_of(request.getfixturevalue(who))

    assert client.get(LIST).status_code == 403
    assert send(client, LIST, name="À moi").status_code == 403
    for uuid in (row.uuid, ABSENT):
        assert client.get(f"{LIST}{uuid}/").status_code == 404
        assert send(client, f"{LIST}{uuid}/close/", version=1).status_code == 404
        assert (
            send(client, f"{LIST}{uuid}/incidents/", cases=[seen(denise.incident)]).status_code
            == 404
        )
