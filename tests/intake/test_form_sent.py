"""After sending: the code is noted before the way on, kept as a file, and the law's hours are said."""

import io
import re

import pytest
import time_machine
from django.test import Client

from csirt.journal.models import Event
from csirt.kernel import codes
from csirt.web import pdf
from incidents.intake import device, paper
from incidents.models import Incident
from tests.intake.conftest import MONDAY, SUNDAY
from tests.intake.test_form_pages import TOWN, text_of
from tests.intake.test_form_sending import CODE

needs_pango = pytest.mark.skipif(not paper.can_draw(), reason="Pango is not installed")
KEPT, NOTED = "/signaler/envoi/copie/", "/signaler/envoi/note/"
CITIZEN = {"kind": "particulier", "danger": "non", "autrui": "moi", "quand": "hier"}


@pytest.fixture
def sent(visitor):
    """What was shown, and the form's token."""
    with time_machine.travel(MONDAY, tick=False):
        held = visitor.held(visitor.resume(TOWN, text="Tout est bloqué."))
        response = visitor.client.post("/signaler/envoi/", held)
        yield visitor.client, held["envoi"], text_of(response)


def confirmation(visitor, answers, *, at=MONDAY, text=""):
    with time_machine.travel(at, tick=False):
        return text_of(visitor.send(visitor.resume(answers, text=text)))


def test_the_way_on_asks_that_the_code_is_noted(sent):
    client, token, html = sent
    code = CODE.search(html)[0]
    assert "J'ai noté mon code" in html

    again = text_of(client.post(NOTED, {"envoi": token}))

    assert '<a href="#f-note">Notez votre code, puis cochez la case.' in again
    assert again.count("<title>Erreur") == 1
    assert CODE.search(again)[0] == code
    assert Event.objects.filter(kind="code.noted").count() == 0


def test_noted_it_opens_the_follow_up_page_without_typing_the_code(sent):
    client, token, _ = sent

    response = client.post(NOTED, {"envoi": token, "note": "oui"})

    assert response["Location"] == "/suivi/"
    assert Incident.objects.get().reference in text_of(client.get("/suivi/"))


def test_the_desk_reads_once_that_it_is_noted(sent):
    client, token, _ = sent
    for _ in range(2):
        client.post(NOTED, {"envoi": token, "note": "oui"})

    assert Event.objects.get(kind="code.noted").actor == "victim"


@pytest.mark.parametrize("path", [KEPT, NOTED])
@pytest.mark.parametrize("token", ["", "x", "0" * 32])
def test_who_does_not_hold_the_form_gets_nothing(sent, path, token):
    eve = Client()

    response = eve.post(path, {"envoi": token, "note": "oui"})

    assert response["Location"] == "/suivi/"
    assert Incident.objects.get().reference not in text_of(eve.get("/suivi/"))
    assert eve.get(path)["Location"] == "/suivi/"


def test_the_text_to_keep_holds_reference_code_gestures_and_contacts(sent):
    client, token, html = sent

    response = client.post(KEPT, {"envoi": token})
    text = response.content.decode()

    reference = Incident.objects.get().reference
    assert response["Content-Disposition"] == f'attachment; filename="{reference}.txt"'
    assert response["Cache-Control"] == "no-store"
    for words in (
        reference,
        CODE.search(html)[0],
        "http://testserver/suivi/",
        "Débranchez la box",
        "Ne payez pas",
        "Un analyste vous répond avant",
        "0 800 71 13 13",
        "C'est un conseil, pas un avis juridique.",
    ):
        assert words in text.replace("\u00a0", " "), words


def test_after_a_day_the_file_holds_no_code(visitor):
    with time_machine.travel(MONDAY, tick=False):
        held = visitor.held(visitor.resume(TOWN))
        visitor.client.post("/signaler/envoi/", held)
    with time_machine.travel(MONDAY.replace(day=25), tick=False):
        answer = visitor.client.post(KEPT, {"envoi": held["envoi"]})

    assert not CODE.search(answer.content.decode())


@pytest.mark.parametrize(
    ("quand", "said"),
    [
        ("maintenant", "Avant jeudi 26 novembre à 10 h 30."),
        ("aujourd_hui", "Avant jeudi 26 novembre à 0 h."),
        ("hier", "Avant mercredi 25 novembre à 0 h."),
        ("2026-11-22T16:25+01:00", "Avant mercredi 25 novembre à 16 h 25."),
    ],
)
def test_the_hours_of_the_law_count_from_the_earliest_moment(visitor, quand, said):
    html = confirmation(visitor, {**TOWN, "quand": quand})

    assert said in html
    assert "Prévenir la CNIL, si des données de gens sont touchées." in html
    assert "pas un avis juridique" in html


@pytest.mark.parametrize("quand", ["avant", "nsp"])
def test_without_a_moment_no_hour_is_said_and_the_page_asks(visitor, quand):
    html = confirmation(visitor, {**TOWN, "quand": quand})

    law = html[html.index("Ce que la loi peut vous demander") :]
    assert "Avant " not in law
    assert "Quand l'avez-vous su ?" in law


def test_the_copy_asks_for_the_moment_too(visitor):
    held = visitor.held(visitor.resume({**TOWN, "quand": "nsp"}))
    visitor.client.post("/signaler/envoi/", held)
    text = text_of(visitor.client.post(KEPT, {"envoi": held["envoi"]}))

    assert "Quand l'avez-vous su ?" in text[text.index("CE QUE LA LOI") :]


