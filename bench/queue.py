"""The queue's page with many cases: milliseconds of the server, beside OFFSET and count(*).

``ROWS`` cases (default 20,000; 1,000,000 is what is promised), filled by SQL, 15 in 100 live. Each
question is the whole page, asked through Django's test client. Pass: p95 of each question is at
most 40 ms, page 1001 costs at most 1.5 times page 1, no page asks the database more than 12 times.
``CSIRT_TEST_FOLDER`` names a folder on a disk for the database.
"""

import json
import os
import resource
import sys
import time
from urllib.parse import urlencode

from bench._desk import desk

ROWS = int(os.environ.get("ROWS", "20000"))
TIMES = 40
WANTED_MS, WANTED_RATIO, WANTED_QUERIES = 40.0, 1.5, 12
PAGES = 1000  # before the far page
TOWNS = 900
SMALL = 200  # cases of the small commune
QUESTIONS = {
    "first view": "",
    "all": "?vue=tous",
    "mine": "?vue=miens",
    "new": "?vue=nouveaux",
    "citizens": "?vue=particuliers",
    "ended": "?vue=termines",
    "department": "?vue=tous&dep=34",
    "department, new, P1": "?vue=tous&dep=34&etat=new&priorite=P1",
    "signs": "?vue=tous&signe=unread",
    "deadline": "?vue=tous&echeance=jour",
    "small commune": "?vue=tous&commune=34001",
    "many at once": "?vue=tous&dep=34&tlp=red&categorie=spam&victime=commune&qui=personne",
}
COLUMNS = """uuid, reference, version, state, came_from, title, kind, victim_kind, category, priority,
 priority_reason, tlp, pap, assessment, organisation_name, commune_id, assignee_id, restricted, danger,
 apart, unread, knowledge_exact, attention, next_due, opened_at, changed_at, waiting_on, reason,
 redirected_to, closing_words, department_only"""
# Both engines: `h` is a number that looks random, `n` counts from 1.
VALUES = """{uuid}, 'B' || n, 1, CASE WHEN h % 20 < 17 THEN 'closed' WHEN h % 20 = 17 THEN 'new'
 WHEN h % 20 = 18 THEN 'active' ELSE 'waiting' END, '', 'Dossier ' || n, '',
 CASE h / 7 % 5 WHEN 0 THEN 'particulier' WHEN 1 THEN 'entreprise' ELSE 'commune' END,
 CASE h / 11 % 3 WHEN 0 THEN 'spam' ELSE 'rancongiciel' END, 'P' || (1 + h / 13 % 4), '',
 CASE h / 17 % 20 WHEN 0 THEN 'red' ELSE 'amber' END, 'amber', '{{}}', 'Mairie ' || n,
 CASE WHEN n % {rare} = 0 THEN '34001' ELSE '3' || (4002 + h / 23 % {towns}) END, CASE WHEN h / 19 % 3 = 0 THEN {who} END,
 {false}, {false}, {false}, {unread}, {false},
 CASE WHEN h % 20 < 17 THEN 4 WHEN h / 29 % 50 = 0 THEN 2 WHEN h / 31 % 40 = 0 THEN 3 ELSE 4 END,
 CASE WHEN h % 20 >= 17 AND h / 31 % 40 = 0 THEN {soon} END, {opened}, {opened}, '', '', '', '', ''"""
ENGINES = {
    "sqlite": {
        "uuid": "lower(hex(randomblob(16)))", "false": "0", "unread": "h % 20 >= 17 AND h / 29 % 50 = 0",
        "soon": "strftime('%Y-%m-%d %H:%M:%f', 'now', '+' || (h / 31 % 20) || ' hours')",
        "opened": "strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || ({rows} - n) || ' minutes')",
        "series": "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {rows})"
        " SELECT n, (n * 2654435761) % 4294967296 AS h FROM s",
        "clocks": "lower(hex(randomblob(16)))", "true": "1",
    },
    "postgresql": {
        "uuid": "gen_random_uuid()", "false": "false", "unread": "h % 20 >= 17 AND h / 29 % 50 = 0",
        "soon": "now() + (h / 31 % 20) * interval '1 hour'",
        "opened": "now() - ({rows} - n) * interval '1 minute'",
        "series": "SELECT n, (n * 2654435761) % 4294967296 AS h"
        " FROM generate_series(1::bigint, {rows}) AS n",
        "clocks": "gen_random_uuid()", "true": "true",
    },
}  # fmt: skip


