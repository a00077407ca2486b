"""The database of the former version, made large, becomes this one's: seconds, also after SIGKILLs.

``CASES`` cases (default 2,000; 100,000 is what is promised), copied from those of the newest backup in
``tests/releases`` where its own schema holds them, with their reports, clocks, codes and observables.
``KILLS`` SIGKILLs while it migrates, where it lasts so long. Pass: counts and chain as before, five minutes at most for the
migration, and every screen of the console answers.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench._desk import desk
from tools import machine

CASES = int(os.environ.get("CASES", "2000"))
KILLS = int(os.environ.get("KILLS", "2"))
WITHIN = 5 * 60  # seconds
COPIED = ("incidents_incident", "incidents_report", "incidents_clock", "incidents_accesscode",
          "incidents_observable")  # fmt: skip
COUNTED = ("Incident", "Report", "Clock", "AccessCode", "Observable")
PAGES = ("/console/", "/console/?vue=tout", "/console/horloges/", "/console/recherche/?q=lockbit", "/console/campagnes/", "/console/journal/",
         "/console/etat/")  # fmt: skip


def multiply(cases):
    """Copy every case until there are so many; run on the former schema, in its own process."""
    from django.db import connection

    random_text = "replace(cast(gen_random_uuid() as text), '-', '')"
    random_uuid = "gen_random_uuid()"
    if connection.vendor == "sqlite":
        random_text = random_uuid = "lower(hex(randomblob(16)))"
    with connection.cursor() as cursor:
        most = {}
        for table in COPIED:
            cursor.execute(f"select coalesce(max(id), 0) from {table}")
            (most[table],) = cursor.fetchone()
        cursor.execute("select count(*) from incidents_incident")
        times = -(-cases // cursor.fetchone()[0]) - 1
        for table in COPIED:
            columns = [
                one.name for one in connection.introspection.get_table_description(cursor, table)
            ]
            relations = connection.introspection.get_relations(cursor, table)
            alone = {
                one["columns"][0]
                for one in connection.introspection.get_constraints(cursor, table).values()
                if one["unique"] and len(one["columns"]) == 1
            }
            values = []
            for column in columns:
                other = relations.get(column, ("", ""))[1]
                if column == "id":
                    values.append(f"id + k * {most[table]}")
                elif other in most:
                    values.append(f"{column} + k * {most[other]}")
                elif column == "uuid":
                    values.append(f"case when uuid is null then null else {random_uuid} end")
                elif column in alone:
                    values.append(f"substr({random_text} || {random_text}, 1, length({column}))")
                else:
                    values.append(column)
            names = ", ".join(f'"{column}"' for column in columns)
            series = (
                f"with recursive n(k) as (select 1 union all select k + 1 from n where k < {times})"
            )
            cursor.execute(
                f"insert into {table} ({names}) {series} select {', '.join(values)} "
                f"from {table}, n where id <= {most[table]}"
                if connection.vendor == "postgresql"
                else f"{series} insert into {table} ({names}) select {', '.join(values)} "
                f"from {table}, n where id <= {most[table]}"
            )
            if connection.vendor == "postgresql":
                cursor.execute(
                    f"select setval(pg_get_serial_sequence('{table}', 'id'), max(id)) from {table}"
                )


def migrated(there):
    """Migrate, killed on its way; return the seconds of all tries, the status and the number of kills."""
    from tests.server import Process

    command = [sys.executable, "manage.py", "migrate", "--no-input"]
    environment, began = Process(**there.environment).environment, time.monotonic()
    killed = 0
    for number in range(KILLS + 1):
        process = subprocess.Popen(
            command, cwd=machine.ROOT, env=environment, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            process.wait(None if number == KILLS else 4 + 2 * number)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            killed += process.wait() == -signal.SIGKILL
    return round(time.monotonic() - began, 1), process.returncode, killed


def screens(there):
    """Return the status and the milliseconds of each page, for an analyst."""
    code = (
        "import time, json; from tests.people import client_of; from csirt.accounts.models import User\n"
        "client = client_of(User.objects.filter(role='analyst').first())\n"
        f"for path in {PAGES}:\n"
        "    began = time.monotonic(); status = client.get(path).status_code\n"
        "    print('SEEN', path, status, round((time.monotonic() - began) * 1000))\n"
    )
    said = there.run("shell", "--no-imports", "-c", code, patience=600).stdout
    return {
        line.split()[1]: [int(word) for word in line.split()[2:]]
        for line in said.splitlines()
        if line.startswith("SEEN")
    }


def main():
    with desk() as profile, tempfile.TemporaryDirectory() as folder:
        from tests.elsewhere import Elsewhere
        from tests.security.test_f12_upgrade import IDENTITY, RELEASES, told

        there, seen = Elsewhere(Path(folder), bare=True), told(RELEASES[-1])
        put_back = (
            "from csirt.management.backups import restoring;"
            f"restoring.restore(open('{RELEASES[-1]}', 'rb'), [open('{IDENTITY}').read().split()[-1]])"
        )
        there.done("shell", "--no-imports", "-c", put_back)
        grow = f"from bench.upgrade import multiply; multiply({CASES})"
        grown = there.run("shell", "--no-imports", "-c", grow, patience=3600)
        assert grown.returncode == 0, grown.stderr[-2000:]
        counted = [f"{model}.objects.count()" for model in COUNTED]
        before = dict(zip(COUNTED, map(int, there.ask(*counted)), strict=True))
        took, status, killed = migrated(there)
        resumed = there.run(
            "restore",
            RELEASES[-1],
            "--identity",
            IDENTITY,
            "--no-ledger",
            "--resume",
            patience=3600,
        )
        events, *rows = map(int, there.ask("Event.objects.count()", *counted))
        after = dict(zip(COUNTED, rows, strict=True))
        pages = screens(there)
        figures = {
            "bench": "upgrade",
            "profile": profile,
            "cases": after["Incident"],
            "before": before,
            "after": after,
            "sigkills": killed,
            "seconds": took,
            "events": events,
            "resumed": resumed.returncode,
            "verified": "events verified" in there.run("journal", "verify").stdout,
            "pages": pages,
        }
        print(json.dumps(figures))
        there.end()
    ok = status == 0 and took <= WITHIN and figures["verified"] and resumed.returncode == 0
    enough = after["Incident"] >= CASES and events >= seen.about["head"]["seq"]
    return (
        0
        if ok and enough and after == before and all(one[0] == 200 for one in pages.values())
        else 1
    )


if __name__ == "__main__":
    sys.exit(main())
