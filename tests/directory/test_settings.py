"""What admins set: typed as a person writes, in force at once, every version kept."""

import pytest
from django.test import Client

from csirt.accounts.principals import Person
from csirt.directory import reference, services
from csirt.directory.desk import reached, values
from csirt.directory.desk.sorts import sort_of
from csirt.directory.models import DeskSetting
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from csirt.reference.bundle import shipped
from csirt.reference.hours import in_words
from tests.directory.settings import ADDRESS, REPLY, WEEK, put, version_on
from tests.people import client_of

pytestmark = pytest.mark.django_db
NAMES = ["hours", "numbers", "warnings", "page.accueil", "page.suivi", "mail.nouveau",
         "mail.recu-aide", "mail.equipe", "reply.cloture"]  # fmt: skip


def page(user, address=ADDRESS):
    return client_of(user).get(address).content.decode()


def send(user, name, **fields):
    return client_of(user).post(f"{ADDRESS}{name}/", {"version": "0", **fields})


@pytest.mark.parametrize("name", NAMES)
def test_what_the_product_comes_with_may_be_saved_as_it_is(ada, name):
    sort = sort_of(name)
    shown = sort.shown(sort.shipped())

    assert sort.read(shown) == sort.shipped()
    assert send(ada, name, **shown).status_code == 302
    assert not DeskSetting.objects.exists()


def test_the_list_says_who_changed_what_last(ada):
    assert "comme livré" in page(ada)
    put(ada, "hours", **WEEK)

    html = page(ada)
    assert f'href="{ADDRESS}hours/"' in html
    assert str(ada.name) in html


@pytest.mark.parametrize(
    "written",
    ["9 h-12 h 30, 14 h-17 h 30", "9h-12h30 et 14h-17h30", "09:00-12:30 14:00-17:30",
     "9 h à 12 h 30, 14 h à 17 h 30", "9:00 to 12:30 and 14:00 to 17:30"],
)  # fmt: skip
def test_hours_are_read_as_people_write_them(written):
    value = sort_of("hours").read({**WEEK, "mon": written})

    assert value["week"][0] == [["09:00", "12:30"], ["14:00", "17:30"]]


@pytest.mark.parametrize(
    "written",
    ["9 h", "12 h-9 h", "25 h-26 h", "9 h 75-10 h", "le matin", "9 h-12 h, 11 h-14 h", "{{7*7}}"],
)
def test_hours_that_are_none_come_back_with_what_was_typed(ada, written):
    response = send(ada, "hours", **{**WEEK, "mon": written})

    assert response.status_code == 400
    assert '<a href="#f-mon">' in response.content.decode()
    assert not DeskSetting.objects.exists()


@pytest.mark.parametrize(
    ("written", "first", "last", "hours"),
    [
        ("24/12/2026", "2026-12-24", "2026-12-24", []),
        ("24/12/2026 - 02/01/2027", "2026-12-24", "2027-01-02", []),
        ("2026-12-24 au 2027-01-02", "2026-12-24", "2027-01-02", []),
        ("31/12/2026 : 9 h-12 h", "2026-12-31", "2026-12-31", [["09:00", "12:00"]]),
    ],
)
def test_days_are_read_as_people_write_them(written, first, last, hours):
    value = sort_of("hours").read({**WEEK, "days": written})
    again = sort_of("hours").read(sort_of("hours").shown(value))

    assert value["days"] == [{"from": first, "to": last, "hours": hours}]
    assert again == value


@pytest.mark.parametrize(
    "written",
    ["demain", "30/02/2026", "02/01/2027 - 24/12/2026", "24/12/2026\n24/12/2026",
     "01/01/2026 - 31/12/2027", "24/12/2026 : le matin"],
)  # fmt: skip
def test_days_that_are_none_are_refused_with_their_box(written):
    with pytest.raises(Invalid) as refused:
        sort_of("hours").read({**WEEK, "days": written})
    assert list(refused.value.fields) == ["days"]


def test_a_service_that_never_opens_is_refused():
    with pytest.raises(Invalid):
        sort_of("hours").read({"holidays": "oui"})


def test_hours_are_in_force_at_once_and_the_files_stay(ada):
    put(ada, "hours", **WEEK)

    assert in_words(reference.current().service_hours, "fr") == "lundi-vendredi 9 h-12 h"
    assert reference.current().service_hours.opening_day.seconds == 3 * 3600
    assert "17 h 30" in in_words(shipped().service_hours, "fr")
    assert reference.current_version().sha256 == shipped().sha256
    assert "lundi-vendredi 9 h-12 h." in Client().get("/").content.decode().replace("\xa0", " ")


def test_a_change_is_an_event_and_a_version_with_its_author(ada):
    put(ada, "hours", **WEEK)
    put(ada, "hours", **WEEK, sat="9 h-10 h", version=1)

    rows = DeskSetting.objects.order_by("number")
    assert [(row.number, row.current, row.by) for row in rows] == [(1, False, ada), (2, True, ada)]
    events = Event.objects.filter(kind="setting.changed").order_by("seq")
    assert [event.data for event in events] == [
        {"setting": "hours", "number": 1}, {"setting": "hours", "number": 2},
    ]  # fmt: skip


def test_the_same_again_is_nothing(ada):
    put(ada, "hours", **WEEK)
    put(ada, "hours", **WEEK)

    assert DeskSetting.objects.count() == 1


