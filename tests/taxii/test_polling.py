"""A client that polls while the publisher adds misses nothing and gets nothing twice."""

import json
import threading
import time

import pytest
from django.db import connections, transaction

from api.models import Collection, Share
from api.sharing import publisher
from api.taxii import moments
from tests.taxii import shelf
from tests.taxii.shelf import path_of

WRITERS, BATCHES = 8, 12
PAGE = 7


def line(number):
    obj = shelf.indicator(number)
    return publisher.Line(
        obj["id"],
        obj["type"],
        obj["modified"],
        f"{number:064}",
        revoked=False,
        text=json.dumps(obj),
    )


def write(writer, into, under):
    """Add batches of different sizes, each in its transaction, as the publisher adds a slice."""
    try:
        for batch in range(BATCHES):
            lines = [
                line(writer * 10_000 + batch * 100 + n) for n in range(1 + (writer + batch) % 20)
            ]
            done = False
            while not done:
                with transaction.atomic():
                    locked = Collection.objects.select_for_update().get(pk=into.pk)
                    _added, done = publisher._fill(locked, lines, under, 1, {})
            time.sleep(0.01 * (writer % 4))
    finally:
        connections.close_all()


class ByNext:
    """Follows ``next`` to the end, then polls with the last date it was told."""

    def __init__(self, desk):
        self.reader = desk.reader
        self.of, self.after, self.got = desk.communaute, None, []

    def poll(self):
        params = {"added_after": self.after} if self.after else {}
        for page in self.reader.pull(self.of, limit=PAGE, **params):
            self.take(page)

    def take(self, page):
        self.got += [obj["id"] for obj in page.json().get("objects", [])]
        self.after = page.headers["x-taxii-date-added-last"]


class ByDateAlone(ByNext):
    """Knows no ``next``: asks again from the last date, cut to milliseconds."""

    def poll(self):
        while True:
            params = {"added_after": f"{self.after[:-4]}Z"} if self.after else {}
            page = self.reader.get(f"{path_of(self.of)}objects/", limit=PAGE, **params)
            self.take(page)
            if "more" not in page.json():
                return


@pytest.mark.parametrize("client", [ByNext, ByDateAlone])
def test_nothing_is_missed_and_nothing_comes_twice_under_eight_writers(bare, client):
    poller = client(bare)
    writers = [
        threading.Thread(target=write, args=(number, bare.communaute, bare.release))
        for number in range(WRITERS)
    ]
    for thread in writers:
        thread.start()
    polls = 0
    while any(thread.is_alive() for thread in writers):
        poller.poll()
        polls += 1
    poller.poll()

    rows = list(Share.objects.filter(collection=bare.communaute).order_by("added_at"))
    assert polls > 1  # a busy machine polls seldom
    assert len(rows) > 800
    assert poller.got == [row.stix_id for row in rows]
    assert poller.after == moments.written(rows[-1].added_at)
