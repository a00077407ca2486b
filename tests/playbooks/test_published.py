"""A published version is what the public pages say and new cases begin with; older ones keep theirs."""

import threading
from dataclasses import replace

import pytest
from django.db import connection
from django.test import Client

from csirt.directory import reference
from csirt.directory.desk import values
from csirt.directory.models import DeskSetting, ReferenceVersion
from csirt.kernel.clock import now
from csirt.reference.bundle import read_playbook, shipped
from incidents.services import papers
from incidents.services.loading import bundle_of
from playbooks import queries
from playbooks.domain.writing import written
from tests.directory.settings import WEEK, put
from tests.intake.test_followup import visit
from tests.intake.test_followup_gestures import tick, ticks
from tests.intake.test_form_pages import text_of
from tests.people import client_of, file_case
from tests.playbooks.test_editing import changed, draft, propose, publish, send

pytestmark = pytest.mark.django_db(transaction=True)
NAME = "rancongiciel"
FIRST = "Débranchez le câble du réseau."


def published(alice, bruno, first=FIRST, name=NAME):
    book = queries.in_force(name).playbook
    lines = {
        "first_minutes_fr": (first, *book.first_minutes_fr[1:]),
        "first_minutes_en": ("Unplug the network cable.", *book.first_minutes_en[1:]),
    }
    return publish(bruno, propose(alice, changed(alice, draft(alice, name), **lines)))


def printed():
    return text_of(Client().get(f"/gestes/{NAME}/"))


def test_the_public_pages_say_the_gestures_that_were_published(alice, bruno):
    assert FIRST not in printed()
    published(alice, bruno)

    assert FIRST in printed()
    assert "Unplug the network cable." in text_of(
        Client(HTTP_ACCEPT_LANGUAGE="en").get(f"/gestes/{NAME}/")
    )
    assert FIRST in text_of(visit(file_case()).get("/suivi/"))


def test_a_draft_or_a_refused_version_changes_nothing(alice):
    propose(
        alice,
        changed(alice, draft(alice, NAME), first_minutes_fr=(FIRST,), first_minutes_en=("x",)),
    )

    assert FIRST not in printed()
    assert reference.current().sha256 == shipped().sha256


def test_a_case_keeps_the_version_that_it_began_with(alice, bruno):
    old = file_case().incident
    published(alice, bruno)
    new = file_case().incident

    assert bundle_of(old).sha256 == shipped().sha256
    assert bundle_of(new).playbooks[NAME].first_minutes_fr[0] == FIRST
    published(alice, bruno, "Coupez le réseau.")
    assert bundle_of(new).playbooks[NAME].first_minutes_fr[0] == FIRST
    assert reference.current().playbooks[NAME].first_minutes_fr[0] == "Coupez le réseau."


def test_the_desk_reads_the_words_that_were_shown_when_they_were_ticked(denise, alice, bruno):
    before = shipped().playbooks[NAME].first_minutes_fr[0]
    client = visit(denise)
    tick(client, "1")
    published(alice, bruno)
    assert ticks(client) == []  # other words: they are asked anew
    tick(client, "1", "2")
    published(alice, bruno, "Coupez le réseau.")

    said = text_of(client_of(alice).get(f"/console/dossiers/{denise.incident.uuid}/"))
    assert f": 1. {before}" in said
    assert f": 1. {FIRST} 2. " in said
    done = papers.done(denise.incident)
    assert done[:2] == [before, FIRST]


def test_what_somebody_was_shown_before_any_case_was_filed_is_kept(alice, bruno):
    assert not ReferenceVersion.objects.exists()
    published(alice, bruno)

    assert ReferenceVersion.objects.filter(sha256=shipped().sha256).exists()


def test_the_library_taken_again_says_its_gestures_again(alice, bruno):
    from playbooks.services import editing
    from tests.playbooks.desk import of

    published(alice, bruno)
    publish(bruno, editing.take_library(playbook=NAME, by=of(alice), now=now()))

    assert FIRST not in printed()
    assert DeskSetting.objects.filter(current=True).count() == 1


def test_a_playbook_from_outside_has_its_public_page(alice, bruno):
    book = replace(
        shipped().playbooks["hameconnage"], id="appel-frauduleux", title_fr="Appel frauduleux",
        first_minutes_fr=(FIRST,), first_minutes_en=("Unplug.",), version="1",
    )  # fmt: skip
    text = written(book).replace("- id: ", "- id: app-")
    send(client_of(alice), text)
    row = queries.editions("appel-frauduleux", _of(alice)).get()
    assert Client().get("/gestes/appel-frauduleux/").status_code == 404
    publish(bruno, propose(alice, queries.edition(_of(alice), row.uuid)))

    assert FIRST in text_of(Client().get("/gestes/appel-frauduleux/"))


def _of(user):
    from tests.playbooks.desk import of

    return of(user)


def test_settings_of_the_desk_hold_for_cases_of_an_older_version_too(denise, alice, bruno, ada):
    put(ada, "hours", **WEEK)
    published(alice, bruno)

    assert bundle_of(denise.incident).sha256 == shipped().sha256
    assert bundle_of(denise.incident).service_hours == reference.current().service_hours
    assert bundle_of(denise.incident).service_hours != shipped().service_hours


def test_a_version_that_an_update_no_longer_allows_is_left_out(alice, bruno):
    published(alice, bruno)
    row = DeskSetting.objects.get(current=True)
    row.value = {"text": row.value["text"].replace("role: decideur", "role: disparu", 1)}
    row.save()
    values.forget()

    assert reference.current().sha256 == shipped().sha256
    assert FIRST not in printed()


def test_exercises_stay(alice, bruno):
    published(alice, bruno)

    assert reference.current().exercises == shipped().exercises
    assert read_playbook(queries.in_force(NAME).text).first_minutes_fr[0] == FIRST


def test_of_two_that_are_published_at_once_the_last_is_in_force(alice, bruno):
    rows = []
    for author, first in ((alice, FIRST), (bruno, "Coupez le réseau.")):
        book = queries.in_force(NAME).playbook
        lines = {
            "first_minutes_fr": (first, *book.first_minutes_fr[1:]),
            "version": str(len(rows) + 1),
        }
        rows.append(propose(author, changed(author, draft(author, NAME), **lines)))
    start, failed = threading.Barrier(2), []

    def put_in_force(row):
        start.wait()
        try:
            publish(bruno, row)
        except Exception as error:  # noqa: BLE001 - whatever it is fails the test
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=put_in_force, args=(row,)) for row in rows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    values.forget()

    assert failed == []
    assert DeskSetting.objects.filter(current=True).count() == 1
    assert DeskSetting.objects.count() == 2
