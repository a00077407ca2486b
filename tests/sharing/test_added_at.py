"""``added_at``: whole milliseconds, strictly rising in commit order, never in the future."""

import threading
import time

import pytest
from django.db import connection, connections

from api.models import Collection, Preview, Release, Share
from api.sharing import publisher, tasks
from api.sharing.facts import facts_of
from api.sharing.previews import sha256_of
from api.stix import writing
from csirt.kernel.clock import now
from incidents.models import Incident
from tests.sharing.desk import collection, qualified, settled

pytestmark = pytest.mark.django_db(transaction=True)


def bulk(case, by, *collections, count, start=0):
    """Return a release of *count* small objects, approved as if somebody had."""
    case = Incident.objects.get(pk=case.pk)
    lines = [
        writing.built({"type": "ipv4-addr", "spec_version": "2.1", "id": f"ipv4-addr--{n:036}"})
        for n in range(start, start + count)
    ]
    text = writing.bundle(lines)
    preview = Preview.objects.create(
        incident=case,
        requested_by=by,
        status="ready",
        bytes=text,
        sha256=sha256_of(text),
        facts=facts_of(case, collections).digest,
        created_at=now(),
    )
    release = Release.objects.create(
        incident=case, preview=preview, sha256=preview.sha256, tlp=case.tlp, by=by, at=settled()
    )
    release.collections.set(collections)
    return release


def moments(found):
    rows = Share.objects.filter(collection=found).order_by("pk")
    return list(rows.values_list("added_at", flat=True))


def test_it_rises_strictly_and_is_never_in_the_future(alice, bruno):
    green = collection(bruno)
    release = bulk(qualified(alice), alice, green, count=600)

    added, done = publisher.publish_slice(release=release.uuid, seq=1)

    at = moments(green)
    assert (added, done) == (500, False)
    assert at == sorted(set(at))
    assert at[-1] <= publisher.database_milliseconds()
    assert at[-1] - at[0] == 499


def test_a_large_release_goes_on_in_slices(alice, bruno):
    green = collection(bruno)
    release = bulk(qualified(alice), alice, green, count=1_200)
    publisher.publish_slice(release=release.uuid, seq=1)

    tasks.publish_rest.call(str(release.uuid), 1)

    release.refresh_from_db()
    at = moments(green)
    assert release.state == Release.State.PUBLISHED
    assert len(at) == 1_200
    assert at == sorted(set(at))
    assert Collection.objects.get(pk=green.pk).last_added_at == at[-1]


def test_a_job_killed_between_two_slices_neither_loses_nor_doubles(alice, bruno):
    green = collection(bruno)
    release = bulk(qualified(alice), alice, green, count=700)
    publisher.publish_slice(release=release.uuid, seq=1)

    for _again in range(2):
        tasks.publish_rest.call(str(release.uuid), 1)

    assert Share.objects.count() == 700


def test_a_large_release_stops_when_the_case_changes(alice, bruno):
    green, case = collection(bruno), qualified(alice)
    release = bulk(case, alice, green, count=700)
    publisher.publish_slice(release=release.uuid, seq=1)
    Incident.objects.filter(pk=case.pk).update(tlp="red")

    added, done = publisher.publish_slice(release=release.uuid, seq=1)

    release.refresh_from_db()
    assert (added, done, release.state) == (0, True, Release.State.FAILED)


def test_a_clock_set_back_waits_and_then_alarms(alice, bruno, monkeypatch):
    green = collection(bruno)
    ahead = publisher.database_milliseconds() + 3_600_000
    Collection.objects.filter(pk=green.pk).update(last_added_at=ahead)
    release = bulk(qualified(alice), alice, green, count=3)
    monkeypatch.setattr(tasks, "GIVE_UP_AFTER", 0.2)
    monkeypatch.setattr(tasks, "SLICE_PAUSE", 0.05)

    tasks.publish_rest.call(str(release.uuid), 1)

    release.refresh_from_db()
    assert release.state == Release.State.FAILED
    assert Share.objects.count() == 0


def test_a_slice_takes_only_the_milliseconds_there_are(alice, bruno):
    green = collection(bruno)
    last = publisher.database_milliseconds() - 1
    Collection.objects.filter(pk=green.pk).update(last_added_at=last)
    release = bulk(qualified(alice), alice, green, count=400)

    added, done = publisher.publish_slice(release=release.uuid, seq=1)

    assert added > 0
    assert (added < 400) == (not done)
    assert moments(green)[0] > last


def test_the_database_says_what_time_it_is(db):
    before = int(time.time() * 1000)
    said = publisher.database_milliseconds()

    assert before - 2 <= said <= int(time.time() * 1000) + 2


def test_a_client_that_polls_misses_nothing_under_four_writers(alice, bruno):
    """It reads pages of 7 after the last moment it saw, while four publishers write."""
    green = collection(bruno)
    planned = [
        bulk(qualified(alice, values=()), alice, green, count=150, start=n * 150) for n in range(4)
    ]
    stop, failures = threading.Event(), []

    def write(release):
        try:
            done = False
            while not done:
                _added, done = publisher.publish_slice(release=release.uuid, seq=1)
        except Exception as error:  # noqa: BLE001 - told to the test
            failures.append(error)
        finally:
            connections.close_all()

    got, doubles = {}, []

    def read():
        cursor = 0
        while True:
            ended = stop.is_set()
            page = list(
                Share.objects.filter(collection=green, is_latest=True, added_at__gt=cursor)
                .order_by("added_at")
                .values_list("added_at", "stix_id")[:7]
            )
            doubles.extend(stix_id for _at, stix_id in page if stix_id in got)
            got.update({stix_id: at for at, stix_id in page})
            cursor = page[-1][0] if page else cursor
            if ended and not page:
                break
        connections.close_all()

    writers = [threading.Thread(target=write, args=(release,)) for release in planned]
    reader = threading.Thread(target=read)
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    reader.join()

    assert not failures
    assert not doubles
    assert len(got) == Share.objects.count() == 600
    assert connection.vendor in {"sqlite", "postgresql"}
