"""Moving through the form: one page at a time, nothing lost, danger and first gestures first."""

import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.test import Client

from incidents.models import Draft, Incident
from tests.intake.conftest import MONDAY, Visitor, typed

TOWN = {
    "danger": "non",
    "kind": "commune",
    "autrui": "moi",
    "quoi": "fichiers",
    "quand": "hier",
    "continue": "oui",
    "combien": "un",
    "travail": "normal",
    "infos_gens": "non",
    "argent_parti": "non",
    "etablissement": ["aucun"],
}


def text_of(response):
    return unescape(response.content.decode()).replace("\u00a0", " ")


def test_it_begins_with_the_first_question(visitor):
    response = visitor.client.get("/signaler/")

    assert response["Location"] == "/signaler/danger/"


def test_reading_a_page_keeps_nothing(visitor):
    visitor.client.get("/signaler/danger/")

    assert Draft.objects.count() == 0


def test_an_answer_leads_to_the_next_page_and_is_kept(visitor):
    response = visitor.client.post("/signaler/danger/", {"danger": "non"})

    assert response["Location"] == "/signaler/qui/"
    assert Draft.objects.get().answers == {"danger": "non"}


def test_the_cookie_is_a_random_secret_that_scripts_and_other_sites_do_not_get(visitor):
    cookie = visitor.client.post("/signaler/danger/", {"danger": "non"}).cookies["brouillon"]

    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", cookie.value)
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie.value not in str(Draft.objects.values())


def test_no_answer_is_said_at_the_top_and_at_the_question(visitor):
    html = text_of(visitor.client.post("/signaler/danger/", {}))

    assert "<title>Erreur : Quelqu'un est-il en danger" in html
    assert html.index("Il y a un problème") < html.index("<h1>")
    assert '<a href="#f-danger">Choisissez une réponse.' in html
    assert Draft.objects.count() == 0


def test_every_answer_but_one_is_given_back_with_an_error(visitor):
    visitor.client.post("/signaler/danger/", {"danger": "non"})

    html = text_of(visitor.client.post("/signaler/qui/", {"kind": "epci"}))

    assert re.search(r'value="epci" checked', html)
    assert '<a href="#f-autrui">' in html


def test_going_back_shows_the_answer(visitor):
    visitor.client.post("/signaler/danger/", {"danger": "nsp"})

    assert 'href="/signaler/danger/"' in text_of(visitor.client.get("/signaler/qui/"))
    assert 'value="nsp" checked' in text_of(visitor.client.get("/signaler/danger/"))


def test_jumping_ahead_leads_to_the_page_that_is_open(visitor):
    visitor.client.post("/signaler/danger/", {"danger": "non"})

    for name in ("contact", "recit", "verification"):
        response = visitor.client.get(f"/signaler/{name}/")
        assert response["Location"] == "/signaler/qui/"


def test_a_page_that_does_not_exist_is_not_found(visitor):
    assert visitor.client.get("/signaler/mot-de-passe/").status_code == 404
    assert visitor.client.get("/signaler/suite-fait/").status_code == 404


def test_two_pages_saved_in_two_tabs_both_stay(visitor):
    visitor.resume(TOWN)

    visitor.client.post("/signaler/travail/", {"travail": "non"})
    visitor.client.post("/signaler/infos_gens/", {"infos_gens": "sensibles"})

    answers = Draft.objects.get().answers
    assert (answers["travail"], answers["infos_gens"]) == ("non", "sensibles")


def test_a_changed_answer_leads_straight_back_to_the_check(visitor):
    checked = text_of(visitor.resume(TOWN))
    assert 'href="/signaler/travail/?retour=1"' in checked

    page = text_of(visitor.client.get("/signaler/travail/?retour=1"))
    assert 'action="/signaler/travail/?retour=1"' in page
    response = visitor.client.post("/signaler/travail/?retour=1", {"travail": "gene"})

    assert response["Location"] == "/signaler/verification/"


def test_a_change_that_opens_questions_asks_them_before_the_check(visitor):
    visitor.resume(TOWN)

    response = visitor.client.post("/signaler/quoi/?retour=1", {"quoi": "message"})
    assert response["Location"] == "/signaler/geste/?retour=1"
    response = visitor.client.post("/signaler/geste/?retour=1", {"geste": ["rien"]})

    assert response["Location"] == "/signaler/verification/"


