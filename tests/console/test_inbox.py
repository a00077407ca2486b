"""The triage inbox: one report at a time, suggestions with their grounds, what was refused is kept."""

from datetime import timedelta

import pytest
import time_machine

from csirt.directory.models import Commune, Department, Organisation
from csirt.journal import drain
from csirt.journal.models import Event
from csirt.kernel.clock import now
from incidents import kinds
from incidents.models import Incident
from tests.people import agree, client_of, file_case

pytestmark = pytest.mark.django_db
INBOX = "/console/tri/"
CALM = {"category": "spam", "inputs": {"evolution": "tentative"}, "asked": None}
STORY = "Des habitants reçoivent des mails de la mairie que je n'ai pas envoyés."
LONG_STORY = f"""{STORY} Dans les paramètres j'ai vu un transfert vers une adresse que personne n'a créée.
Hier j'avais suivi un lien pour agrandir la boîte, et donné mon mot de passe. Je ne l'ai pas encore changé."""


def address(case):
    return f"{INBOX}{case.uuid}/"


def settled(case, **fields):
    """Return the form of the page, as it is when every suggestion is accepted."""
    return {
        "version": str(case.version),
        "accept-category": case.category,
        "accept-priority": case.priority,
        "accept-kind": "incident",
        "accept-tlp": "amber",
        **fields,
    }


def told(case):
    """Return {field: accepted} of the suggestions that were settled."""
    events = Event.objects.filter(incident=case.pk, kind=kinds.TRIAGED.name)
    return {event.data["field"]: event.data["accepted"] for event in events}


def fresh(case):
    return Incident.objects.get(pk=case.pk)


@pytest.fixture
def inbox(alice):
    return client_of(alice)


def test_the_most_urgent_comes_first_and_the_rest_in_the_order_of_the_queue(inbox):
    calm = file_case(**CALM).incident
    urgent = file_case(text=STORY).incident
    assert (urgent.priority, calm.priority) < (calm.priority, urgent.priority)

    answer = inbox.get(INBOX)
    assert answer["Location"] == address(urgent)
    page = inbox.get(answer["Location"]).text
    assert "1 sur 2" in page
    assert f'href="{address(calm)}"' in page
    assert "mails de la mairie que je n&#x27;ai pas envoyés" in page


def test_what_is_put_off_comes_back_on_its_day(inbox, alice):
    case = file_case(**CALM).incident
    answer = inbox.post(
        f"/console/dossiers/{case.uuid}/faire/reporter",
        {
            "version": "1",
            "reporter-until": f"{now() + timedelta(days=2):%Y-%m-%d}",
            "retour": "tri",
        },
    )
    assert answer["Location"] == INBOX
    page = inbox.get(INBOX).text
    assert "Plus rien à trier" in page
    assert "Un signalement est reporté" in page
    assert case.reference in inbox.get("/console/?vue=nouveaux").text

    with time_machine.travel(now() + timedelta(days=3)):
        assert client_of(alice).get(INBOX)["Location"] == address(case)


def test_everything_accepted_takes_and_qualifies_and_goes_on(inbox, denise, alice):
    answer = inbox.post(address(denise.incident), settled(denise.incident))

    case = fresh(denise.incident)
    assert answer["Location"] == INBOX
    assert (case.state, case.assignee, case.category) == ("active", alice, "rancongiciel")
    assert told(case) == {"category": True, "priority": True}


def test_what_was_refused_is_kept(inbox, denise):
    changed = {
        "accept-category": "virus",
        "accept-priority": "P4",
        "accept-reason": "Un seul poste, isolé.",
    }
    inbox.post(address(denise.incident), settled(denise.incident, **changed))

    case = fresh(denise.incident)
    assert (case.category, case.priority) == ("virus", "P4")
    assert told(case) == {"category": False, "priority": False}


def test_words_suggest_where_nobody_answered_and_say_which_matched(inbox):
    case = file_case(text=STORY, category="levee-de-doute", channel="mail").incident
    page = inbox.get(address(case)).text

    first = page.index('value="piratage-messagerie"')
    assert first < page.index('value="levee-de-doute"')
    assert "« mails de la mairie »" in page
    assert 'value="piratage-messagerie" checked' in page


def test_another_category_is_taken_from_the_list(inbox, denise):
    other = settled(denise.incident, **{"accept-category": "autre", "accept-other": "ddos"})
    inbox.post(address(denise.incident), other)

    assert fresh(denise.incident).category == "ddos"