def test_two_at_once_and_what_was_typed_is_not_lost(ada):
    put(ada, "hours", **WEEK)
    response = send(ada, "hours", **{**WEEK, "mon": "10 h-11 h"})
    html = response.content.decode()

    assert response.status_code == 409
    assert "Quelqu&#x27;un vient de changer ce réglage." in html
    assert 'value="10 h-11 h"' in html
    assert version_on(html) == "1"
    assert DeskSetting.objects.count() == 1
    with pytest.raises(Conflict):
        put(ada, "hours", **{**WEEK, "mon": "10 h-11 h"})


def test_an_older_version_comes_back_as_a_new_one(ada):
    put(ada, "hours", **WEEK)
    put(ada, "hours", **{**WEEK, "mon": "10 h-11 h"}, version=1)
    assert "Revenir à la version 1" in page(ada, f"{ADDRESS}hours/")

    assert send(ada, "hours", version="2", back="1").status_code == 302
    assert in_words(reference.current().service_hours, "fr") == "lundi-vendredi 9 h-12 h"
    send(ada, "hours", version="3", back="0")
    assert reference.current().service_hours == shipped().service_hours
    assert DeskSetting.objects.count() == 4
    assert send(ada, "hours", version="4", back="99").status_code == 404


def test_a_preview_saves_nothing(ada):
    response = send(ada, "reply.cloture", **REPLY, do="preview")
    html = response.content.decode()

    assert "Bonjour, OCC-2026-0142." in html
    assert "Hello, OCC-2026-0142." in html
    assert not DeskSetting.objects.exists()


def test_numbers_are_shown_at_once(ada, settings):
    put(ada, "numbers", phone="05 61 00 00 01", note_fr="Prix d'un appel local",
        note_en="Price of a local call", email="desk@exemple.fr")  # fmt: skip
    french = Client().get("/").content.decode().replace("\xa0", " ")
    english = Client(headers={"accept-language": "en"}).get("/").content.decode()

    assert "05 61 00 00 01" in french
    assert settings.DESK_PHONE not in french
    assert "Prix d&#x27;un appel local, lundi-vendredi" in french
    assert "Price of a local call, Monday-Friday" in english
    assert reference.current().contacts["cyberocc"].phone == reached.numbers().phone


@pytest.mark.parametrize(
    "fields", [{"phone": ""}, {"phone": "abc"}, {"email": "x"}, {"note_en": ""}]
)
def test_numbers_that_are_none_are_refused(ada, fields):
    with pytest.raises(Invalid):
        put(ada, "numbers", **fields)
    assert reached.numbers() == reached.from_settings()


def test_a_word_on_a_page_is_text_in_both_languages(ada):
    put(ada, "page.accueil", fr="Vague en cours.\n<b>Appelez le {numero}</b> {{7*7}}", en="A wave.")
    french = Client().get("/").content.decode()

    assert "Vague en cours.<br>&lt;b&gt;Appelez le 0 800 71 13 13&lt;/b&gt; {{7*7}}" in french
    assert "A wave." in Client(headers={"accept-language": "en"}).get("/").content.decode()
    put(ada, "page.accueil", fr="", en="", version=1)
    assert "Vague" not in Client().get("/").content.decode()


@pytest.mark.parametrize("typed", [{"fr": "Un mot."}, {"fr": "{reference}", "en": "x"}])
def test_a_word_in_one_language_or_with_an_unknown_placeholder_is_refused(ada, typed):
    with pytest.raises(Invalid):
        put(ada, "page.accueil", **typed)


@pytest.mark.parametrize("who", ["alice", "bruno", "chloe", "eve", "emile"])
@pytest.mark.parametrize("name", ["", "hours/", "reponse"])
def test_only_admins_find_the_settings(request, who, name):
    user = request.getfixturevalue(who)

    assert client_of(user).get(ADDRESS + name).status_code == 404
    assert client_of(user).post(ADDRESS + name, {"version": "0", **WEEK}).status_code in {404, 405}
    assert 'href="/console/reglages/"' not in page(user, "/console/")
    assert not DeskSetting.objects.exists()


def test_eve_changes_nothing_through_the_service_either(eve, bruno):
    for user in (eve, bruno):
        with pytest.raises(NotAllowed):
            put(user, "hours", **WEEK)


@pytest.mark.parametrize("name", ["x", "page.x", "mail.x", "reply.X", "reply.", "reply.r-00000000"])
def test_what_cannot_be_set_does_not_exist(ada, name):
    assert client_of(ada).get(f"{ADDRESS}{name}/").status_code == 404


def test_a_name_of_no_setting_is_refused_by_the_service(ada):
    with pytest.raises(NotFound):
        services.change_setting(name="x", version=0, typed={}, by=Person.of(ada), now=now())


def test_without_a_database_what_was_known_still_holds(ada, monkeypatch):
    put(ada, "numbers", phone="05 61 00 00 01", email="desk@exemple.fr")
    values.known()
    monkeypatch.setattr(values, "_held", values._Held(values._held.known, 0))

    class Away:
        def filter(self, **_wanted):
            from django.db import OperationalError

            raise OperationalError

    monkeypatch.setattr(DeskSetting, "objects", Away())
    assert reached.numbers().phone.endswith("01")
    values.forget()
    assert reached.numbers() == reached.from_settings()
