"""Putting a backup back, on a desk that holds nothing yet; all of it, or nothing.

Rows, files and their digests go in one transaction. Then the journal begins a new epoch, and what was
erased and revoked after the backup was made is erased and revoked again, by the ledger, and the chain is
verified. Until that has ended the desk does not start: ``UNFINISHED`` says so.
"""

import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import IO, Any

from django.apps.registry import Apps
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from csirt.journal import change, epoch, ledger, record
from csirt.journal.epoch import SYSTEM
from csirt.journal.models import Consumer, Head
from csirt.journal.upkeep import BACKUP_RESTORED
from csirt.journal.verify import Verdict
from csirt.management.backups import reading, rows
from csirt.management.backups.archive import TABLES, Member, Reader
from incidents.evidence import store

UNFINISHED = "restore"  # a consumer's name: it reads the ledger
Node = tuple[str, str]


class Refused(Exception):
    """This desk cannot take the backup; the sentence says why and what to do."""


def restore(sealed: IO[bytes], identities: list[str]) -> reading.Seen:
    """Put the rows and files of a backup back; ``finish`` does the rest.

    Raises ``Refused`` for a desk that is in use, or older than the backup, and ``Unreadable`` for
    a file that is not whole: nothing is changed then, but for sealed files that nobody names.
    """
    seen = reading.Seen()
    with Reader(sealed, identities) as reader:
        members = reading.members(reader, seen)
        first = next(members, None)
        if first is None:
            raise Refused("There is nothing in this backup.")
        old = _schema_of({(app, node) for app, node in seen.about["migrations"]})
        with transaction.atomic(durable=True):
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:  # a large file takes longer than an idle minute
                    cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            models = rows.tables(old)
            rows.empty(models)
            by_label = {model._meta.label_lower: model for model in models}
            _take(first, by_label, seen)
            for member in members:
                _take(member, by_label, seen)
            seen.compare()
            for model in models:
                _compare(model, seen)
            rows.go_on_counting(models)
            data = {"name": UNFINISHED, "seq": seen.about["head"]["seq"]}
            old.get_model("journal", "Consumer").objects.create(**data)
    return seen


def _schema_of(wanted: set[Node]) -> Apps:
    """Bring the tables to where they were when the backup was made; return the models of then."""
    executor = MigrationExecutor(connection)
    graph = executor.loader.graph
    if unknown := sorted(wanted - set(graph.nodes)):
        names = ", ".join(f"{app}.{node}" for app, node in unknown[:3])
        raise Refused(f"A newer release made this backup ({names}). Install that release first.")
    targets = [
        node
        for node in sorted(wanted)
        if not any(
            child.key in wanted and child.key[0] == node[0]
            for child in graph.node_map[node].children
        )
    ]
    applied = set(executor.loader.applied_migrations)
    if not applied:
        executor.migrate(targets)
    elif applied != wanted or _in_use():
        raise Refused(
            "This desk is not empty. Restore into a database without tables: nothing is overwritten."
        )
    return executor.loader.project_state(targets).apps


def _in_use() -> bool:
    return Head.objects.filter(seq__gt=0).exists()


def _take(member: Member, models: dict[str, Any], seen: reading.Seen) -> None:
    if member.name.startswith(f"{TABLES}/"):
        model = models.get(member.name.split("/")[1])
        if model is None:
            raise Refused(f"This release does not know the table {member.name}.")
        rows.insert(model, _columns(model, seen), reading.lines(member, seen))
    else:
        _file(member, seen)


def _columns(model: Any, seen: reading.Seen) -> list[str]:
    """Return the columns that the backup has of the table; refuse others than the table has."""
    told: list[str] = seen.about["columns"].get(model._meta.label_lower, [])
    if set(told) != set(rows.columns(model)):
        raise Refused(f"The table {model._meta.label_lower} has other columns than the backup.")
    return told


def _file(member: Member, seen: reading.Seen) -> None:
    """Put one sealed file back; one that is there already must be the same."""
    name = member.name.partition("/")[2]
    kept = store.store()
    if kept.exists(name):
        for _block in reading.blocks(member, seen):
            pass
        with kept.open(name, "rb") as there:
            if not _same(there.chunks(), seen.files[name]["sha256"]):
                raise Refused(f"Another file stands at {name}. Restore into an empty store.")
        return
    with kept.open(name, "wb") as out:
        for block in reading.blocks(member, seen):
            out.write(block)


def _same(blocks: Iterable[bytes], wanted: str) -> bool:
    made = hashlib.sha256()
    for block in blocks:
        made.update(block)
    return made.hexdigest() == wanted


def _compare(model: Any, seen: reading.Seen) -> None:
    """See that the table reads as it was written."""
    told = seen.manifest["tables"].get(model._meta.label_lower)
    if told is None:
        raise Refused(f"The backup has no table {model._meta.label_lower}.")
    if rows.digest(model, _columns(model, seen)) != told:
        raise Refused(f"The table {model._meta.label_lower} does not read as it was written.")


def unfinished() -> bool:
    """Tell whether a restore has put rows back and has not done again what came after."""
    return Consumer.objects.filter(name=UNFINISHED).exists()


def finish(
    entries: Iterable[ledger.Entry], *, name: str, verify: Callable[[int], Verdict], now: datetime
) -> tuple[int, Verdict]:
    """Migrate to this release, begin a new epoch, do again what *entries* say; return how many.

    *verify* is given the number of the backup's last event. Raises ``Refused`` for a journal that it
    finds bad: the desk does not start then. May be called again after it was cut: what was done is
    not done twice.
    """
    call_command("migrate", verbosity=0, interactive=False)
    head = epoch.begin(at=now)
    done = sum(ledger.do_again(entry, now) for entry in entries)
    verdict = verify(Consumer.objects.get(name=UNFINISHED).seq)
    if verdict.bad is not None:
        raise Refused(
            f"first bad seq: {verdict.bad} ({verdict.why}). The desk does not start on this: restore "
            "another backup, into a database without tables."
        )
    _end(name=name, after=head.seq, done=done, now=now)
    return done, verdict


@change
def _end(*, name: str, after: int, done: int, now: datetime) -> None:
    Consumer.objects.filter(name=UNFINISHED).delete()
    data = {"file": name, "after": after, "again": done}
    record(BACKUP_RESTORED, Head.objects.get(pk=1), by=SYSTEM, at=now, data=data)
