"""The review of a case: written once it is resolved, its timeline taken from the journal, printed."""

import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from csirt.accounts.principals import Person
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, NotAllowed, NotFound
from csirt.web import pdf
from incidents.console import review_lists
from incidents.domain.moments import PARIS
from incidents.models import Incident, Review, ReviewAction
from incidents.services import reviewing, undoing
from incidents.services.reviewing import Told
from tests.console.case import address, text
from tests.incidents.conftest import case_in, follow, row
from tests.incidents.test_follow_ups import answer, send
from tests.people import agree, client_of

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = {
    "retour-cause": "acces-distant",
    "retour-cause_words": "Le port 3389 était ouvert.",
    "retour-worked": "Les sauvegardes hors ligne.",
    "retour-failed": "Personne ne savait qui appeler.",
    "retour-hours": "12,5",
    "retour-euros": "3 400",
}


def at(case, *rest):
    return address(case, "retour", "/".join(rest))


def save(user, case, version=0, **data):
    return client_of(user).post(at(case), {**WORDS, "version": version, **data})


def act(user, case, **data):
    sent = {"action-text": "Fermer le port", "action-owner": "Le prestataire"}
    sent |= {"action-due_on": f"{now().date() + timedelta(days=20)}"}
    return client_of(user).post(at(case, "actions"), {**sent, **data})


@pytest.fixture
def closed(alice):
    return case_in("closed", alice)


def test_the_case_page_leads_there_once_it_is_resolved(alice, closed):
    assert "Retour d'expérience" in text(client_of(alice).get(address(closed)))
    assert f'href="{at(closed)}"' in client_of(alice).get(address(closed)).content.decode()
    active = case_in("active", alice)
    assert at(active) not in client_of(alice).get(address(active)).content.decode()


def test_what_is_written_is_kept_and_the_journal_holds_none_of_its_words(alice, closed):
    assert save(alice, closed).status_code == 302

    review = Review.objects.get(incident=closed.pk)
    assert (review.cause, review.hours, review.euros) == ("acces-distant", Decimal("12.5"), 3400)
    assert review.worked == "Les sauvegardes hors ligne."
    [event] = Event.objects.filter(kind="review.written")
    assert event.data["cause"] == "acces-distant"
    assert "sauvegardes" not in str(event.data)
    page = text(client_of(alice).get(at(closed)))
    assert "Écrit par Alice" in " ".join(page.split())
    assert "Alice a écrit le retour d'expérience." in text(client_of(alice).get(address(closed)))


def test_nothing_new_writes_nothing(alice, closed):
    save(alice, closed)
    save(alice, closed, version=1)
    assert Event.objects.filter(kind="review.written").count() == 1


def test_two_at_once_one_wins_and_nothing_typed_is_lost(alice, bruno, closed):
    save(alice, closed)
    answer_ = save(bruno, closed, **{"retour-worked": "L'astreinte a répondu."})

    assert answer_.status_code == 409
    page = text(answer_)
    assert "L'astreinte a répondu." in page
    assert "Les sauvegardes hors ligne." in page
    assert Review.objects.get().written_by == alice
    assert save(bruno, closed, version=1, **{"retour-worked": "Les deux."}).status_code == 302


def test_the_same_form_sent_twice_is_one(alice, closed):
    for _ in range(2):
        assert save(alice, closed).status_code == 302
        assert act(alice, closed, envoi="0" * 32).status_code == 302
    assert act(alice, closed, envoi="0" * 32, **{"action-owner": "La mairie"}).status_code == 302

    assert Event.objects.filter(kind="review.written").count() == 1
    assert ReviewAction.objects.count() == 2


def test_numbers_are_read_as_they_are_typed(alice, closed):
    save(alice, closed, **{"retour-hours": "1\u202f234,5", "retour-euros": "12\xa0500 €"})

    review = Review.objects.get()
    assert (review.hours, review.euros) == (Decimal("1234.5"), 12500)


def test_an_action_says_all_that_is_missing_at_once(alice, closed):
    answer_ = act(
        alice, closed, **dict.fromkeys(("action-text", "action-owner", "action-due_on"), "")
    )
    html = answer_.content.decode()

    assert all(f'id="f-action-{name}-error"' in html for name in ("text", "owner", "due_on"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("hours", "beaucoup"), ("hours", "-1"), ("hours", "1,25"), ("hours", "NaN"),
        ("hours", "1e9"), ("hours", "1e30"), ("hours", "-1e999999"), ("hours", "١٢"), ("euros", "3,5"), ("euros", "-3"),
        ("euros", "99999999999"), ("cause", "la-lune"), ("worked", "x" * 20_001),
    ],
    ids=lambda value: value[:12],
)  # fmt: skip
def test_what_cannot_be_comes_back_with_what_was_typed(alice, closed, field, value):
    answer_ = save(alice, closed, **{f"retour-{field}": value})

    assert answer_.status_code == 400
    html = answer_.content.decode()
    assert f'id="f-retour-{field}-error"' in html
    assert "Personne ne savait qui appeler." in text(answer_)
    assert not Review.objects.exists()


