"""What became of one case, asked for where no socket brings it."""

import pytest

from csirt.accounts.principals import Person
from csirt.journal.models import Event, Head
from csirt.kernel.clock import now
from incidents.services import casework, transitions
from tests.console.case import address, fresh
from tests.people import agree, client_of, file_case

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}
ABSENT = "00000000-0000-4000-8000-000000000000"


def ask(client, case, **cursor):
    return client.get(address(case, "depuis"), cursor, headers=JSON)


def cursor():
    epoch, seq = Head.objects.values_list("epoch", "seq").get(pk=1)
    return {"epoch": str(epoch), "after": seq}


def test_it_tells_what_happened_to_this_case_after_the_cursor(alice, bruno, denise):
    begun, by = cursor(), Person.of(bruno)
    casework.add_note(incident=file_case().incident.uuid, by=by, text="Ailleurs.", now=now())
    client = client_of(alice)

    assert ask(client, denise.incident, **begun).json() == {
        "version": 1, "kinds": [], "cursor": cursor(),
    }  # fmt: skip
    transitions.reject(incident=denise.incident.uuid, version=1, by=by, reason="Non.", now=now())
    told = ask(client, denise.incident, **begun).json()
    assert (told["version"], told["kinds"]) == (2, ["incident.rejected"])
    assert ask(client, denise.incident, **told["cursor"]).json()["kinds"] == []


@pytest.mark.parametrize(
    "begun",
    [{}, {"epoch": ABSENT, "after": 10**9}, {"epoch": "x", "after": "-1"}, {"after": "1" * 30}],
)
def test_from_no_cursor_of_this_epoch_it_tells_everything(begun, alice, denise):
    assert "report.filed" in ask(client_of(alice), denise.incident, **begun).json()["kinds"]


def test_an_operator_gets_the_version_alone(emile, denise):
    agree(emile.operators.get(), denise.incident)
    answer = ask(client_of(emile), denise.incident)

    version = fresh(denise.incident).version
    assert answer.json() == {"version": version, "kinds": [], "cursor": {}}


def test_a_hidden_case_is_as_an_absent_one(alice, bruno, eve, denise):
    casework.restrict(
        incident=denise.incident.uuid, version=1, by=Person.of(bruno), people=[], now=now()
    )
    absent = client_of(alice).get(f"/console/dossiers/{ABSENT}/depuis", headers=JSON)

    assert ask(client_of(alice), denise.incident).status_code == absent.status_code == 404
    assert ask(client_of(eve), denise.incident).status_code == 404
    assert ask(client_of(bruno), denise.incident).json()["version"] == 2
    assert ask(client_of(), denise.incident).status_code == 401


def test_asking_is_no_reading(alice, denise):
    ask(client_of(alice), denise.incident)

    assert not Event.objects.filter(kind="incident.opened").exists()
