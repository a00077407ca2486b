"""The timeline of a case: the journal and dated moments, filtered and paged by the address alone."""

import re
from datetime import timedelta

import pytest

from csirt.accounts.principals import Person
from csirt.kernel.clock import now
from incidents.console import chronology
from incidents.models import DatedEvent, Incident
from incidents.services import casework, dating, following
from tests.console.case import address, fresh, post, qualified, text
from tests.incidents.conftest import follow
from tests.people import agree, client_of, file_case

pytestmark = pytest.mark.django_db(transaction=True)
MOMENT = {
    "dater-day": "2026-11-12",
    "dater-hour": "03:00",
    "dater-zone": "Asia/Tokyo",
    "dater-approximate": "oui",
    "dater-text": "Premier chiffrement vu.",
}


def date(case, user, *, day="2026-11-12", what="Premier chiffrement vu.", **given):
    told = {"hour": "", "zone": "Europe/Paris", "approximate": False} | given
    return dating.date_event(
        incident=case.uuid, by=Person.of(user), day=day, text=what, now=now(), **told
    )


def note(case, user, *, at=None):
    by = Person.of(user)
    casework.add_note(incident=case.uuid, by=by, text="Vu.", now=at or now())


def told(answer):
    """Return the lines of the timeline, in words, the newest first."""
    html = answer.content.decode()
    found = re.search(r'<ol class="timeline">(.*?)</ol>', html, re.DOTALL)
    lines = re.findall(r"<li.*?</li>", found[1], re.DOTALL) if found else []
    return [" ".join(re.sub(r"<[^>]+>", " ", line).split()) for line in lines]


def look(user, case, query=""):
    return client_of(user).get(address(case) + query)


def test_a_moment_stands_where_it_happened_with_what_its_source_said(alice, denise):
    answer = post(alice, denise.incident, "faire", "dater", **MOMENT)

    last = told(answer)[-1]
    assert last == (
        "11/11/2026\xa019:00 Moment daté Approximatif Premier chiffrement vu."
        " Noté 12/11/2026 03:00 (Asia/Tokyo). Alice · Corriger ou retirer Premier chiffrement vu."
    ).replace("\xa0", " ")
    assert 'data-utc="11/11/2026\xa018:00:00\xa0UTC"' in answer.content.decode()


def test_a_day_without_an_hour_is_shown_as_that_day(alice, denise):
    date(denise.incident, alice, zone="Asia/Tokyo")

    line = told(look(alice, denise.incident))[-1]
    assert line.startswith("12/11/2026 Moment daté Premier chiffrement vu. Noté 12/11/2026 (Asia")


def test_a_moment_that_cannot_be_is_said_beside_its_field_and_nothing_is_lost(alice, denise):
    answer = post(alice, denise.incident, "faire", "dater", **MOMENT | {"dater-hour": "27:00"})
    html = answer.content.decode()

    assert answer.status_code == 400
    assert 'href="#f-dater-hour"' in html
    assert 'value="Premier chiffrement vu."' in html
    assert 'value="Asia/Tokyo"' in html
    assert not DatedEvent.objects.exists()


def test_it_is_corrected_taken_off_and_put_back(alice, bruno, denise):
    event = date(denise.incident, alice)
    rest = ("moments", str(event.uuid))
    form = client_of(bruno).get(address(denise.incident, *rest)).content.decode()
    assert 'value="2026-11-12"' in form
    better = MOMENT | {"dater-hour": "03:00:27", "dater-text": "Vu <b>à trois heures</b>."}
    answer = post(bruno, denise.incident, *rest, version=1, **better)
    assert "11/11/2026 19:00:27" in told(answer)[-1]
    assert "Vu &lt;b&gt;à trois heures" in answer.content.decode()

    answer = post(bruno, denise.incident, *rest, "retirer", version=2)
    assert "Moment daté" not in " ".join(told(answer))
    way = re.search(r'class="undo" method="post" action="([^"]+)"', answer.content.decode())[1]
    answer = client_of(bruno).post(way, follow=True)
    assert "19:00:27" in told(answer)[-1]


def test_two_people_correct_the_same_moment_and_no_text_is_lost(alice, bruno, denise):
    event = date(denise.incident, alice)
    rest = ("moments", str(event.uuid))
    post(bruno, denise.incident, *rest, version=1, **MOMENT | {"dater-text": "Celui de Bruno."})
    answer = post(alice, denise.incident, *rest, version=1, **MOMENT | {"dater-text": "D'Alice."})
    said = text(answer)

    assert answer.status_code == 409
    assert "D'Alice." in said
    assert 'value="Celui de Bruno."' in answer.content.decode()
    assert DatedEvent.objects.get().text == "Celui de Bruno."