def test_the_towns_own_hall_is_suggested_and_taken_only_when_ticked(inbox):
    ariege = Department.objects.create(code="09", name="Ariège")
    foix = Commune.objects.create(insee="09122", name="Foix", department=ariege)
    hall = Organisation.objects.create(name="Mairie de Foix", kind="commune", commune=foix)
    one, two = (file_case(commune="09122").incident for _ in range(2))
    Incident.objects.update(organisation=None)

    assert "Mairie de Foix" in inbox.get(address(one)).text
    inbox.post(address(one), settled(one, **{"accept-organisation": str(hall.uuid)}))
    inbox.post(address(two), settled(two))

    assert (fresh(one).organisation, fresh(two).organisation) == (hall, None)
    assert told(one)["organisation"] is True
    assert told(two)["organisation"] is False


def test_a_value_that_cannot_be_comes_back_with_what_was_typed(inbox, denise):
    wrong = settled(denise.incident, **{"accept-priority": "P4"})
    answer = inbox.post(address(denise.incident), wrong)

    assert answer.status_code == 400
    assert "Écrivez pourquoi la priorité change." in answer.text
    assert 'value="P4" checked' in answer.text
    assert fresh(denise.incident).state == "new"
    assert told(denise.incident) == {}


def test_somebody_was_faster(inbox, denise, bruno):
    client_of(bruno).post(address(denise.incident), settled(denise.incident))
    answer = inbox.post(address(denise.incident), settled(denise.incident))

    assert answer.status_code == 409
    assert "Rien n'a été enregistré" in answer.text
    assert inbox.get(address(denise.incident))["Location"].endswith(f"{denise.incident.uuid}/")


def test_undo_brings_the_report_back(inbox, denise):
    inbox.post(address(denise.incident), settled(denise.incident))
    page = inbox.get("/console/").text
    way = f"/console/dossiers/{denise.incident.uuid}/annuler"
    assert f'action="{way}"' in page

    inbox.post(way)

    case = fresh(denise.incident)
    assert (case.state, case.assignee) == ("new", None)
    assert inbox.get(INBOX)["Location"] == address(case)


@pytest.mark.parametrize("wrong", ["", "2001-01-01", "2999-01-01", "demain"])
def test_put_off_to_no_such_day(inbox, denise, wrong):
    Incident.objects.update(priority="P3")
    answer = inbox.post(
        f"/console/dossiers/{denise.incident.uuid}/faire/reporter",
        {"version": "1", "reporter-until": wrong},
    )

    assert answer.status_code == 400
    assert fresh(denise.incident).snoozed_until is None


def test_what_is_urgent_is_not_put_off(inbox, denise):
    Incident.objects.update(priority="P1")
    answer = inbox.post(
        f"/console/dossiers/{denise.incident.uuid}/faire/reporter",
        {"version": "1", "reporter-until": f"{now() + timedelta(days=2):%Y-%m-%d}"},
    )

    assert answer.status_code == 400
    assert "ne peut pas attendre" in answer.text


def test_nobody_else_comes_in(denise, emile, eve):
    agree(emile.operators.get(), denise.incident)
    absent = f"{INBOX}00000000-0000-4000-8000-000000000000/"
    for user in (emile, eve):
        client = client_of(user)
        assert client.get(INBOX).status_code == 404
        assert client.get(address(denise.incident)).status_code == 404
        assert client.post(address(denise.incident), settled(denise.incident)).status_code == 404
        assert client.get(absent).status_code == 404


def test_a_report_that_is_told_again_is_one_link_from_being_a_duplicate(inbox):
    one, two = (file_case(text=LONG_STORY).incident for _ in range(2))
    drain()
    page = inbox.get(address(two)).text

    assert "texte semblable à 100 %" in page
    assert f'href="?doublon={one.reference}#acts-title"' in page
    assert f'value="{one.reference}"' in page  # the form of the key d has it already
    assert '<details class="act block no-print" open>' not in page
    chosen = inbox.get(f"{address(two)}?doublon={one.reference}").text
    assert '<details class="act block no-print" open>' in chosen

    fields = {"version": str(two.version), "merge-into": one.reference, "retour": "tri"}
    answer = inbox.post(f"/console/dossiers/{two.uuid}/etape/merge", fields)
    assert (answer["Location"], fresh(two).state) == (INBOX, "duplicate")
