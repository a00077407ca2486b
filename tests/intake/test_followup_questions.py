"""The questions left: one page each, kept beside the report, and triage runs again."""

import pytest
from django.test import Client

from csirt.accounts.principals import Person, Victim
from csirt.directory import reference
from csirt.journal.models import Event
from csirt.kernel import codes
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, NotAllowed, NotFound
from incidents.models import Incident, LaterAnswer, Message, Report
from incidents.services import answering, transitions
from tests.intake.test_followup import moved, page_of, replaced, visit
from tests.intake.test_form_pages import text_of
from tests.people import client_of, file_case

ANSWERS = {
    "danger": "non", "kind": "commune", "autrui": "moi", "quoi": "fichiers", "quand": "maintenant",
    "continue": "arrete", "combien": "un", "travail": "service", "infos_gens": "non",
    "argent_parti": "non",
}  # fmt: skip
INPUTS = {
    "evolution": "maitrise", "perimetre": "un", "impact_service": "service_cle_arrete", "donnees": "non",
    "argent": "non",
}  # fmt: skip
PAGES = ["suite-travail", "suite-copie", "suite-fait"]


@pytest.fixture
def town(db):
    """A town hall that stopped a small attack."""
    return file_case(
        answers=ANSWERS, inputs=INPUTS, asked=tuple(INPUTS), category="virus", text="Alerte."
    )


def case():
    return Incident.objects.get(merged_into=None)


def kinds_since(seq):
    return list(Event.objects.filter(seq__gt=seq).order_by("seq").values_list("kind", flat=True))


def last():
    return Event.objects.order_by("-seq").values_list("seq", flat=True).first()


def test_each_page_leads_to_the_next_and_then_back(town):
    client = visit(town)
    assert "Quelques questions encore" in page_of(client)

    response, seen = client.get("/suivi/questions/"), []
    for data in ({"services_mairie": ["courriel"]}, {"copie": "oui"}, {"deja_fait": ["debranche"]}):
        seen.append(response["Location"])
        assert client.get(response["Location"]).status_code == 200
        response = client.post(response["Location"], data)

    assert seen == [f"/suivi/questions/{name}/" for name in PAGES]
    assert response["Location"] == "/suivi/?fait=reponses"
    assert "Quelques questions encore" not in page_of(client)
    assert client.get("/suivi/questions/")["Location"] == "/suivi/"


def test_a_case_that_is_over_asks_nothing_more(town, alice):
    moved(alice, "take", "qualify", "resolve", "close")

    assert "Quelques questions encore" not in page_of(visit(town))


def test_the_report_stays_as_it_was_filed(town):
    visit(town).post("/suivi/questions/suite-copie/", {"copie": "oui"})

    assert Report.objects.get().answers == ANSWERS
    row = LaterAnswer.objects.get()
    assert (row.incident, row.question, row.answer, row.name) == (case(), "copie", "oui", "")


def test_what_is_not_offered_comes_back_and_writes_nothing(town):
    response = visit(town).post("/suivi/questions/suite-copie/", {"copie": "<script>"})

    assert '<a href="#f-copie">' in text_of(response)
    assert not LaterAnswer.objects.exists()


@pytest.mark.parametrize("page", ["suite-argent", "suite-pieces", "danger", "n-importe"])
def test_a_page_that_these_answers_do_not_lead_to_does_not_exist(town, page):
    assert visit(town).get(f"/suivi/questions/{page}/").status_code == 404


def test_triage_runs_again_and_says_by_which_rules(town):
    before, mark = case().priority, last()

    visit(town).post("/suivi/questions/suite-travail/", {"services_mairie": ["eau"]})

    found = case()
    assert (before, found.priority) == ("P3", "P1")
    assert "service_vital" in found.assessment["flags"]
    event = Event.objects.get(kind="incident.assessed", seq__gt=mark)
    assert event.data["previous"] == before
    assert event.data["rules"] == found.assessment["rules"] != []


def test_a_question_not_answered_yet_counts_for_nothing(town):
    score = case().assessment["score"]

    visit(town).post("/suivi/questions/suite-fait/", {"deja_fait": ["rien"]})

    assert case().assessment["score"] == score
    assert "secours" not in case().assessment["asked"]


def test_an_answer_may_be_corrected_and_the_latest_counts(town):
    client = visit(town)
    client.post("/suivi/questions/suite-copie/", {"copie": "non"})
    assert case().assessment["inputs"]["secours"] == "aucune"

    client.post("/suivi/questions/suite-copie/", {"copie": "oui_testee"})

    assert case().assessment["inputs"]["secours"] == "testee"
    assert LaterAnswer.objects.count() == 2


def test_the_same_answer_again_writes_nothing(town):
    client = visit(town)
    client.post("/suivi/questions/suite-copie/", {"copie": "oui"})
    mark = last()

    client.post("/suivi/questions/suite-copie/", {"copie": "oui"})

    assert kinds_since(mark) == []
    assert LaterAnswer.objects.count() == 1


def test_a_priority_that_an_analyst_set_is_only_suggested(town, alice):
    moved(alice, "take", "qualify")
    mark = last()

    visit(town).post("/suivi/questions/suite-travail/", {"services_mairie": ["eau"]})

    found = case()
    assert found.priority == "P3"
    assert found.assessment["suggested"]["priority"] == "P1"
    assert found.unread
    assert "incident.suggested" in kinds_since(mark)
    assert "incident.assessed" not in kinds_since(mark)
    html = text_of(client_of(alice).get(f"/console/dossiers/{found.uuid}/"))
    assert "Les règles suggèrent P1" in html