def test_an_answer_that_no_longer_counts_comes_back_when_it_counts_again(visitor):
    visitor.resume(TOWN)

    visitor.client.post("/signaler/quoi/", {"quoi": "site"})
    assert "Combien d'ordinateurs" not in text_of(visitor.client.get("/signaler/verification/"))
    visitor.client.post("/signaler/quoi/", {"quoi": "fichiers"})

    assert "Combien d'ordinateurs" in text_of(visitor.client.get("/signaler/verification/"))


def test_the_check_shows_each_answer_in_words(visitor):
    values = typed(TOWN, text="Tout est bloqué.") | {"organisme": ["Mairie d'Exemple"]}

    html = text_of(visitor.fill(values))

    for words in (
        "Mes fichiers ne s'ouvrent plus",
        "Hier",
        "Mirande (32300, Gers)",
        "Mairie d'Exemple",
        "05 36 49 12 34",
        "Tout est bloqué.",
        "Rien n'est envoyé tant que vous n'appuyez pas sur le bouton.",
        "Envoyer mon signalement",
    ):
        assert words in html
    assert Incident.objects.count() == 0


def test_the_first_page_shows_them_all_before_it_asks_anything(visitor):
    html = text_of(visitor.client.get("/signaler/danger/"))

    for number in ("17", "15", "112", "119", "3114", "3018"):
        assert html.index(f'href="tel:{number}"') < html.index("<h1>")
    assert html.index('href="sms:114"') < html.index("<h1>")


def test_without_danger_they_are_gone(visitor):
    html = text_of(visitor.client.post("/signaler/danger/", {"danger": "non"}, follow=True))

    assert "Danger ?" not in html


@pytest.mark.parametrize("answer", ["oui", "nsp"])
def test_a_child_in_danger_has_its_numbers_too(visitor, answer):
    html = text_of(visitor.client.post("/signaler/danger/", {"danger": answer}, follow=True))

    for link in ("tel:119", "tel:3018", "sms:114"):
        assert f'href="{link}"' in html


def test_danger_shows_the_emergency_numbers_before_the_next_question(visitor):
    html = text_of(visitor.client.post("/signaler/danger/", {"danger": "oui"}, follow=True))

    assert html.index('href="tel:17"') < html.index("<h1>")
    assert "Appelez le 17, le 15 ou le 112." in html


def test_the_emergency_numbers_stay_in_sight(visitor):
    visitor.client.post("/signaler/danger/", {"danger": "oui"})
    page = {"kind": "commune", "autrui": "moi"}

    html = text_of(visitor.client.post("/signaler/qui/", page, follow=True))

    assert html.index("Danger ? Appelez :") < html.index("<h1>")
    assert 'href="tel:3114"' in html


def test_the_first_gestures_are_shown_as_soon_as_one_knows_what_happens(visitor):
    visitor.client.post("/signaler/danger/", {"danger": "non"})
    visitor.client.post("/signaler/qui/", {"kind": "commune", "autrui": "moi"})

    html = text_of(visitor.client.post("/signaler/quoi/", {"quoi": "fichiers"}, follow=True))

    assert html.index("Débranchez la box") < html.index("Ne payez pas") < html.index("<h1>")


def test_the_first_gestures_can_be_seen_again_on_each_later_page(visitor):
    visitor.fill(typed(TOWN))

    for path, html in visitor.html.items():
        if path in {"/signaler/contact/", "/signaler/recit/", "/signaler/travail/"}:
            assert "Revoir les premiers gestes" in html


def test_words_of_distress_bring_a_helpline_before_sending(visitor):
    html = text_of(visitor.resume(TOWN, text="Je veux en finir, je n'en peux plus."))

    assert html.index("Le 3114 répond jour et nuit") < html.index("<h1>")
    assert "Envoyer mon signalement" in html


def test_the_desk_says_how_long_a_draft_is_kept(visitor):
    visitor.client.post("/signaler/danger/", {"danger": "non"})

    assert "gardées 24 heures, puis effacées" in text_of(visitor.client.get("/signaler/qui/"))


def test_a_draft_can_be_deleted(visitor):
    visitor.client.post("/signaler/danger/", {"danger": "non"})

    assert "Un signalement est déjà commencé" in text_of(visitor.client.get("/signaler/"))
    assert visitor.client.get("/signaler/effacer/").status_code == 200
    assert Draft.objects.count() == 1
    response = visitor.client.post("/signaler/effacer/")

    assert response["Location"] == "/"
    assert Draft.objects.count() == 0
    assert visitor.client.get("/signaler/")["Location"] == "/signaler/danger/"