def test_an_hour_that_may_have_passed_is_not_hidden(visitor):
    html = confirmation(visitor, {**TOWN, "quand": "2026-11-10"})

    assert "L'heure est peut-être passée. Faites-le quand même." in html


def test_what_does_not_apply_is_not_said(visitor):
    html = confirmation(
        visitor,
        {**CITIZEN, "quoi": "message", "continue": "non", "geste": ["rien"], "argent_parti": "non"},
    )

    assert "Prévenir la CNIL" not in html
    assert "Porter plainte" not in html


def test_a_town_that_paid_calls_its_public_accountant_first(visitor):
    html = confirmation(visitor, {**TOWN, "quoi": "argent", "argent_parti": "moins_72h"})

    assert "Appeler votre comptable public, pour bloquer l'argent." in html


def test_a_town_in_an_emergency_is_given_its_prefecture(visitor):
    html = confirmation(visitor, TOWN, at=SUNDAY)

    assert "Préfecture du Gers" in html
    assert "05 62 61 44 00" in html


def test_distress_words_bring_a_helpline_and_raise_triage(visitor):
    answers = {**TOWN, "quoi": "lent", "travail": "normal"}
    html = confirmation(visitor, answers, text="Je veux en finir.")

    case = Incident.objects.get()
    assert 'href="tel:3114"' in html
    assert (case.priority, case.danger) == ("P1", True)
    assert "idees_noires" in case.assessment["flags"]


def test_words_that_an_analyst_must_confirm_help_at_once_and_decide_nothing(visitor):
    answers = {**TOWN, "quoi": "lent", "travail": "normal"}
    html = confirmation(visitor, answers, text="Il me frappe et je suis en danger.")

    case = Incident.objects.get()
    assert 'href="tel:17"' in html
    assert case.assessment["suspected"] == ["danger_vie"]
    assert case.assessment["flags"] == []


def test_a_story_about_a_child_closes_the_way_for_files_whatever_was_chosen(visitor):
    answers = {**TOWN, "kind": "particulier", "quoi": "message", "geste": ["rien"]}
    html = confirmation(visitor, answers, text="Il veut des photos nues de ma fille de 13 ans.")
    visitor.client.post("/suivi/", {"code": CODE.search(html)[0]})
    page = text_of(visitor.client.get("/suivi/"))

    assert 'type="file"' not in page
    assert "N'envoyez aucune image. Racontez avec des mots." in page
    assert Incident.objects.get().assessment["suspected"] == ["mineur"]


def test_the_code_is_in_no_address_of_the_page(sent):
    _, token, html = sent
    code = CODE.search(html)[0]

    assert codes.is_token(token)
    for address in re.findall(r'(?:href|action)="([^"]*)"', html):
        assert code not in address
        assert token not in address


@needs_pango
def test_the_copy_as_pdf_says_what_the_text_says(sent):
    """Tagged, in the reader's language, and with the code that the page shows."""
    client, token, html = sent
    answer = client.post(KEPT, {"envoi": token, "forme": "pdf"})
    import pypdf

    pdf = pypdf.PdfReader(io.BytesIO(answer.content))
    said = " ".join(" ".join(page.extract_text() for page in pdf.pages).split())

    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].endswith('.pdf"')
    assert answer["Cache-Control"] == "no-store"
    assert pdf.trailer["/Root"]["/Lang"] == "fr"
    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert CODE.search(said)[0] == CODE.search(html)[0]
    text = client.post(KEPT, {"envoi": token}).content.decode()
    for word in text.split():
        assert word.lower() in said.lower()


@needs_pango
def test_without_a_drawing_library_the_text_is_given(sent, monkeypatch):
    client, token, html = sent
    assert "Garder en PDF" in html
    monkeypatch.setattr(pdf, "LIBRARIES", ("libnone.so.0",))
    paper.can_draw.cache_clear()
    try:
        answer = client.post(KEPT, {"envoi": token, "forme": "pdf"})
        page = text_of(client.post(NOTED, {"envoi": token}))
    finally:
        paper.can_draw.cache_clear()

    assert answer["Content-Type"].startswith("text/plain")
    assert "Garder en PDF" not in page
    assert "Garder en texte" in page


def test_a_place_of_care_is_led_to_its_own_door(visitor):
    html = confirmation(visitor, TOWN | {"kind": "association", "etablissement": ["sante"]})

    assert 'href="tel:0972439125"' in html


def test_the_retry_of_one_report_leaves_the_next_one_on_the_device(visitor):
    """Twelve communes, one after the other: a page sent again does not lose what is being typed."""
    held = visitor.held(visitor.resume(TOWN))
    visitor.client.post("/signaler/envoi/", held)
    assert (
        device.COOKIE not in visitor.client.cookies
        or not visitor.client.cookies[device.COOKIE].value
    )
    visitor.client.post("/signaler/danger/", {"danger": "non"})
    kept = visitor.client.cookies[device.COOKIE].value

    visitor.client.post("/signaler/envoi/", held)

    assert visitor.client.cookies[device.COOKIE].value == kept
    assert "Un signalement est déjà commencé" in text_of(visitor.client.get("/signaler/"))
