"""Sending: once, whatever is retried, lost, late or forged; the same reference and code each time."""

import json
import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.db import OperationalError
from django.test import Client

from csirt.accounts.principals import Person
from csirt.kernel import codes
from csirt.kernel.clock import now
from incidents.intake import form
from incidents.models import AccessCode, Draft, Incident, Report
from incidents.services.following import reissue_code, victim_by_code
from tests.intake.conftest import MONDAY, SUNDAY, Visitor, typed
from tests.intake.test_form_pages import TOWN, text_of
from tests.people import called

CODE = re.compile(r"\b(?:[0-9A-Z]{4}-){5}[0-9A-Z]{4}\b")


@pytest.fixture
def checked(visitor):
    """The hidden fields of the page that shows the answers."""
    return visitor.held(visitor.resume(TOWN, text="Tout est bloqué depuis hier."))


def code_in(response):
    return CODE.search(response.content.decode())[0]


def post(visitor, held, **changes):
    return visitor.client.post("/signaler/envoi/", {**held, **changes})


def test_the_confirmation_holds_what_one_needs(visitor, checked):
    with time_machine.travel(MONDAY, tick=False):
        html = text_of(post(visitor, checked))

    case = Incident.objects.get()
    assert case.reference in html
    assert case.priority == "P1"
    assert "Un analyste vous répond avant aujourd'hui à 11 h." in html
    assert "0 800 71 13 13" in html
    assert "Débranchez la box" in html
    assert 'href="/suivi/"' in html
    assert "Imprimez cette page" in html


def test_out_of_hours_it_says_when_a_human_answers_and_who_does_meanwhile(visitor, checked):
    with time_machine.travel(SUNDAY, tick=False):
        held = checked
        html = text_of(post(visitor, held))

    assert "Notre équipe est fermée. Elle rouvre lundi 23 novembre à 9 h." in html
    assert "Un analyste vous répond avant lundi 23 novembre à 9 h 30." in html
    assert "17cyber.gouv.fr" in html
    assert "CERT-FR" in html


def test_the_code_opens_the_case(visitor, checked):
    code = code_in(post(visitor, checked))

    assert victim_by_code(code).incident_id == Incident.objects.get().pk


def test_a_retry_shows_the_same_page(visitor, checked):
    first, second = post(visitor, checked), post(visitor, checked)

    assert (first.status_code, second.status_code) == (200, 200)
    assert code_in(first) == code_in(second)
    assert Incident.objects.count() == Report.objects.count() == 1


def test_a_retry_needs_neither_draft_nor_cookie(visitor, checked):
    first = post(visitor, checked)

    second = Client().post("/signaler/envoi/", checked)

    assert Draft.objects.count() == 0
    assert code_in(second) == code_in(first)


def test_a_page_whose_draft_has_expired_can_still_be_sent(visitor):
    with time_machine.travel(MONDAY, tick=False):
        held = visitor.held(visitor.resume(TOWN, text="Tout est bloqué."))
    with time_machine.travel(MONDAY + timedelta(days=2), tick=False):
        Visitor().client.post("/signaler/danger/", {"danger": "non"})  # sweeps what is over
        response = post(visitor, held)

    assert response.status_code == 200
    assert Report.objects.get().text == "Tout est bloqué."


def test_what_was_shown_is_what_is_sent(visitor, checked):
    """Another tab changed an answer meanwhile: the page that the person read counts."""
    visitor.client.post("/signaler/travail/", {"travail": "non"})

    post(visitor, checked)

    assert Report.objects.get().answers["travail"] == "normal"


def test_other_content_under_the_same_form_is_not_filed_twice(visitor, checked):
    first = post(visitor, checked)

    second = post(visitor, checked, reponses=checked["reponses"].replace("hier.", "lundi."))

    assert second.status_code == 409
    assert "Vos changements ne sont pas partis." in text_of(second)
    assert code_in(second) == code_in(first)
    assert Report.objects.get().text == "Tout est bloqué depuis hier."


def test_after_a_day_the_code_is_not_shown_again(visitor):
    with time_machine.travel(MONDAY, tick=False):
        held = visitor.held(visitor.resume(TOWN))
        post(visitor, held)
    with time_machine.travel(MONDAY + timedelta(hours=24, seconds=1), tick=False):
        response = post(visitor, held)

    assert CODE.search(response.content.decode()) is None
    assert "Votre code a déjà été montré" in text_of(response)


def test_after_a_re_issue_the_old_code_is_not_shown_again(visitor, checked, alice):
    post(visitor, checked)
    case = Incident.objects.get()
    reissue_code(
        incident=case.uuid, version=case.version, by=Person.of(alice), called=called(), now=now()
    )

    response = post(visitor, checked)

    assert response.status_code == 200
    assert CODE.search(response.content.decode()) is None


def test_the_code_is_stored_nowhere(visitor, checked):
    code = code_in(post(visitor, checked)).replace("-", "")

    for model in (Incident, Report, AccessCode, Draft):
        assert code not in str(list(model.objects.values()))


def test_a_page_that_says_too_little_goes_on_where_it_stopped(visitor, checked):
    answers = json.loads(checked["reponses"])
    del answers["answers"]["travail"]

    another = Client()
    held = {**checked, "reponses": json.dumps(answers)}
    response = another.post("/signaler/envoi/", held)

    assert response["Location"] == "/signaler/travail/"
    assert Incident.objects.count() == 0
    another.post("/signaler/travail/", {"travail": "normal"})
    assert 'name="envoi" value="' + checked["envoi"] in text_of(
        another.get("/signaler/verification/")
    )