def fill():
    """Make the cases, some with a clock; return who asks."""
    from django.db import connection, transaction

    from csirt.directory.models import Commune, Department
    from tests.people import person

    alice = person("Alice", "analyst")
    for number in range(7):
        person(f"Collègue {number}", "analyst", enrolled=False)
    department = Department.objects.create(code="34", name="Hérault")
    Commune.objects.bulk_create(
        Commune(insee=str(34_001 + number), name=f"Ville {number}", department=department)
        for number in range(TOWNS + 1)
    )
    engine = {
        name: sql.format(rows=ROWS) if name in {"opened", "series"} else sql
        for name, sql in ENGINES[connection.vendor].items()
    }
    values = VALUES.format(**engine, rare=max(1, ROWS // SMALL), towns=TOWNS, who=alice.pk)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO incidents_incident ({COLUMNS}) SELECT {values} FROM ({engine['series']}) AS s"
        )
        cursor.execute(
            "INSERT INTO incidents_clock (uuid, incident_id, duty, step, law, verdict, running, ends_at,"
            " own_start_reason, met_how, met_step, late_reason, waived_why)"
            f" SELECT {engine['clocks']}, id, 'cnil-art33-72h', '', {engine['true']}, 'applies',"
            f" {engine['true']}, next_due, '', '', '', '', ''"
            " FROM incidents_incident WHERE next_due IS NOT NULL"
        )
    with connection.cursor() as cursor:
        # As autovacuum does: without it PostgreSQL looks up each row that an index names.
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    return alice


def taken(call, clock=time.perf_counter):
    """Return the milliseconds of several calls, in order; the first two are not counted."""
    found = []
    for _ in range(TIMES + 2):
        begun = clock()
        call()
        found.append((clock() - begun) * 1000)
    return sorted(found[2:])


def counted(connection, call):
    """Return how often *call* asks the database."""
    asked = []

    def noted(execute, sql, params, many, context):
        asked.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(noted):
        call()
    return len(asked)


def far(person):
    """Return the address of page 1001: what a reader reaches link by link."""
    from django.http import QueryDict

    from incidents import queries
    from incidents.console import queue
    from incidents.console.filters import Filters, narrow
    from incidents.live import rows

    filters = Filters.of(QueryDict("vue=tous"), person)
    cases = narrow(queries.visible_to(person), filters).order_by(*rows.ORDER)
    at = min(PAGES * queue.PAGE, cases.count() - queue.PAGE) - 1
    (row,) = rows.fetch(cases[at : at + 1]).values()
    return "?" + urlencode({"vue": "tous", "apres": queue.place(row)})


def offset(person):
    """Ask for the rows of the far page as a paginator does: count(*), then OFFSET."""
    from django.http import QueryDict

    from incidents import queries
    from incidents.console import queue
    from incidents.console.filters import Filters, narrow
    from incidents.live import rows

    filters = Filters.of(QueryDict("vue=tous"), person)
    cases = narrow(queries.visible_to(person), filters).order_by(*rows.ORDER)
    at = min(PAGES * queue.PAGE, cases.count() - queue.PAGE)
    rows.fetch(cases[at : at + queue.PAGE])


def main():
    missed = []
    with desk() as profile:
        from django.db import connection

        from csirt.accounts.principals import Person
        from tests.people import client_of

        begun = time.monotonic()
        alice = fill()
        told = {"bench": "queue", "profile": profile, "rows": ROWS}
        print(
            json.dumps({**told, "filled_seconds": round(time.monotonic() - begun, 1)}), flush=True
        )
        client, person = client_of(alice), Person.of(alice)
        p50 = {}
        for name, address in {**QUESTIONS, "page 1001": far(person)}.items():

            def call(address=address):
                if client.get(f"/console/{address}").status_code != 200:
                    raise SystemExit(f"no answer to {address}")

            call()
            asked = counted(connection, call)
            found = taken(call)
            p50[name], p95 = found[TIMES // 2], found[int(TIMES * 0.95)]
            busy = taken(call, time.process_time)[TIMES // 2]
            figures = {
                "p50_ms": round(p50[name], 1),
                "p95_ms": round(p95, 1),
                "cpu_p50_ms": round(busy, 1),
                "queries": asked,
            }
            print(json.dumps({**told, "question": name, **figures}), flush=True)
            missed += [name] if p95 > WANTED_MS or asked > WANTED_QUERIES else []
        ratio = p50["page 1001"] / p50["all"]
        stock = taken(lambda: offset(person))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(json.dumps({
            **told, "page_1001_to_page_1": round(ratio, 2), "offset_p50_ms": round(stock[TIMES // 2], 1),
            "rss_mib": memory, "load": os.getloadavg()[0], "missed": missed,
        }))  # fmt: skip
    sys.exit(bool(missed) or ratio > WANTED_RATIO)


if __name__ == "__main__":
    main()
