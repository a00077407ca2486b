"""F13: a backup made while people file comes back equal elsewhere, under a new epoch; F19: sealed."""

import gzip
import json
import shutil
import threading
from base64 import b64encode

import httpx
import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client

from csirt.environment import age_identity
from csirt.journal import checkpoints
from csirt.journal.models import Checkpoint, Event, Head
from csirt.kernel import chain, codes
from csirt.kernel.clock import now
from csirt.management.backups import archive, making, reading
from incidents.evidence.store import store
from incidents.models import Evidence, Incident, Report
from tests.elsewhere import backup, contents, elsewhere, identity, kept
from tests.evidence.conftest import empty_store, send, stored, visit
from tests.journey.visitor import Visitor
from tests.people import file_case
from tests.reporters import PATH, SHOWN, last_page

pytestmark = pytest.mark.django_db(transaction=True)
assert empty_store  # fixtures
assert elsewhere
assert kept

MARK = "zqmarque"


def test_made_under_load_it_comes_back_equal_and_the_desk_goes_on(kept, elsewhere, denise, alice):
    client = visit(denise)
    for number in range(3):
        assert send(client, f"{MARK} {number}".encode() * 1000).status_code in {200, 302}
    before = [file_case(text=f"{MARK} {number}") for number in range(20)]
    ended, filed = threading.Event(), []

    def file_on():
        while not ended.is_set():
            filed.append(file_case(text=f"{MARK} pendant"))
        connection.close()

    threads = [threading.Thread(target=file_on) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        path = backup(kept)
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    assert filed, "nothing was filed meanwhile"
    there = elsewhere()
    said = there.done("restore", path, "--identity", identity(), "--no-ledger")

    head = reading.verify(path.open("rb"), [identity().read_text().strip()]).about["head"]
    assert "3 files are as the backup" in said
    last, epoch, known = there.ask(
        f"bytes(Event.objects.get(seq={head['seq']}).hash).hex()",
        "Head.objects.get().epoch",
        "' '.join(Incident.objects.values_list('reference', flat=True))",
    )
    assert last == head["hash"]
    assert epoch != str(Head.objects.get().epoch)
    known = set(known.split())
    assert {victim.reference for victim in [denise, *before]} <= known
    for victim in filed:  # what it does not hold came after, whole cases only
        later = Event.objects.get(kind="report.filed", incident=victim.incident.pk).seq
        assert (victim.reference in known) == (later <= head["seq"])
    for piece in stored():
        assert (
            there.folder / "evidence" / "pieces" / piece.name
        ).read_bytes() == piece.read_bytes()
        assert (there.folder / "evidence" / "pieces" / piece.name).stat().st_mode & 0o777 == 0o600
    with there.web() as web:
        assert web.ready()
        visitor = Visitor(web.url).get("/suivi/")
        visitor.send(visitor.form(having="code"), code=denise.code)
        assert denise.reference in visitor.text
        page = httpx.post(  # the next rows get numbers that nobody has
            f"{web.url}{PATH}",
            content=last_page(codes.new_token(), "Après la panne."),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            cookies={"csrftoken": "c" * 32},
        )
        assert SHOWN.search(page.text), page.text[:2000]
    assert there.done("journal", "verify")


def test_nothing_is_in_clear(kept, denise):
    assert send(visit(denise), MARK.encode() * 1000).status_code in {200, 302}
    Report.objects.update(text=MARK)
    path = backup(kept)

    data = path.read_bytes()
    assert data.startswith(b"age-encryption.org/v1")
    for told in (
        MARK,
        denise.code,
        denise.reference,
        "report",
        "incidents",
        "about.json",
        "lockbit",
    ):
        assert told.encode() not in data
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_no_key_and_no_session_is_in_it(kept, denise, alice):
    visit(denise)
    held = contents(backup(kept))
    rows = b"".join(
        gzip.decompress(data) if name.startswith("tables/") else data for name, data in held.items()
    )

    assert MARK.encode() not in rows
    keys = [settings.SECRET_KEY.encode(), settings.CODE_KEY, settings.SEEDS_KEY]
    keys += [*settings.PEPPERS.values(), settings.CHECKPOINT_KEY.encode()]
    keys += [one.encode() for one in settings.EVIDENCE_IDENTITIES]
    for secret in [*keys, denise.code.encode()]:
        assert secret not in rows
    assert not any(name.startswith("tables/accounts.session/") for name in held)
    assert b"incidents.accesscode" in rows  # and the digest of a code is


@pytest.mark.parametrize("file", ["nowhere.age", "/nowhere/desk.age"])
def test_a_backup_that_is_not_there_is_said(elsewhere, file):
    there = elsewhere()
    assert f"There is no backup {file}" in there.refused("verify", file, "--identity", identity())


@pytest.mark.parametrize("harm", ["cut", "changed", "another key"])
def test_a_file_that_is_not_whole_changes_nothing(kept, elsewhere, tmp_path, denise, harm):
    path, key = backup(kept), identity()
    data = bytearray(path.read_bytes())
    if harm == "another key":
        key = tmp_path / "other"
        key.write_text(age_identity())
    elif harm == "cut":
        del data[-70_000:]
    else:
        data[len(data) // 2] ^= 1
    path.write_bytes(data)
    there = elsewhere()

    assert "cannot be used" in there.refused("verify", path, "--identity", key)
    said = there.refused("restore", path, "--identity", key, "--no-ledger")
    assert "cannot be used" in said
    assert there.ask("Incident.objects.count() + Head.objects.get().seq") == "0"


def test_verify_names_what_is_not_as_it_was_written(kept, denise):
    writer = archive.Writer("desk-x.age", making.place(), settings.BACKUP_RECIPIENTS)
    writer.put(archive.ABOUT, {"format": 1, "columns": {"journal.event": []}, "migrations": []})
    writer.table("a.b", [b"[1]\n", b"[2]\n"])
    writer.manifest["tables"]["a.b"]["rows"] = 3
    writer.finish(head={"seq": 0, "hash": ""})

    with pytest.raises(CommandError, match=r"the table a\.b is not what was written"):
        call_command("verify", "desk-x.age", identity=identity())


def test_a_desk_in_use_is_never_overwritten(kept, elsewhere, denise):
    path = backup(kept)
    there = elsewhere()
    there.done("restore", path, "--identity", identity(), "--no-ledger")

    assert "not empty" in there.refused("restore", path, "--identity", identity(), "--no-ledger")


def test_one_must_say_whether_there_is_a_ledger(kept, elsewhere, denise):
    assert "--ledger" in elsewhere().refused("restore", backup(kept), "--identity", identity())


def test_a_newer_release_is_told(kept, elsewhere, denise):
    writer = archive.Writer("desk-y.age", making.place(), settings.BACKUP_RECIPIENTS)
    about = {"format": 1, "columns": {}, "migrations": [["incidents", "9999_later"]]}
    writer.put(archive.ABOUT, about)
    writer.table("journal.event", [])
    writer.finish(head={"seq": 0, "hash": ""})

    said = elsewhere().refused(
        "restore", kept / "desk-y.age", "--identity", identity(), "--no-ledger"
    )
    assert "A newer release made this backup (incidents.9999_later)" in said


def test_cut_after_the_rows_the_desk_does_not_start_until_it_is_resumed(kept, elsewhere, denise):
    path, there = backup(kept), elsewhere()
    put_back = (
        "from csirt.management.backups import restoring;"
        f"restoring.restore(open('{path}', 'rb'), [open('{identity()}').read()])"
    )
    there.done("shell", "--no-imports", "-c", put_back)

    assert "A restore was cut short" in there.refused("serve", "--port", "1")
    words = ("restore", path, "--identity", identity(), "--no-ledger", "--resume")
    assert "The desk may start" in there.done(*words)
    assert "No restore was cut short" in there.refused(*words)


def test_checkpoints_kept_elsewhere_prove_the_backup(kept, elsewhere, settings, denise):
    key = checkpoints.private_key()
    checkpoints.write(key, now())
    path = backup(kept)
    file_case()
    checkpoints.write(key, now())  # of what the backup does not know
    words = ("restore", path, "--identity", identity(), "--no-ledger", "--checkpoints")
    assert "1 checkpoints agree" in elsewhere().done(*words, settings.CHECKPOINT_FILE)

    other = Checkpoint(epoch=Head.objects.get().epoch, seq=1, hash=b"x" * 32, count=1, at=now())
    line = checkpoints.statement(other)  # of another history than the one in the backup
    line["signature"] = b64encode(key.sign(chain.canonical(line))).decode()
    settings.CHECKPOINT_FILE.write_text(json.dumps(line) + "\n")
    there = elsewhere()
    assert "differs from a checkpoint" in there.refused(*words, settings.CHECKPOINT_FILE)
    assert "A restore was cut short" in there.refused("serve", "--port", "1")
    settings.CHECKPOINT_FILE.write_text("{}\n")
    said = elsewhere().refused(*words, settings.CHECKPOINT_FILE)
    assert "checkpoints: KeyError" in said


def test_a_file_that_is_lost_is_told_and_everything_else_is_kept(kept, denise):
    client = visit(denise)
    assert send(client, b"un").status_code in {200, 302}
    assert send(client, b"deux").status_code in {200, 302}
    lost = Evidence.objects.first()
    store().delete(lost.stored)

    with pytest.raises(CommandError, match=f"1 files of evidence.*{lost.stored}"):
        call_command("backup")
    held = contents(next(kept.iterdir()))
    assert len([name for name in held if name.startswith("files/")]) == 1


def test_old_ones_are_deleted_and_the_newest_never(kept, settings, denise):
    path = backup(kept)
    for name in ("desk-20200101T000000Z.age", "desk-20200102T000000Z.age", "notes.txt"):
        shutil.copy(path, kept / name)

    assert len(making.forget_old(now=now())) == 2
    assert {one.name for one in kept.iterdir()} == {path.name, "notes.txt"}
    settings.BACKUP_DAYS = -1
    assert making.forget_old(now=now()) == []


def test_each_is_an_event(kept, denise):
    made = making.make(now=now())

    event = Event.objects.get(kind="backup.made")
    assert event.data["file"] == made.name
    assert event.data["size"] > 1000
    assert Incident.objects.count() == 1
    assert Client().get("/healthz").status_code == 200
