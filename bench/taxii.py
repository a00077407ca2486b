"""A partner pulls a whole collection, beside the least that serves the same pages.

100,000 objects of about 1 KB, 1,000 a page, unless ``OBJECTS`` and ``LIMIT`` say otherwise; whole
pulls of the desk and of the ceiling take turns. Without gzip, and with it for taxii2-client. On
PostgreSQL OpenTAXII is pulled from once, after them.
"""

import base64
import http.client
import json
import os
import re
import statistics
import time
from pathlib import Path

from bench._desk import desk

ROUNDS = int(os.environ.get("ROUNDS", "5"))
NEXT = re.compile(rb'"next": ?"([^"]*)"')


def fill(objects):
    """Release *objects* indicators of about 1 KB; return the collection, a token, its partner."""
    from api.models import Share
    from tests.taxii import shelf

    voisin = shelf.partner("csirt-voisin")
    _, token = shelf.token(voisin)
    into, under = shelf.collection("communaute", voisin), shelf.release()
    for start in range(0, objects, 10_000):
        numbers = range(start, min(start + 10_000, objects))
        shelf.put(into, under, [shelf.indicator(number, padding=450) for number in numbers])
    sizes = Share.objects.filter(collection=into).values_list("bytes", flat=True)[:100]
    return into, token, voisin.identifier, statistics.mean(len(text.encode()) for text in sizes)


def pull(url, path, credential, limit):
    """Follow ``next`` to the end; return objects, seconds, and milliseconds of each page."""
    host = url.removeprefix("http://")
    line = http.client.HTTPConnection(host, timeout=60)
    headers = {"Accept": "application/taxii+json;version=2.1"}
    headers |= {"Authorization": credential} if credential else {}
    after, found, pages = "", 0, []
    begun = time.perf_counter()
    while True:
        before = time.perf_counter()
        line.request("GET", f"{path}?limit={limit}{after}", headers=headers)
        answer = line.getresponse()
        body = answer.read()
        pages.append((time.perf_counter() - before) * 1000)
        assert answer.status == 200, body
        found += body.count(b'"id":"indicator--') or body.count(b'"id": "indicator--')
        following = NEXT.search(body[:300]) or NEXT.search(body[-300:])
        if following is None:
            return found, time.perf_counter() - begun, pages
        after = f"&next={following[1].decode()}"


def client_pull(url, one, login, limit):
    """Pull with taxii2-client, without its first question; return objects a second."""
    from taxii2client.v21 import Collection, as_pages

    known = {"id": str(one.uuid), "title": "x", "can_read": True, "can_write": False}
    address = f"{url}/taxii2/desk/collections/{one.uuid}/"
    begun = time.perf_counter()
    with Collection(address, user=login[0], password=login[1], collection_info=known) as client:
        pages = as_pages(client.get_objects, per_request=limit)
        found = sum(len(page["objects"]) for page in pages)
    return found / (time.perf_counter() - begun)


def token_check(web, credential, times=1000):
    """Return what a token costs a request: discovery with one, and without, in turns.

    The median feels who else is on the machine, the least and the processor's time hardly do.
    """
    line = http.client.HTTPConnection(web.url.removeprefix("http://"), timeout=60)

    def ask(given):
        before = time.perf_counter()
        line.request("GET", "/taxii2/", headers={"Authorization": given} if given else {})
        line.getresponse().read()
        return (time.perf_counter() - before) * 1000

    def computed(given):
        before = processor(web.pid)
        for _ in range(times):
            ask(given)
        return (processor(web.pid) - before) / times * 1000

    turns = [(ask(credential), ask(None)) for _ in range(times)]
    taken, free = zip(*turns[10:], strict=True)
    return {
        "token_check_ms": round(statistics.median(taken) - statistics.median(free), 2),
        "token_check_least_ms": round(min(taken) - min(free), 2),
        "token_check_processor_ms": round(computed(credential) - computed(None), 2),
    }


