"""The conductor's page and the calls: who sees them, what their buttons do, and nothing of it elsewhere."""

import pytest
from django.utils import translation

from csirt.journal.models import Event
from csirt.kernel import clock
from playbooks.exercises import conducting, panels, queries
from playbooks.exercises.models import Delivery, Play
from tests.intake.test_followup import visit
from tests.people import client_of

CONDUCT, CALLS = "/console/exercice/", "/console/exercice/appels/"
ADDRESSES = (
    CONDUCT, CALLS, "/console/exercice/heure", "/console/exercice/libre/",
    "/console/exercice/bilan/", "/console/exercice/bilan.pdf",
)  # fmt: skip


@pytest.fixture
def chief(exercise, bruno):
    return client_of(bruno)


def press(client, act, **more):
    return client.post(CONDUCT, {"act": act, **more})


@pytest.mark.parametrize("address", ADDRESSES)
def test_elsewhere_there_is_no_such_page(exercise, address, bruno, settings):
    page = client_of(bruno)
    assert page.get(address).status_code == 200
    settings.EXERCISE = False
    assert page.get(address).status_code == 404


@pytest.mark.parametrize("address", ADDRESSES)
def test_who_has_no_right_finds_nothing(exercise, address, eve, emile):
    for somebody in (eve, emile):
        assert client_of(somebody).get(address).status_code == 404


def test_an_analyst_takes_calls_and_does_not_conduct(exercise, alice):
    page = client_of(alice)

    assert [page.get(one).status_code for one in ADDRESSES] == [404, 200, 200, 404, 404, 404]
    assert press(page, "begin").status_code == 404
    assert page.post("/console/exercice/inject/i1/", {"act": "skip"}).status_code == 404
    assert Play.objects.get().state == Play.State.READY


def test_its_buttons_begin_pause_resume_and_end(chief):
    states = []
    for act in ("begin", "pause", "resume", "pause", "resume", "end"):
        assert press(chief, act).status_code == 302
        states.append(Play.objects.get().state)

    assert states == ["running", "paused", "running", "paused", "running", "ended"]
    press(chief, "begin")
    assert Play.objects.get().state == "ended"
    assert "Relisez la page" in chief.get(CONDUCT).content.decode()


def test_the_speed_is_read_as_it_is_written_in_france(chief):
    assert press(chief, "go", speed="1,5").status_code == 302
    assert Play.objects.get().speed == 1.5
    wrong = press(chief, "go", speed="vite")
    assert wrong.status_code == 400
    assert "entre 0,25 et 3600" in wrong.content.decode()
    assert press(chief, "go", speed="100000").status_code == 400
    assert Play.objects.get().speed == 1.5


def test_it_shows_the_next_inject_with_what_is_expected(chief, exercise):
    exercise.begin()
    exercise.until(minutes=4)
    shown = chief.get(CONDUCT).content.decode()

    assert "Dans 2 min d'exercice" in shown.replace("&#x27;", "'")
    assert "READ_EXO.txt" in shown
    assert "Personne n'a décroché." in shown.replace("&#x27;", "'")


def test_an_inject_is_delivered_or_skipped_by_its_button(chief, exercise):
    exercise.begin()
    for inject, act in (("i2", "deliver"), ("i3", "skip"), ("i2", "deliver")):
        answer = chief.post(f"/console/exercice/inject/{inject}/", {"act": act})
        assert answer.status_code == 302

    states = dict(Delivery.objects.values_list("inject", "state"))
    assert (states["i2"], states["i3"], states["i4"]) == ("delivered", "skipped", "waiting")
    assert chief.post("/console/exercice/inject/i99/").status_code == 404


def test_a_button_names_its_inject_and_a_late_press_says_so_and_does_nothing(chief, exercise):
    exercise.begin()
    shown = chief.get(CONDUCT).content.decode()
    assert "Sauter : i2</button>" in shown
    assert 'id="settle-i2" method="post" action="/console/exercice/inject/i2/"' in shown
    exercise.until(minutes=6)
    said = chief.post("/console/exercice/inject/i2/", {"act": "skip"}, follow=True)

    assert "Cet inject est déjà livré ou sauté." in said.content.decode()
    states = dict(Delivery.objects.values_list("inject", "state"))
    assert (states["i2"], states["i3"]) == ("delivered", "waiting")


def test_a_skipped_inject_is_put_back_in_its_place(chief, exercise):
    def press_inject(inject, act):
        address = f"/console/exercice/inject/{inject}/"
        return chief.post(address, {"act": act}, follow=True).content.decode()

    exercise.begin()
    assert "Remettre : i3</button>" in press_inject("i3", "skip")
    for _press in range(2):
        assert "remis à sa place" in press_inject("i3", "back")
    row = exercise.delivery("i3")
    assert (row.state, row.settled_at, row.settled_by) == ("waiting", None, None)
    assert [one.inject for one in queries.waiting()][1:3] == ["i2", "i3"]
    assert Event.objects.filter(kind="inject.put_back").count() == 1

    exercise.until(hours=1)
    assert exercise.delivery("i3").state == "delivered"
    assert "pas sauté" in press_inject("i3", "back")
    assert chief.post("/console/exercice/inject/i99/", {"act": "back"}).status_code == 404
    press_inject("i6", "skip")
    press(chief, "end")
    assert "Remettre" not in press_inject("i6", "back")
    assert exercise.delivery("i6").state == "skipped"


