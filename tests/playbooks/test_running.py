"""Playbooks on a case: proposed, attached, detached; what was done is never lost."""

import pytest

from csirt.journal import drain
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from incidents.models import Incident
from incidents.services import casework, undoing
from playbooks.models import Edition, Run, StepState
from playbooks.services import running
from tests.people import agree, file_case
from tests.playbooks.desk import attach, detach, fresh, of, put, qualify, runs, step

pytestmark = pytest.mark.django_db(transaction=True)


def kinds(case):
    events = Event.objects.filter(incident=case.pk, kind__startswith="playbook.").order_by("seq")
    return [event.kind for event in events]


def recategorise(case, category):
    """Change the category as a correction does, and tell the journal."""
    Incident.objects.filter(pk=case.pk).update(category=category)
    casework.edit(
        incident=case.uuid, version=fresh(case).version, by=case.by, title="Corrigé", now=now()
    )
    drain()


@pytest.fixture
def case(denise, alice):
    found = qualify(denise.incident, alice)
    found.by = of(alice)
    return found


def test_qualifying_proposes_the_playbook_of_the_category(case):
    drain()

    run = runs(case)["rancongiciel"]
    assert (run.state, run.category) == ("proposed", "rancongiciel")
    assert kinds(case) == ["playbook.proposed"]
    assert not run.steps.exists()


def test_nothing_is_proposed_before_somebody_qualified(denise):
    drain()

    assert runs(denise.incident) == {}


def test_attaching_gives_the_steps_in_the_version_in_force(case, alice, bundle):
    run = attach(case, alice)

    book = bundle.playbooks["rancongiciel"]
    rows = list(run.steps.order_by("order"))
    assert [row.step for row in rows] == [one.id for one in book.steps]
    assert run.edition.label == book.version
    assert run.edition.text == bundle.texts["playbooks/rancongiciel.yaml"]
    assert {row.state for row in rows} == {"todo"}
    event = Event.objects.get(kind="playbook.attached")
    assert event.data == {"playbook": run.playbook, "edition": book.version, "steps": len(rows)}


def test_attaching_twice_changes_nothing(case, alice, bruno):
    first = attach(case, alice)
    again = attach(case, bruno)

    assert (first.pk, first.version) == (again.pk, again.version)
    assert Event.objects.filter(kind="playbook.attached").count() == 1
    assert Edition.objects.count() == 1


def test_several_playbooks_may_be_followed_on_one_case(case, alice):
    attach(case, alice)
    attach(case, alice, "messagerie-compromise")

    assert {run.state for run in runs(case).values()} == {"attached"}


def test_what_was_done_is_there_again_after_a_detachment(case, alice):
    attach(case, alice)
    put(step(case), alice, "done")
    detach(case, alice)
    run = attach(case, alice)

    assert step(case).state == "done"
    assert run.steps.count() == StepState.objects.count()
    assert kinds(case) == ["playbook.attached", "playbook.detached", "playbook.attached"]


def test_a_new_category_proposes_its_own_and_leaves_what_was_done(case, alice):
    drain()
    attach(case, alice)
    put(step(case), alice, "done")
    recategorise(case, "fovi-faux-rib")

    found = runs(case)
    assert found["rancongiciel"].state == "attached"
    assert found["faux-rib-fovi"].state == "proposed"
    assert step(case).state == "done"


def test_a_proposal_for_another_category_goes(case):
    drain()
    recategorise(case, "fovi-faux-rib")

    assert [run.playbook for run in runs(case).values()] == ["faux-rib-fovi"]


def test_a_detached_playbook_is_proposed_again_when_its_category_comes_back(case, alice):
    attach(case, alice)
    put(step(case), alice, "done")
    detach(case, alice)
    recategorise(case, "fovi-faux-rib")
    detach(case, alice, "faux-rib-fovi")
    Run.objects.filter(playbook="rancongiciel").update(category="fovi-faux-rib")
    recategorise(case, "rancongiciel")

    assert runs(case)["rancongiciel"].state == "proposed"
    attach(case, alice)
    assert step(case).state == "done"


def test_what_was_declined_is_not_proposed_again_for_the_same_category(case, alice):
    drain()
    detach(case, alice)
    recategorise(case, "rancongiciel")

    assert runs(case)["rancongiciel"].state == "detached"
    assert kinds(case) == ["playbook.proposed", "playbook.declined"]


def test_undoing_the_qualification_takes_the_proposal_back(denise, alice):
    found = denise.incident
    undoing.undoably(
        lambda: qualify(found, alice), act="accept", incident=found.uuid, by=of(alice), now=now()
    )
    drain()
    assert runs(found)
    undoing.undo(incident=found.uuid, by=of(alice), now=now())
    drain()

    assert runs(found) == {}


def test_a_case_that_ended_begins_no_playbook(case, alice):
    Incident.objects.filter(pk=case.pk).update(state="closed")

    with pytest.raises(Conflict):
        attach(case, alice)


def test_a_playbook_that_does_not_exist_is_refused(case, alice):
    with pytest.raises(Invalid):
        attach(case, alice, "inconnu")
    assert not Run.objects.exists()


def test_conditions_say_which_steps_concern_the_case(alice, bundle):
    town, person = file_case(), file_case(victim_kind="particulier")
    for victim in (town, person):
        qualify(victim.incident, alice, category="fovi-faux-rib")
        attach(victim.incident, alice, "faux-rib-fovi")

    def concerned(victim):
        rows = StepState.objects.filter(run__incident=victim.incident, concerned=True)
        return set(rows.values_list("step", flat=True))

    assert {"rib-p9"} == concerned(town) & {"rib-p9", "rib-p10"}
    assert {"rib-p10"} == concerned(person) & {"rib-p9", "rib-p10"}
    assert {"rib-p1", "rib-p2"} <= concerned(town) & concerned(person)


def test_a_step_that_begins_to_apply_is_shown_from_then_on(case, alice):
    attach(case, alice, "faux-rib-fovi")
    late = step(case, "rib-p11")  # donnees in [ordinaires, sensibles, publiees]
    assert (late.concerned, late.shown_at) == (False, None)
    kept = fresh(case).assessment
    inputs = {**kept["inputs"], "donnees": "sensibles"}
    Incident.objects.filter(pk=case.pk).update(assessment=kept | {"inputs": inputs})
    recategorise(case, case.category)

    late = step(case, "rib-p11")
    assert late.concerned
    assert late.shown_at is not None
    told = Event.objects.get(kind="step.concerned")
    assert told.data["now"] == ["rib-p11"]


def test_erasing_the_case_erases_its_runs(case, alice):
    attach(case, alice)
    running.forget(case, now())

    assert not Run.objects.exists()
    assert not StepState.objects.exists()


@pytest.mark.parametrize("who", ["eve", "chloe", "ada"])
def test_who_has_no_right_to_the_case_gets_the_answer_for_what_does_not_exist(who, request, case):
    user = request.getfixturevalue(who)
    for act in (attach, detach):
        with pytest.raises(NotFound):
            act(case, user)


def test_an_operator_sees_and_does_not_attach(case, emile):
    agree(emile.operators.get(), fresh(case))

    with pytest.raises(NotAllowed):
        attach(case, emile)
