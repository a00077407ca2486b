"""Who read what is counted by the minute, beside the request."""

import time

from django.utils import timezone

from api.models import Pull
from tests.taxii import shelf
from tests.taxii.shelf import in_process, path_of


def counted(of, wanted, within=5.0):
    """Wait for the rows of the partner *of* to count *wanted* in all; return them."""
    deadline = time.monotonic() + within
    while True:
        rows = list(Pull.objects.filter(token__partner=of))
        if sum(row.count for row in rows) >= wanted or time.monotonic() > deadline:
            return rows
        time.sleep(0.05)


def test_reads_become_one_row_per_token_collection_and_minute(bare):
    shelf.put(bare.communaute, bare.release, [shelf.indicator(n) for n in range(10)])
    other = shelf.collection(f"autre-{bare.communaute.alias}", bare.voisin)
    row, text = shelf.token(bare.voisin)
    second = shelf.Reader(bare.url, bare.voisin.identifier, text)

    bare.reader.pull(bare.communaute, limit=2)
    bare.reader.pull(bare.communaute, "manifest/")
    bare.reader.objects(other)
    second.objects(bare.communaute)

    rows = counted(bare.voisin, 8)
    totals = {}
    for each in rows:
        key = (each.token_id, each.collection_id)
        totals[key] = totals.get(key, 0) + each.count
        assert (each.minute.second, each.minute.microsecond) == (0, 0)
    assert totals == {
        (bare.row.pk, bare.communaute.pk): 6,
        (bare.row.pk, other.pk): 1,
        (row.pk, bare.communaute.pk): 1,
    }
    assert len(rows) <= 6  # twice three, if a minute ended in between
    bare.row.refresh_from_db()
    assert 0 <= (timezone.now() - bare.row.last_used_at).total_seconds() < 125


def test_later_reads_of_the_same_minute_add_to_its_row(bare):
    bare.reader.objects(bare.communaute)
    counted(bare.voisin, 1)
    bare.reader.objects(bare.communaute)

    assert sum(row.count for row in counted(bare.voisin, 2)) == 2


def test_describing_a_collection_is_not_reading_it(bare):
    for path in ("", "desk/", "desk/collections/", path_of(bare.communaute)):
        bare.reader.get(path)
    bare.reader.objects(bare.communaute)

    assert sum(row.count for row in counted(bare.voisin, 2, within=2.5)) == 1


def test_a_token_deleted_meanwhile_does_not_stop_the_counting(bare):
    row, text = shelf.token(bare.voisin)
    shelf.Reader(bare.url, bare.voisin.identifier, text).objects(bare.communaute)
    row.delete()
    bare.reader.objects(bare.communaute)

    rows = counted(bare.voisin, 1)
    assert [each.token_id for each in rows] == [bare.row.pk]


def test_what_was_counted_is_written_when_the_server_stops(bare):
    url = f"/taxii2/{path_of(bare.communaute)}objects/"

    in_process(lambda client: client.get(url, headers={"Authorization": f"Bearer {bare.token}"}))

    assert sum(row.count for row in bare.row.pulls.all()) == 1


def test_a_token_that_reads_no_collection_is_used_all_the_same(bare):
    row, text = shelf.token(bare.voisin, scopes=["taxii:write"])

    assert shelf.Reader(bare.url, bare.voisin.identifier, text).get().status_code == 200

    deadline = time.monotonic() + 20
    while row.last_used_at is None and time.monotonic() < deadline:
        time.sleep(0.1)
        row.refresh_from_db()
    assert 0 <= (timezone.now() - row.last_used_at).total_seconds() < 125
    assert not Pull.objects.filter(token=row).exists()