def test_a_draft_ends_after_24_hours(visitor):
    with time_machine.travel(MONDAY, tick=False):
        visitor.client.post("/signaler/danger/", {"danger": "non"})
    with time_machine.travel(MONDAY + timedelta(hours=24, seconds=1), tick=False):
        assert visitor.client.get("/signaler/qui/")["Location"] == "/signaler/danger/"
        Visitor().client.post("/signaler/danger/", {"danger": "oui"})

    assert [draft.answers for draft in Draft.objects.all()] == [{"danger": "oui"}]


def test_a_text_typed_on_an_expired_page_is_kept(visitor):
    """The phone slept for a day: the answers are gone, the words are not."""
    with time_machine.travel(MONDAY, tick=False):
        visitor.resume(TOWN)
    with time_machine.travel(MONDAY + timedelta(hours=25), tick=False):
        response = visitor.client.post("/signaler/recit/", {"recit": "Un long récit."})

        assert response["Location"] == "/signaler/danger/?note=expire"
        html = text_of(visitor.client.get(response["Location"]))
        assert "Ce que vous venez d'écrire est gardé." in html
        visitor.client.post("/signaler/danger/", {"danger": "non"})
        visitor.client.post("/signaler/qui/", {"kind": "commune", "autrui": "moi"})
        assert Draft.objects.get().answers["recit"] == "Un long récit."


def test_a_text_corrected_after_the_draft_went_is_kept_and_said(visitor):
    """Two tabs: one sends, the other comes from the page where answers are checked."""
    response = visitor.client.post("/signaler/recit/?retour=1", {"recit": "Un long récit."})

    assert response["Location"] == "/signaler/danger/?retour=1&note=expire"
    assert "Ce que vous venez d'écrire est gardé." in text_of(
        visitor.client.get(response["Location"])
    )


def test_another_device_sees_nothing_of_a_draft(visitor):
    visitor.resume(TOWN, text="secret de Denise")
    eve = Client()

    assert eve.get("/signaler/")["Location"] == "/signaler/danger/"
    assert "secret de Denise" not in text_of(eve.get("/signaler/verification/"))


@pytest.mark.parametrize("secret", ["x", "é" * 43, "../" * 20, "A" * 43])
def test_a_secret_that_nobody_gave_opens_nothing(visitor, secret):
    visitor.resume(TOWN)
    eve = Client()
    eve.cookies["brouillon"] = secret

    assert "Aucun brouillon" in text_of(eve.get("/signaler/verification/"))


def test_a_typed_date_counts_more_than_the_answer_beside_it(visitor):
    with time_machine.travel(MONDAY, tick=False):
        values = typed(TOWN) | {"quand_date": ["22/11/2026"], "quand_heure": ["16h25"]}

        html = text_of(visitor.fill(values))
        page = text_of(visitor.client.get("/signaler/moment/"))

    assert "22/11/2026 16h25" in html
    assert 'value="22/11/2026"' in page


@pytest.mark.parametrize(
    "date, sentence",
    [
        ("31/02/2026", "Cette date n'existe pas."),
        ("demain", "Écrivez la date comme ceci"),
        ("24/12/2026", "Cette date est dans l'avenir."),
        ("22/11/1926", "Cette date est trop ancienne."),
        ("99999999999999999999", "Écrivez la date comme ceci"),
    ],
)
def test_a_wrong_date_is_said_beside_its_box(visitor, date, sentence):
    with time_machine.travel(MONDAY, tick=False):
        visitor.resume(TOWN)
        page = {"quand_date": date, "continue": "oui"}

        html = text_of(visitor.client.post("/signaler/moment/", page))

    assert f'<a href="#f-quand_date">{sentence}' in html
    assert f'value="{date}"' in html


@pytest.mark.parametrize(
    "page", ["/signaler/danger/", "/signaler/qui/", "/signaler/verification/", "/suivi/"]
)
def test_no_page_is_kept_by_a_cache(visitor, page):
    visitor.resume(TOWN)

    assert visitor.client.get(page)["Cache-Control"] == "no-store"


def test_only_reading_and_answering_are_possible(visitor):
    for path in ("/signaler/danger/", "/signaler/envoi/", "/suivi/"):
        for method in ("put", "patch", "delete"):
            assert getattr(visitor.client, method)(path).status_code == 405
    assert visitor.client.post("/").status_code == 405