def test_nobody_reaches_a_moment_by_another_case_or_without_the_right(alice, eve, emile, denise):
    event = date(denise.incident, alice)
    other = file_case().incident
    agree(emile.operators.get(), denise.incident)
    for user, case, expected in (
        (alice, other, 404), (eve, denise.incident, 404), (emile, denise.incident, 403),
        (alice, Incident(), 404),
    ):  # fmt: skip
        for rest in ([], ["retirer"], ["remettre"]):
            way = address(case, "moments", str(event.uuid), *rest)
            assert client_of(user).post(way, {"version": 1, **MOMENT}).status_code == expected
    assert fresh_event(event) == (1, None)


def fresh_event(event):
    row = DatedEvent.objects.get(pk=event.pk)
    return row.version, row.removed_at


def test_it_is_filtered_by_what_who_and_when(alice, bruno, denise):
    case = denise.incident
    qualified(case, Person.of(alice))
    note(case, bruno)
    date(case, alice, day="2026-11-10")
    date(case, bruno, day="2026-11-12", what="Vu par Bruno.")
    following.write_to_victim(
        incident=case.uuid, by=Person.of(alice), token="a" * 32, text="Bonjour.", now=now()
    )

    def lines(query):
        return " | ".join(told(look(alice, case, query)))

    assert "note" not in lines("?groupe=victime")
    assert "Alice a écrit à la victime." in lines("?groupe=victime")
    assert "Bruno a écrit une note interne." in lines("?groupe=equipe")
    assert lines("?groupe=moments").count("Moment daté") == 2
    assert "Bruno" in lines(f"?par={bruno.uuid}")
    assert "Alice" not in lines(f"?par={bruno.uuid}")
    assert "Vu par Bruno." in lines(f"?groupe=moments&par={bruno.uuid}")
    assert lines("?du=2026-11-12&au=2026-11-12").startswith("12/11/2026")
    assert lines("?du=2026-11-11&au=2026-11-11") == ""
    assert "Rien ne répond à ces filtres." in text(
        look(alice, case, "?du=2026-11-11&au=2026-11-11")
    )
    assert lines("?groupe=rien&par=rien&du=0001-01-01&au=9999-12-31&apres=x") == lines("")
    assert "a ouvert le dossier" not in lines("")
    assert "a ouvert le dossier" in lines("?histoire=tout")
    assert "a ouvert le dossier" in lines("?groupe=acces")


def test_pages_show_every_line_once_and_in_order(alice, denise, monkeypatch):
    monkeypatch.setattr(chronology, "PAGE", 7)
    case, same = denise.incident, (now() - timedelta(days=3)).replace(microsecond=0)
    for number in range(16):  # some at the very same moment
        note(case, alice, at=same if number < 9 else now())
    day = f"{same:%Y-%m-%d}"
    for number in range(9):
        date(case, alice, day=day, hour=f"{same:%H:%M:%S}", zone="UTC", what=f"n{number}")
    asked, keys, pages = chronology.Asked(), [], 0
    while True:
        found = chronology.find(case, Person.of(alice), asked)
        keys += [line.key for line in chronology.lines(found, {})]
        pages += 1
        if not found.after:
            break
        asked = chronology.Asked(after=found.after)

    assert pages == 5
    assert len(keys) == len(set(keys)) == 1 + 16 + 9 + 9  # filed, noted; dated, and that it was
    page = look(alice, case)
    assert "Plus ancien" in text(page)
    older = re.search(r'rel="next" href="([^"]+)"', page.content.decode())[1]
    assert "Revenir au plus récent" in text(look(alice, case, older.replace("&amp;", "&")))


def test_what_an_operator_sees_of_it_has_no_form(emile, alice, denise):
    agree(emile.operators.get(), denise.incident)
    date(denise.incident, alice)
    html = look(emile, denise.incident).content.decode()

    assert "Premier chiffrement vu." in html
    assert "Corriger ou retirer" not in html
    assert "Dater un moment" not in html


def test_the_victim_and_the_restricted_case_show_nothing_of_it(alice, bruno, eve, denise, client):
    date(denise.incident, alice, what="zqmarque vu.")
    client.post("/suivi/", {"code": denise.code})
    assert "zqmarque" not in client.get("/suivi/").content.decode()
    casework.restrict(
        incident=denise.incident.uuid, version=fresh(denise.incident).version,
        by=Person.of(alice), people=[], now=now(),
    )  # fmt: skip

    for user in (bruno, eve):
        assert look(user, denise.incident, "?groupe=moments").status_code == 404


def test_the_moments_of_a_duplicate_say_whose_they_are(alice, denise):
    other = file_case()
    date(other.incident, alice, what="Vu chez le voisin.")
    follow("merge", other.incident, alice, into=denise.incident.uuid)

    line = told(look(alice, denise.incident))[-1]
    assert "Vu chez le voisin." in line
    assert other.reference in line
