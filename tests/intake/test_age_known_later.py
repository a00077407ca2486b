"""Who did not know the age of the person concerned may say it later: files are taken from an adult."""

import pytest

from csirt.kernel import codes
from incidents.models import Incident
from tests.intake.test_followup import page_of, visit
from tests.people import file_case

LINK = 'href="/suivi/questions/suite-age/"'


@pytest.fixture
def unsure(db):
    """Somebody whose page was hacked, and who did not know the age."""
    answers = {"quoi": "reseau", "age": "nsp"}
    return file_case(victim_kind="particulier", category="piratage-reseau-social", answers=answers)


def panel(client):
    return client.get("/suivi/fichiers/").content.decode()


def tell(client, answer):
    return client.post("/suivi/questions/suite-age/", {"age_su": answer})


def test_until_then_only_words_are_taken_and_the_page_says_where_to_tell(unsure):
    html = panel(visit(unsure))

    assert 'type="file"' not in html
    assert LINK in html


def test_an_adult_may_send_files(unsure):
    client = visit(unsure)
    tell(client, "non")

    assert 'type="file"' in panel(client)


def test_still_not_known_keeps_files_away_and_may_be_told_again(unsure):
    client = visit(unsure)
    tell(client, "nsp")
    assert LINK in panel(client)

    tell(client, "non")
    assert 'type="file"' in panel(client)


def test_a_minor_is_one_at_once_and_for_good(unsure):
    client = visit(unsure)
    tell(client, "oui")
    case = Incident.objects.get()

    assert (case.danger, case.assessment["flags"]) == (True, ["mineur"])
    assert LINK not in panel(client)
    assert "3018" in page_of(client)
    tell(client, "non")
    assert 'type="file"' not in panel(client)


def test_eve_tells_nothing_without_the_code(unsure, client):
    response = tell(client, "non")

    assert 'name="code"' in response.content.decode()
    assert codes.grouped(unsure.code) not in response.content.decode()
    assert 'type="file"' not in panel(visit(unsure))