def test_what_the_desk_refused_is_not_put_back(chief, exercise):
    Delivery.objects.filter(inject="i2").update(text="x" * 100_000)
    exercise.begin()
    exercise.until(minutes=6)
    chief.post("/console/exercice/inject/i2/", {"act": "back"})

    assert exercise.delivery("i2").state == "skipped"
    assert "Remettre" not in chief.get(CONDUCT).content.decode()


def test_what_the_desk_refused_is_told_with_its_reason(chief, exercise):
    Delivery.objects.filter(inject="i2").update(text="x" * 100_000)
    exercise.begin()
    exercise.until(minutes=6)

    page = chief.get(CONDUCT).content.decode()
    assert "Inject refusé par le bureau : i2 (invalid" in page
    assert "inject libre" in page


def test_a_free_inject_comes_back_when_it_is_wrong(chief, exercise):
    exercise.begin()
    good = {"channel": "courriel", "org": "cc", "sender": "Le maire", "text": "Et maintenant ?"}
    wrong = chief.post("/console/exercice/libre/", good | {"text": " "})
    assert wrong.status_code == 400
    assert "Le maire" in wrong.content.decode()
    for org in ("", "la-lune", "la\x00lune"):
        assert chief.post("/console/exercice/libre/", good | {"org": org}).status_code == 400
    assert chief.post("/console/exercice/libre/", good).status_code == 302
    assert Delivery.objects.get(free=True).incident is not None


def test_a_free_inject_sent_twice_is_delivered_once(chief, exercise):
    exercise.begin()
    sent = {"channel": "courriel", "org": "cc", "sender": "Le maire", "text": "Et maintenant ?"}
    for text in ("Et maintenant ?", "Et maintenant ?", "Et demain ?"):
        chief.post("/console/exercice/libre/", sent | {"text": text, "envoi": "0" * 32})
    wrong = chief.post("/console/exercice/libre/", {}).content.decode()

    assert Delivery.objects.filter(free=True).count() == 2
    assert all(f'id="f-{name}-error"' in wrong for name in ("channel", "org", "text"))


def test_a_call_is_read_once_it_is_picked_up(exercise, alice):
    exercise.begin()
    exercise.until(minutes=1)
    page = client_of(alice)
    words = "J'ai une feuille sur l'écran".replace("'", "&#x27;")
    before = page.get(CALLS).content.decode()
    page.post(f"{CALLS}i1/")
    after = page.get(CALLS).content.decode()

    assert words not in before
    assert words in after
    assert page.post(f"{CALLS}i2/").status_code == 404
    assert page.get("/console/exercice/heure").json()["ringing"] == 0


def test_the_hour_is_that_of_the_exercise(exercise, alice):
    exercise.begin()
    at = exercise.until(minutes=30)
    told = client_of(alice).get("/console/exercice/heure").json()

    assert told == {"now": int(at.timestamp() * 1000), "speed": 0.0, "ringing": 1}


def test_every_page_bears_the_band(exercise, settings, bruno):
    settings.MODE, settings.EXERCISE_BANNER = "exercise", exercise.known.banner_fr
    page = client_of(bruno)
    for address in (CONDUCT, CALLS, "/", "/signaler/", "/suivi/", "/console/", "/rien", "/kit/"):
        assert exercise.known.banner_fr in page.get(address, follow=True).content.decode(), address


def test_what_may_stand_in_a_scenario_is_never_markup(chief, exercise):
    exercise.begin()
    nasty = "<script>alert(1)</script> http://evil.example/a"
    conducting.inject_free(
        channel="telephone", org="cc", sender=nasty, text=nasty, by=exercise.bruno, now=clock.now()
    )
    chief.post(f"{CALLS}libre-1/")
    for address in (CONDUCT, CALLS, "/console/exercice/bilan/"):
        shown = chief.get(address).content.decode()
        assert "<script>alert" not in shown
        assert "http://evil.example" not in shown


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_clock_of_a_page_has_numbers_that_a_script_reads(language, exercise, rf):
    exercise.begin()
    clock.write(exercise.file, clock.Pace(clock.real(), exercise.start, 1.5))
    with translation.override(language):
        shown = panels.header(rf.get("/console/"), None, exercise.alice)

    assert 'data-speed="1.5"' in shown
    assert f'data-now="{int(exercise.start.timestamp())}' in shown


def test_what_is_kept_as_a_file_says_that_it_is_an_exercise(denise, alice, settings):
    held, desk = visit(denise), client_of(alice)
    text, cacao = "/suivi/telecharger/", "/console/playbooks/rancongiciel/cacao"
    plain = held.get(text).content.decode()
    real = [held.get(text), desk.get(cacao)]
    settings.EXERCISE, settings.EXERCISE_BANNER = True, "EXERCICE\nLES TROIS RIVIÈRES"
    [kept, book] = [held.get(text), desk.get(cacao)]

    assert all('filename="EXERCICE-' not in one["Content-Disposition"] for one in real)
    assert all('filename="EXERCICE-' in one["Content-Disposition"] for one in (kept, book))
    assert not plain.startswith("EXERCICE")
    assert kept.content.decode().startswith("EXERCICE LES TROIS RIVIÈRES\r\n\r\n")
    assert kept["Content-Length"] == str(len(kept.content))
    assert book.content == real[1].content
    assert "Content-Disposition" not in held.get("/suivi/").headers
