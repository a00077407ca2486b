"""The complaint pack on the follow-up page: offered by the desk, drawn when asked for, nothing internal."""

import pytest
from django.test import Client

from csirt.accounts.principals import Person, Victim
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.kernel.errors import NotAllowed, NotFound
from csirt.management.periodic import run_jobs
from csirt.web import pdf
from incidents.models import Incident, Pack
from incidents.packing import asking
from incidents.services import casework
from tests.incidents.conftest import follow
from tests.incidents.test_packs import words
from tests.intake.test_followup import page_of, visit
from tests.intake.test_form_pages import text_of
from tests.people import agree, client_of, file_case
from tests.playbooks.desk import attach, put, qualify, step

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not pdf.can_draw(), reason="this machine cannot draw a PDF"),
]
ASK = "/suivi/plainte/"


def offer(case, user, *, offered=True):
    asking.offer(incident=case.uuid, by=Person.of(user), offered=offered, now=now())


def fetched(client):
    where = client.post(ASK)["Location"]
    assert client.get(where)["Refresh"] == "2"
    run_jobs("essai")
    assert "Télécharger le PDF" in text_of(client.get(where))
    return client.get(f"{where}pdf")


def test_it_is_there_once_somebody_of_the_desk_has_offered_it(denise, alice):
    client = visit(denise)
    assert "Votre dossier de plainte" not in page_of(client)
    assert client.post(ASK).status_code == 404
    page = f"/console/dossiers/{denise.incident.uuid}/plainte"
    said = text_of(client_of(alice).post(page, {"victime": "oui"}, follow=True))
    assert "La victime peut le télécharger" in said
    assert "Votre dossier de plainte" in page_of(client)
    answer = fetched(client)

    assert answer.content.startswith(b"%PDF")
    assert answer["Content-Disposition"] == f'attachment; filename="{denise.reference}-plainte.pdf"'
    assert denise.reference in words(answer.content)
    [event] = Event.objects.filter(kind="pack.downloaded")
    assert event.actor == "victim"


def test_nothing_internal_and_nobody_else_stands_in_it(denise, alice):
    casework.add_note(
        incident=denise.incident.uuid,
        by=Person.of(alice),
        text="Le maire est difficile.",
        now=now(),
    )
    offer(denise.incident, alice)
    said = words(fetched(visit(denise)).content)

    assert "difficile" not in said
    assert "Alice" not in said


def test_steps_of_the_playbook_stand_in_it_but_not_what_the_desk_does_on_its_own(denise, alice):
    case = qualify(denise.incident, alice)
    attach(case, alice)
    put(step(case, "ran-p1"), alice, "done")
    own = next(
        row for row in case.runs.get().steps.filter(role="analyste", concerned=True, duty="")
    )
    put(own, alice, "done")
    offer(case, alice)
    said = words(fetched(visit(denise)).content)

    from playbooks.queries import book_of

    book = book_of(case.runs.get().edition)
    assert book.step("ran-p1").title_fr in said
    assert book.step(own.step).title_fr not in said


def test_it_is_in_the_history_once(denise, alice):
    offer(denise.incident, alice)
    offer(denise.incident, alice)
    offer(denise.incident, alice, offered=False)
    offer(denise.incident, alice, offered=False)

    kinds = Event.objects.filter(kind__startswith="pack.").order_by("seq")
    assert list(kinds.values_list("kind", flat=True)) == ["pack.offered", "pack.held_back"]
    assert "Votre dossier de plainte est prêt à télécharger." in page_of(visit(denise))


def test_what_is_taken_back_is_gone_also_for_a_link_that_was_ready(denise, alice):
    offer(denise.incident, alice)
    client = visit(denise)
    where = client.post(ASK)["Location"]
    run_jobs("essai")
    offer(denise.incident, alice, offered=False)

    assert client.get(where).status_code == client.get(f"{where}pdf").status_code == 404
    assert "Votre dossier de plainte" not in page_of(client).replace(
        "Votre dossier de plainte est prêt", ""
    )


def test_nobody_but_who_works_cases_offers_it(denise, emile, eve):
    agree(emile.operators.get(), denise.incident)
    with pytest.raises(NotAllowed):
        offer(denise.incident, emile)
    with pytest.raises(NotFound):
        offer(denise.incident, eve)
    assert client_of(eve).post(
        f"/console/dossiers/{denise.incident.uuid}/plainte", {"victime": "oui"}
    ).status_code == 404  # fmt: skip
    assert not Event.objects.filter(kind="pack.offered").exists()


def test_another_victim_uses_neither_the_way_nor_the_link(denise, alice):
    other = file_case()
    offer(denise.incident, alice)
    where = visit(denise).post(ASK)["Location"]
    run_jobs("essai")

    assert visit(other).post(ASK).status_code == 404
    assert visit(other).get(f"{where}pdf").status_code == 404
    assert "Quel est votre code de suivi ?" in text_of(Client().get(f"{where}pdf"))
    with pytest.raises(NotFound):
        asking.look(
            secret=where.split("/")[-2], by=Victim(incident_id=other.incident.pk), now=now()
        )
    assert Pack.objects.get().used_at is None


def test_what_was_undone_is_not_told_in_it(denise, alice):
    from incidents.services import undoing

    by, case = Person.of(alice), denise.incident
    undoing.undoably(
        lambda: follow("reject", case, alice), act="reject", incident=case.uuid, by=by, now=now()
    )
    undoing.undo(incident=case.uuid, by=by, now=now())
    offer(Incident.objects.get(pk=case.pk), alice)

    assert "sans suite" not in words(fetched(visit(denise)).content)