def test_what_is_no_line_of_the_timeline_is_not_kept(alice, closed):
    closing = Event.objects.get(incident=closed.pk, kind="incident.closed")
    sent = [f"e{closing.seq}", "e\x00", "e0", "x" * 30]

    assert save(alice, closed, **{"retour-kept": sent}).status_code == 302
    assert Review.objects.get().kept == [f"e{closing.seq}"]


@pytest.mark.parametrize("state", ["new", "active", "recovery", "rejected"])
def test_a_case_that_goes_on_has_no_review_to_write(alice, state):
    case = case_in(state, alice)
    assert save(alice, case).status_code == 409
    assert act(alice, case).status_code == 409
    assert not Review.objects.exists()
    assert client_of(alice).get(at(case)).status_code == 200


def test_a_case_reopened_keeps_its_review_to_read(alice, closed):
    save(alice, closed)
    follow("reopen", closed, alice)
    page = text(client_of(alice).get(at(closed)))

    assert "Les sauvegardes hors ligne." in page
    assert "une fois résolu" in page


def test_the_timeline_is_the_journals_and_what_is_chosen_is_on_the_sheet(alice, closed):
    html = client_of(alice).get(at(closed)).content.decode()
    assert "Alice a clos le dossier." in html
    assert "Alice a ouvert le dossier." not in html
    closing = Event.objects.get(incident=closed.pk, kind="incident.closed")
    assert f'value="e{closing.seq}" checked' in html
    sheet = text(client_of(alice).get(at(closed, "feuille")))
    assert "Alice a pris le dossier." in sheet

    save(alice, closed, **{"retour-kept": [f"e{closing.seq}", "e999999", "x" * 60]})
    sheet = text(client_of(alice).get(at(closed, "feuille")))
    assert "Alice a clos le dossier." in sheet
    assert "Alice a pris le dossier." not in sheet
    assert "12,5" in sheet.replace("12.5", "12,5")


def test_what_was_taken_back_is_no_line_and_what_was_written_beside_it_stays(alice):
    case = case_in("review", alice)
    undoing.undoably(
        lambda: follow("close", case, alice), act="close", incident=case.uuid,
        by=Person.of(alice), now=now(),
    )  # fmt: skip
    act(alice, case)
    undoing.undo(incident=case.uuid, by=Person.of(alice), now=now())
    html = client_of(alice).get(at(case)).content.decode()

    assert "Alice a clos le dossier." not in html
    assert "Alice a noté une action" in html


def test_the_sheet_is_a_pdf_where_one_can_be_drawn(alice, closed):
    if not pdf.can_draw():
        pytest.skip("Pango is not installed (apt-get install libpango-1.0-0)")
    save(alice, closed)
    answer_ = client_of(alice).get(at(closed, "feuille"), {"forme": "pdf"})

    assert answer_["Content-Type"] == "application/pdf"
    words = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer_.content)).pages)
    assert closed.reference in words
    assert "sauvegardes hors ligne" in words


def test_the_sheet_groups_thousands_and_writes_its_days_alike(alice, closed):
    save(alice, closed)
    act(alice, closed)
    one = ReviewAction.objects.get()
    client_of(alice).post(at(closed, "actions", str(one.uuid)), {"avancement": "faite"})
    sheet = text(client_of(alice).get(at(closed, "feuille")))

    assert "3 400" in sheet.replace("\xa0", " ")
    done = ReviewAction.objects.get().done_at.astimezone(PARIS)
    assert f"avant le {one.due_on:%d/%m/%Y} (faite le {done:%d/%m/%Y})" in " ".join(sheet.split())


def test_an_action_has_somebody_and_a_day_and_is_done_or_not(alice, closed):
    assert act(alice, closed).status_code == 302
    one = ReviewAction.objects.get()
    there = at(closed, "actions", str(one.uuid))
    client = client_of(alice)
    client.post(there, {"avancement": "faite"})
    assert ReviewAction.objects.get().done_at
    client.post(there, {"avancement": "faite"})
    client.post(there, {"avancement": "afaire"})
    assert ReviewAction.objects.get().done_at is None
    assert client.post(there, {"avancement": "rien"}).status_code == 400
    client.post(there, {"avancement": "retirer"})

    assert not ReviewAction.objects.exists()
    assert client.post(there, {"avancement": "faite"}).status_code == 404
    kinds = Event.objects.filter(kind__startswith="review.").order_by("seq")
    assert [event.kind for event in kinds] == [
        "review.action_added", "review.action_done", "review.action_reopened",
        "review.action_removed",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", " "), ("text", "x" * 301), ("owner", ""), ("owner", "x" * 121), ("due_on", ""),
        ("due_on", "demain"), ("due_on", "2999-01-01"),
    ],
    ids=lambda value: value[:12],
)  # fmt: skip
def test_an_action_without_what_who_or_when_comes_back(alice, closed, field, value):
    answer_ = act(alice, closed, **{f"action-{field}": value})

    assert answer_.status_code == 400
    assert f'id="f-action-{field}-error"' in answer_.content.decode()
    assert not ReviewAction.objects.exists()