def resident(pid):
    """Return the megabytes that a process holds."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) // 1024


def processor(pid):
    """Return the seconds that a process has computed: a busy machine changes them little."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ceiling_of(one, credential):
    """Return the server of ``_taxii_ceiling``, started like the desk's."""
    from tests.server import Web, database_url

    class Ceiling(Web):
        name = "ceiling"

        @property
        def command(self):
            served = {"csirt.asgi:application": "bench._taxii_ceiling:app"}
            return [served.get(word, word) for word in super().command]

        def answers(self):
            line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
            try:
                line.request("GET", "/")
                return line.getresponse().status == 401
            except OSError:
                return False

    return Ceiling(
        BENCH_COLLECTION=str(one.pk),
        BENCH_CREDENTIAL=credential,
        CSIRT_DATABASE_URL=database_url(),
    )


def in_turns(servers, path, credential, limit, objects):
    """Pull from each server in turn; return what each round took, after one that warms."""
    rounds = []
    for _ in range(ROUNDS + 1):
        taken = {}
        for key, server in servers.items():
            computed = processor(server.pid)
            found, seconds, pages = pull(server.url, path, credential, limit)
            assert found == objects, (key, found)
            taken[key] = {
                "rate": found / seconds,
                "processor": (processor(server.pid) - computed) / found * 1e6,
                "last_over_first": statistics.median(pages[-11:-1] or pages)
                / statistics.median(pages[:10]),
                "last_over_first_least": min(pages[-11:-1] or pages) / min(pages[:10]),
            }
        rounds.append(taken)
    return rounds[1:]


def beside_opentaxii(one, objects, limit, rate):
    """Return what one whole pull from OpenTAXII reaches, and how many times that *rate* is."""
    from bench import _opentaxii

    with _opentaxii.contender(one) as other:
        other.fill()
        found, seconds, pages = pull(other.url, other.path, "", limit)
    assert found == objects, (found, pages)
    return {
        "opentaxii": round(found / seconds),
        "times_opentaxii": round(rate / (found / seconds), 1),
    }


def measure(objects, limit):
    from django.db import connection

    from tests.server import Web

    one, token, name, size = fill(objects)
    credential = f"Basic {base64.b64encode(f'{name}:{token}'.encode()).decode()}"
    path = f"/taxii2/desk/collections/{one.uuid}/objects/"
    with Web() as web, ceiling_of(one, credential) as ceiling:
        servers = {"ceiling": ceiling, "desk": web}
        pull(web.url, path, credential, limit)
        memory = resident(web.pid)
        rounds = in_turns(servers, path, credential, limit, objects)
        clients = [
            {key: client_pull(each.url, one, (name, token), limit) for key, each in servers.items()}
            for _ in range(3)
        ]

        def median(figure, key="desk"):
            return statistics.median(taken[key][figure] for taken in rounds)

        def ratio(figure):
            return statistics.median(
                taken["desk"][figure] / taken["ceiling"][figure] for taken in rounds
            )

        figures = {
            "objects": objects,
            "bytes_each": round(size),
            "limit": limit,
            "objects_per_second": round(median("rate")),
            "ceiling": round(median("rate", "ceiling")),
            "ratio": round(ratio("rate"), 2),
            "processor_us_per_object": round(median("processor"), 1),
            "processor_ceiling": round(median("processor", "ceiling"), 1),
            "last_page_over_first": round(median("last_over_first"), 2),
            "last_page_over_first_least": round(median("last_over_first_least"), 2),
            **token_check(web, credential),
            "taxii2_client": round(statistics.median(taken["desk"] for taken in clients)),
            "taxii2_client_ratio": round(
                statistics.median(taken["desk"] / taken["ceiling"] for taken in clients), 2
            ),
            "megabytes": resident(web.pid),
            "megabytes_after_first_pull": memory,
        }
    if connection.vendor == "postgresql":
        figures |= beside_opentaxii(one, objects, limit, median("rate"))
    return figures


if __name__ == "__main__":
    with desk() as profile:
        wanted = {name: int(os.environ.get(name, "0")) for name in ("OBJECTS", "LIMIT")}
        figures = measure(wanted["OBJECTS"] or 100_000, wanted["LIMIT"] or 1000)
        print(json.dumps({"bench": "taxii", "profile": profile} | figures))