@pytest.mark.parametrize(("follow", "priority"), [(True, "P1"), (False, "P3")])
def test_an_analyst_follows_the_suggestion_or_sets_it_aside(town, alice, follow, priority):
    moved(alice, "take", "qualify")
    visit(town).post("/suivi/questions/suite-travail/", {"services_mairie": ["eau"]})
    address = f"/console/dossiers/{case().uuid}/faire/suggestion"
    said = {"version": case().version, "suggestion-follow": "oui" if follow else "non"}

    assert client_of(alice).post(address, said).status_code == 302

    assert (case().priority, case().assessment.get("suggested")) == (priority, None)
    with pytest.raises(Conflict):
        answering.settle_suggestion(
            incident=case().uuid, version=case().version, by=Person.of(alice), follow=True,
            now=now(),
        )  # fmt: skip


def test_eve_settles_nothing(town, alice, eve, emile):
    moved(alice, "take", "qualify")
    visit(town).post("/suivi/questions/suite-travail/", {"services_mairie": ["eau"]})

    for user in (eve, emile):
        with pytest.raises((NotFound, NotAllowed)):
            answering.settle_suggestion(
                incident=case().uuid, version=case().version, by=Person.of(user), follow=True,
                now=now(),
            )  # fmt: skip
    assert case().priority == "P3"


def test_a_waiting_case_resumes_with_an_answer(town, alice):
    moved(alice, "take", "qualify", "wait")

    visit(town).post("/suivi/questions/suite-copie/", {"copie": "oui"})

    assert case().state == "active"


def test_an_answer_about_a_merged_case_is_suggested_where_its_reports_hang(town, alice):
    other = file_case(inputs={"evolution": "tentative"}, category="levee-de-doute")
    row = Incident.objects.get(pk=town.incident.pk)
    transitions.merge(
        incident=row.uuid, version=row.version, by=Person.of(alice), into=other.incident.uuid,
        now=now(),
    )  # fmt: skip

    visit(town).post("/suivi/questions/suite-travail/", {"services_mairie": ["eau"]})

    standing = Incident.objects.get(pk=other.incident.pk)
    assert standing.assessment["suggested"]["priority"] == "P1"
    assert Event.objects.filter(kind="followup.answered", audience="victim").count() == 1
    assert page_of(visit(other)).count("Vous avez répondu à des questions.") == 0


def test_worse_brings_the_case_to_the_top_and_assesses_again(town):
    data = {
        "sens": "pire", "envoi": codes.new_token(), "continue": "s_etend", "travail": "non",
        "message": "Le serveur aussi.",
    }  # fmt: skip
    client = visit(town)

    assert client.post("/suivi/changement/", data)["Location"] == "/suivi/?fait=changement"
    client.post("/suivi/changement/", data)

    found = case()
    assert found.unread
    assert found.priority < "P3"
    assert Message.objects.get().text.endswith("c'est pire.\nLe serveur aussi.")
    assert Event.objects.get(kind="followup.situation").data == {"worse": True}


def test_danger_told_later_shows_whom_to_call_at_once(town):
    client = visit(town)
    client.post("/suivi/changement/", {"sens": "pire", "envoi": codes.new_token(), "danger": "oui"})

    html = page_of(client)

    assert case().danger
    assert case().priority == "P1"
    assert 'href="tel:17"' in html


def test_words_of_distress_in_a_message_show_a_helpline(town):
    client = visit(town)
    assert "tel:3114" not in page_of(client)

    client.post("/suivi/message/", {"envoi": codes.new_token(), "message": "Je veux en finir."})

    assert "tel:3114" in page_of(client)


def test_better_or_worse_must_be_said_and_nothing_typed_is_lost(town):
    response = visit(town).post(
        "/suivi/changement/", {"message": "Un long récit.", "travail": "non"}
    )

    html = text_of(response)
    assert "Dites si c'est mieux ou pire." in html
    assert "Un long récit." in html
    assert not Message.objects.exists()


def test_a_change_written_after_the_visit_is_kept_for_the_code(town):
    sent = {"sens": "pire", "envoi": codes.new_token(), "message": "Ça recommence."}
    html = text_of(Client().post("/suivi/changement/", sent))

    assert "Vos réponses sont gardées ici." in html
    assert "Ça recommence." in html


def test_a_case_taken_by_telephone_is_asked_what_makes_sense(db):
    client = visit(file_case(channel="phone"))
    replaced(client)

    assert client.get("/suivi/questions/")["Location"] == "/suivi/questions/suite-fait/"
    client.post(
        "/suivi/questions/suite-fait/", {"deja_fait": ["plainte"], "informatique": "interne"}
    )

    assert LaterAnswer.objects.count() == 2


def test_every_question_after_sending_has_a_page_that_draws(town):
    later = {q.page for q in reference.current().intake.questions if q.stage == "after"}
    victim = Victim(case().pk)
    answering.answer_later(victim=victim, answers={"argent_parti": "moins_72h"}, now=now())
    client = visit(town)
    drawn = {name for name in later if client.get(f"/suivi/questions/{name}/").status_code == 200}

    assert drawn == later - {"suite-pieces", "suite-age"}
