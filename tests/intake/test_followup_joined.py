"""Two people's cases joined by the desk: neither reads, nor is told, what the other gave."""

import time_machine

from csirt.accounts.principals import Person
from csirt.kernel.clock import now
from incidents.models import Incident
from incidents.services import transitions
from tests.evidence.conftest import empty_store, send
from tests.intake.conftest import MONDAY
from tests.intake.test_followup import page_of, visit
from tests.intake.test_followup_questions import ANSWERS, INPUTS
from tests.people import file_case

assert empty_store  # a fixture that every test here uses by itself
LAW = "Ce que la loi peut vous demander"
LEAK = ANSWERS | {"quand": "hier", "infos_gens": "sensibles"}
LEAKED = INPUTS | {"donnees": "sensibles"}
QUIET = ANSWERS | {"quand": "maintenant", "infos_gens": "non"}


def join(victim, into, alice):
    """Hang the first one's case under the other's."""
    case = Incident.objects.get(pk=victim.incident.pk)
    transitions.merge(
        incident=case.uuid, version=case.version, by=Person.of(alice), into=into.incident.uuid,
        now=now(),
    )  # fmt: skip


def law_of(victim):
    """Return what the follow-up page says that the law may ask."""
    html = page_of(visit(victim))
    return html.split(LAW)[1].split("<details")[0] if LAW in html else ""


def test_the_copy_of_one_names_no_file_of_the_other(denise, alice):
    other = file_case()
    assert send(visit(other), name="secret-du-voisin.png").status_code == 302
    assert send(visit(denise), name="le-mien.png").status_code == 302
    join(other, denise, alice)

    text = visit(denise).get("/suivi/telecharger/").content.decode()

    assert "le-mien.png" in text
    assert "secret-du-voisin" not in text


def test_the_clocks_of_each_run_by_their_own_answers(db, alice):
    with time_machine.travel(MONDAY, tick=False):
        leaked = file_case(answers=LEAK, inputs=LEAKED)
        quiet = file_case(answers=QUIET, inputs=INPUTS)
        before = law_of(leaked), law_of(quiet)
        assert before[0] != before[1]

        join(leaked, quiet, alice)

        assert (law_of(leaked), law_of(quiet)) == before
