"""What the victim's page says of the law's clocks follows what the desk knows of them."""

import re
from datetime import timedelta
from html import unescape

import pytest

from csirt.kernel.clock import now
from tests.incidents.clocks import BANK, CNIL, act
from tests.intake.test_followup import visit
from tests.intake.test_form_pages import text_of
from tests.people import file_case

pytestmark = pytest.mark.django_db


def clocks(victim):
    """Return the words of the panel."""
    page = unescape(re.sub(r"<[^>]+>", " ", visit(victim).get("/suivi/").content.decode()))
    page = " ".join(page.split())
    return page.split("Ce que la loi peut vous demander")[1].split("pas un avis juridique")[0]


def test_what_is_done_is_said_done_and_what_is_set_aside_is_gone(denise, alice):
    assert "Prévenir la CNIL" in clocks(denise)
    act("meet", denise.incident, alice)
    assert "C'est fait : Prévenir la CNIL" in clocks(denise)
    act("waive", denise.incident, alice, duty="plainte-assurance-72h")

    assert "Porter plainte" not in clocks(denise)


def test_a_start_of_its_own_moves_the_hour(db, alice):
    victim = file_case(knowledge_at=now() - timedelta(days=5), knowledge_exact=True)
    assert "L'heure est peut-être passée" in clocks(victim)
    for duty in (CNIL, "plainte-assurance-72h"):
        act("start", victim.incident, alice, duty=duty, at=now() - timedelta(hours=1))

    assert "L'heure est peut-être passée" not in clocks(victim)


def test_a_duty_that_the_desk_established_is_no_longer_a_perhaps(db, alice):
    victim = file_case(category="perte-donnees")
    assert "Peut-être : Prévenir la CNIL" in clocks(victim)
    act("start", victim.incident, alice, at=now())

    assert "Peut-être : Prévenir la CNIL" not in clocks(victim)


def test_the_bank_that_was_called_need_not_be_called(db, alice):
    victim = file_case(category="fovi-faux-rib", inputs={"argent": "recent"})
    assert "comptable public" in clocks(victim)
    act("meet", victim.incident, alice, duty=BANK)

    page = text_of(visit(victim).get("/suivi/"))
    assert (
        "Appeler votre comptable public"
        not in page.split("Messages")[0].split("Les premiers gestes")[-1]
    )