def test_an_action_of_one_case_is_not_changed_through_another(alice, closed):
    act(alice, closed)
    other = case_in("closed", alice)
    there = at(other, "actions", str(ReviewAction.objects.get().uuid))

    assert client_of(alice).post(there, {"avancement": "retirer"}).status_code == 404
    assert ReviewAction.objects.exists()


def test_the_follow_ups_stand_there_with_what_was_answered(alice, closed):
    page = text(client_of(alice).get(at(closed)))
    assert "À 30 jours" in page
    assert "partira le" in page
    send(closed, 30)
    assert "Sans réponse" in text(client_of(alice).get(at(closed)))
    answer(closed, {"marche": "non", "mots-de-passe": "oui"})
    page = text(client_of(alice).get(at(closed)))

    assert "Non, nous sommes encore gênés" in page
    assert "Oui, tous" in page
    assert "Cela continue" in page
    assert "cela continue" in text(client_of(alice).get(address(closed)))


def test_what_waits_is_listed_and_causes_are_counted(alice, bruno, closed):
    waits = case_in("review", alice)
    save(alice, closed)
    act(alice, closed)
    send(closed, 30)
    client = client_of(alice)

    assert waits.reference in text(client.get("/console/retours/"))
    assert closed.reference not in text(client.get("/console/retours/"))
    assert "Fermer le port" in text(client.get("/console/retours/?vue=actions"))
    assert closed.reference in text(client.get("/console/retours/?vue=suivis"))
    assert "Accès à distance ouvert" in text(client.get("/console/retours/?vue=causes"))
    [counted] = review_lists.counted(Person.of(alice), "fr")
    assert (counted["cause"], counted["cases"]) == ("acces-distant", 1)
    answer(closed, {"marche": "oui"})
    assert closed.reference not in text(client.get("/console/retours/?vue=suivis"))


def test_what_is_hidden_is_neither_listed_nor_counted_nor_opened(alice, closed, bruno):
    save(alice, closed)
    act(alice, closed)
    send(closed, 30)
    Incident.objects.filter(pk=closed.pk).update(restricted=True)
    client = client_of(alice)

    for view in review_lists.VIEWS:
        page = text(client.get(f"/console/retours/?vue={view}"))
        assert closed.reference not in page
        assert "Fermer le port" not in page
    assert review_lists.counted(Person.of(alice), "fr") == []
    for path in (at(closed), at(closed, "feuille")):
        assert client.get(path).status_code == 404
    with pytest.raises(NotFound):
        reviewing.write(
            incident=closed.uuid, version=1, by=Person.of(alice), told=Told(), now=now()
        )


def test_whoever_does_not_work_cases_has_no_such_page(closed, emile, eve, ada, chloe):
    agree(emile.operators.get(), closed)
    for user in (emile, eve, ada, chloe):
        for path in ("/console/retours/", at(closed), at(closed, "feuille")):
            assert client_of(user).get(path).status_code == 404
        assert save(user, closed).status_code == 404
        assert act(user, closed).status_code == 404
    with pytest.raises((NotAllowed, NotFound)):
        reviewing.write(
            incident=closed.uuid, version=0, by=Person.of(emile), told=Told(), now=now()
        )
    assert not Review.objects.exists()


def test_a_review_of_an_erased_case_is_no_more(alice, closed):
    save(alice, closed)
    Incident.objects.filter(pk=closed.pk).update(erased_at=now())

    assert client_of(alice).get(at(closed)).status_code == 404
    with pytest.raises(Conflict):
        reviewing.write(
            incident=closed.uuid, version=1, by=Person.of(alice), told=Told(), now=now()
        )


def test_hostile_words_are_shown_as_they_are_typed(alice, closed):
    save(alice, closed, **{"retour-worked": "<script>alert(1)</script> http://mal.example/x"})
    html = client_of(alice).get(at(closed, "feuille")).content.decode()

    assert "<script>alert" not in html
    assert "hxxp://mal[.]example/x" in html


def test_a_full_page_costs_what_an_empty_one_does(alice, closed):
    client = client_of(alice)

    def count():
        client.get(at(closed))
        with CaptureQueriesContext(connection) as asked:
            client.get(at(closed))
        return len(asked)

    save(alice, closed)
    act(alice, closed)
    send(closed, 30)
    few = count()
    for _ in range(10):
        act(alice, closed)
    send(closed, 90)
    assert count() == few


def test_a_day_is_one_of_paris(alice, closed):
    late = datetime(2026, 6, 1, 22, 30, tzinfo=UTC)
    row_ = reviewing.add_action(
        incident=closed.uuid, by=Person.of(alice), text="Vérifier", owner="Alice",
        due_on=date(2026, 6, 2), now=late,
    )  # fmt: skip
    assert row_.due_on == date(2026, 6, 2)
    assert row(closed).version == closed.version