def test_a_retry_without_its_answers_still_shows_the_code(visitor, checked):
    first = post(visitor, checked)

    assert code_in(post(visitor, checked, reponses="")) == code_in(first)


@pytest.mark.parametrize(
    "answers",
    [
        {"kind": ["commune"]},
        {"kind": {"a": "b"}},
        {"quoi": "rancongiciel"},
        {"travail": 3},
        {"contact": {"phone": "rappelez-moi"}},
        {"contact": {"phone": ["0536491234"]}},
        {"contact": []},
        {"ou": "99999"},
        {"ou": ["32256", {"a": 1}]},
        {"quand": "2050-01-01"},
        {"recit": ["a"]},
        {"recit": "x" * 20_001},
        {"etablissement": "aucun"},
        {"etablissement": ["aucun", "sante"]},
        {"etablissement": [["aucun"]]},
        {"danger": None},
    ],
    ids="-".join,
)
def test_a_forged_answer_is_asked_again_and_files_nothing(visitor, checked, answers):
    held = json.loads(checked["reponses"])
    held["answers"] |= answers

    response = post(visitor, checked, reponses=json.dumps(held))

    assert response["Location"].startswith("/signaler/")
    assert Report.objects.count() == 0


@pytest.mark.parametrize(
    "held",
    ["", "{", "[]", "null", '{"answers":[],"language":"fr"}', "[" * 5000, '"\\ud800"'],
    ids=["empty", "cut", "list", "null", "no-map", "deep", "surrogate"],
)
def test_answers_that_cannot_be_read_begin_the_form_again(visitor, checked, held):
    response = post(visitor, checked, reponses=held)

    assert response["Location"].startswith("/signaler/")
    assert Incident.objects.count() == 0


@pytest.mark.parametrize("language", [["fr"], {"fr": 1}, None, 1, "oc"], ids=repr)
def test_a_language_that_is_none_of_ours_is_read_as_french(visitor, checked, language):
    held = json.loads(checked["reponses"]) | {"language": language}

    assert post(visitor, checked, reponses=json.dumps(held)).status_code == 200
    assert Report.objects.get().language == "fr"


@pytest.mark.parametrize("token", ["", "x", "A" * 32, "0" * 31, "g" * 32])
def test_a_form_without_its_token_is_refused(visitor, checked, token):
    response = post(visitor, checked, envoi=token)

    assert response.status_code == 400
    assert "Cette page a expiré." in text_of(response)
    assert Incident.objects.count() == 0


def test_reading_the_address_of_the_confirmation_helps(visitor, checked):
    post(visitor, checked)

    html = text_of(visitor.client.get("/signaler/envoi/", follow=True))

    assert "Ouvrez votre page de suivi avec votre code." in html


def test_a_private_person_may_leave_no_contact(visitor):
    answers = {"danger": "non", "kind": "particulier", "autrui": "moi", "quoi": "message"}
    answers |= {"quand": "hier", "continue": "non", "argent_parti": "non", "geste": ["rien"]}

    html = text_of(visitor.send(visitor.fill(typed(answers, phone=""))))

    assert Report.objects.get().contact_phone == ""
    assert "Nous lisons votre signalement. 17Cyber vous répond jour et nuit." in html
    assert "Un analyste vous répond avant" not in html


def test_a_form_without_csrf_gives_the_text_back_to_send_again(places):
    visitor = Visitor(Client(enforce_csrf_checks=True))
    visitor.client.get("/signaler/danger/")

    response = visitor.client.post("/signaler/recit/", {"recit": "Mon long récit <b>entier</b>"})

    html = response.content.decode()
    assert response.status_code == 403
    assert response["Cache-Control"] == "no-store"
    assert "Mon long récit &lt;b&gt;entier&lt;/b&gt;</textarea>" in html
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', html)[1]
    again = visitor.client.post(
        "/signaler/recit/", {"recit": "Mon long récit", "csrfmiddlewaretoken": token}
    )
    assert again.status_code == 302
    assert Draft.objects.get().answers == {"recit": "Mon long récit"}


def test_the_last_page_without_csrf_is_given_back_whole(places):
    visitor = Visitor()
    held = visitor.held(visitor.resume(TOWN, text="Tout est bloqué."))
    visitor.client.handler.enforce_csrf_checks = True

    html = visitor.client.post("/signaler/envoi/", held).content.decode()

    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', html))
    given = {name: unescape(value) for name, value in hidden.items()}
    assert given["reponses"] == held["reponses"]
    assert visitor.client.post("/signaler/envoi/", given).status_code == 200
    assert Report.objects.get().text == "Tout est bloqué."


def test_while_the_database_is_away_the_text_is_given_back(visitor, checked, monkeypatch):
    def away(**_):
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(form.drafts, "send", away)

    response = post(visitor, checked)
    html = unescape(response.content.decode())

    assert response.status_code == 503
    assert response["Retry-After"]
    assert "n'a pas été reçu" in html
    assert "Gardez cette page ouverte" in html
    assert checked["reponses"] in html
    monkeypatch.undo()
    assert post(visitor, checked).status_code == 200


def test_the_token_of_one_form_says_nothing_of_another(visitor, checked):
    post(visitor, checked)

    response = post(visitor, checked, envoi=codes.new_token(), reponses="")

    assert response.status_code == 302
    assert Incident.objects.get().reference not in response.content.decode()
