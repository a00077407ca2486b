"""The search page with many cases: milliseconds of the server, beside LIKE in the same run.

``ROWS`` cases (default 20,000; 1,000,000 is what is promised). Pass: p95 of each question is at most
60 ms.
"""

import json
import os
import random
import sys
import time
from datetime import timedelta

from bench._desk import desk

ROWS = int(os.environ.get("ROWS", "20000"))
TIMES = 40
WANTED = 60.0  # ms, p95
CHUNK = 5_000
DOMAIN = "piege-bench.example"
QUESTIONS = {
    "rare": "girouette",  # 200 cases, the oldest
    "one in a hundred": "standardiste",
    "common": "chiffré",  # three in five
    "two words": "rançon mairie",
    "two that seldom meet": "girouette standardiste",
    "filtered": "standardiste dep:34 etat:ouvert",
    "common and filtered": "chiffré etat:clos priorite:P1 dep:09",
    "filters alone": "etat:nouveau dep:34",
    "observable": "hxxps://piege-bench[.]example",
    "nothing": "zqnullepart",
}
LIKE = "girouette"


def fill():
    """Make the cases, each with a report of some forty words; return who asks."""
    from csirt.directory.models import Commune, Department
    from csirt.kernel.clock import now
    from incidents.domain.words import words
    from incidents.models import Incident, Priority, Report, SearchText
    from incidents.services.indexing import token
    from tests.people import person

    chance, at = random.Random(7), now()
    towns = []
    for code in ("09", "11", "12", "30", "31", "34", "66", "81"):
        department = Department.objects.create(code=code, name=f"Département {code}")
        towns.append(
            Commune.objects.create(insee=f"{code}001", name=f"Ville {code}", department=department)
        )
    syllables = ["ba", "cor", "di", "fu", "gan", "lim", "mo", "per", "sa", "tul", "vi", "zen"]
    common = ["".join(chance.choices(syllables, k=3)) for _ in range(3_000)]
    states = ["closed"] * 17 + ["new", "active", "waiting"]
    for first in range(0, ROWS, CHUNK):
        numbers = range(first, min(first + CHUNK, ROWS))
        cases = Incident.objects.bulk_create(
            Incident(
                reference=f"B{number:08}", state=chance.choice(states), victim_kind="commune",
                category="rancongiciel", priority=chance.choice(Priority.values),
                commune=chance.choice(towns), opened_at=at - timedelta(minutes=ROWS - number),
                changed_at=at,
            )
            for number in numbers
        )  # fmt: skip
        texts = [
            " ".join(
                [
                    *chance.choices(common, k=38),
                    *(["fichiers chiffrés"] if chance.random() < 0.6 else []),
                    *(["la rançon"] if chance.random() < 0.2 else []),
                    *(["mairies"] if chance.random() < 0.3 else []),
                    *(["standardiste"] if chance.random() < 0.01 else []),
                    *(["girouette"] if number < 200 else []),
                    *([f"http://{DOMAIN}"] if number % max(1, ROWS // 200) == 0 else []),
                ]
            )
            for number in numbers
        ]
        Report.objects.bulk_create(
            Report(
                incident=case, first_incident=case, idempotency=f"b{case.pk}", fields_mac="",
                channel="form", text=text, filed_at=at,
            )
            for case, text in zip(cases, texts, strict=True)
        )  # fmt: skip
        values = [token("domain", DOMAIN), token("url", f"http://{DOMAIN}")]
        SearchText.objects.bulk_create(
            SearchText(
                incident=case, words=" ".join([*(values if DOMAIN in text else ()), *words([text])])
            )
            for case, text in zip(cases, texts, strict=True)
        )
    return person("Alice", "analyst")


def ask(call):
    """Return the milliseconds of each of several calls, in order; the first is not counted."""
    taken = []
    for _ in range(TIMES + 1):
        begun = time.perf_counter()
        call()
        taken.append((time.perf_counter() - begun) * 1000)
    return sorted(taken[1:])


def main():
    worst = 0.0
    with desk() as profile:
        from django.db import connection

        from incidents.models import Report
        from tests.people import client_of

        begun = time.monotonic()
        alice = fill()
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        told = {"bench": "search", "profile": profile, "rows": ROWS}
        print(json.dumps({**told, "filled_seconds": round(time.monotonic() - begun, 1)}))
        client = client_of(alice)
        reports = Report.objects.filter(text__icontains=LIKE).order_by("-pk")
        unindexed = ask(lambda: list(reports[:20]))
        for name, question in QUESTIONS.items():

            def call(question=question):
                if client.get("/console/recherche/", {"q": question}).status_code != 200:
                    raise SystemExit(f"no answer to {question}")

            taken = ask(call)
            p50, p95 = taken[TIMES // 2], taken[int(TIMES * 0.95)]
            worst = max(worst, p95)
            figures = {"p50_ms": round(p50, 1), "p95_ms": round(p95, 1), "wanted_ms": WANTED}
            figures["like_p50_ms"] = round(unindexed[TIMES // 2], 1)
            print(json.dumps({**told, "question": name, **figures}), flush=True)
    sys.exit(worst > WANTED)


if __name__ == "__main__":
    main()
