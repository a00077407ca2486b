"""History cannot be rewritten unnoticed (SECURITY F15): seven kinds of tampering."""

import hashlib
import json
from datetime import timedelta
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.core.management import CommandError, call_command
from django.db import connection

from csirt.journal import change, checkpoints, declare, record
from csirt.journal.epoch import SYSTEM, begin
from csirt.journal.models import Event, Head
from csirt.journal.triggers import missing, prepare
from csirt.journal.verify import verify
from csirt.kernel import chain
from csirt.kernel.clock import now

STEPPED = declare("mill.stepped", step="int")


@change
def step(number):
    record(STEPPED, Head.objects.get(pk=1), by=SYSTEM, at=now(), data={"step": number})


@pytest.fixture
def key(settings, tmp_path):
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    settings.CHECKPOINT_KEY = pem.decode()
    settings.CHECKPOINT_FILE = tmp_path / "checkpoints.jsonl"
    return key


@pytest.fixture
def history(db, key):
    """Twenty events, checkpoints at 8 and 16."""
    for number in range(1, 21):
        step(number)
        if number in {8, 16}:
            checkpoints.write(key, now())


@pytest.fixture
def forge(history):
    """Run SQL as somebody who owns the database and lifts the triggers."""

    def run(*statements):
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("DROP TRIGGER journal_event_no_update")
                cursor.execute("DROP TRIGGER journal_event_no_delete")
            else:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("ALTER TABLE journal_event DISABLE TRIGGER USER")
            for statement in statements:
                cursor.execute(statement)

    return run


def first_bad(settings, key):
    return verify(settings.CHECKPOINT_FILE, key.public_key()).bad


def restamp(start=1):
    """Give every event from *start* the right hash again, and the head too."""
    events = list(Event.objects.order_by("seq"))
    last = bytes(events[start - 2].hash) if start > 1 else chain.START
    for event in events[start - 1 :]:
        event.prev = last
        event.hash = last = chain.link(event.epoch, event.seq, last, event.payload())
        event.save()
    Head.objects.update(seq=events[-1].seq, hash=last)


def test_an_honest_history_is_verified(history, settings, key):
    verdict = verify(settings.CHECKPOINT_FILE, key.public_key())

    assert (verdict.bad, verdict.events, verdict.checkpoints) == (None, 20, 2)


def test_an_edited_row_is_found(forge, settings, key):
    forge("UPDATE journal_event SET actor = 'user:nobody' WHERE seq = 5")

    assert first_bad(settings, key) == 5


def test_edited_data_is_found(forge, settings, key):
    forge("""UPDATE journal_event SET data = '{"step": 99}' WHERE seq = 12""")

    assert first_bad(settings, key) == 12


def test_a_deleted_row_in_the_middle_is_found(forge, settings, key):
    forge("DELETE FROM journal_event WHERE seq = 9")

    assert first_bad(settings, key) == 9


def test_a_cut_tail_is_found_by_the_head(forge, settings, key):
    forge("DELETE FROM journal_event WHERE seq > 18")

    assert first_bad(settings, key) == 19


def test_a_cut_tail_with_a_matching_head_is_found_by_the_checkpoints(forge, settings, key):
    forge("DELETE FROM journal_event WHERE seq > 10")
    restamp()

    assert verify().bad is None  # a bare chain sees nothing
    assert first_bad(settings, key) == 11


def test_an_inserted_row_is_found(forge, settings, key):
    forge(
        "INSERT INTO journal_event (seq, epoch, at, kind, schema, actor, object_type, object_id,"
        " audience, data, prev, hash) SELECT 21, epoch, at, kind, schema, actor, object_type,"
        " object_id, audience, data, prev, hash FROM journal_event WHERE seq = 20"
    )

    assert first_bad(settings, key) == 21


def test_two_rows_that_changed_places_are_found(forge, settings, key):
    forge(
        "UPDATE journal_event SET seq = 100 WHERE seq = 6",
        "UPDATE journal_event SET seq = 6 WHERE seq = 7",
        "UPDATE journal_event SET seq = 7 WHERE seq = 100",
    )

    assert first_bad(settings, key) == 6


def test_a_complete_rewriting_with_right_hashes_is_found_by_the_checkpoints(forge, settings, key):
    forge("UPDATE journal_event SET actor = 'user:nobody' WHERE seq = 12")
    restamp()

    assert verify().bad is None
    assert first_bad(settings, key) == 9  # the checkpoint at 8 still vouches for what is before


def test_an_older_database_put_back_is_found(forge, settings, key):
    forge("DELETE FROM journal_event WHERE seq > 4")
    restamp()

    assert first_bad(settings, key) == 5


def test_the_same_head_is_signed_once(history, settings, key):
    again = checkpoints.write(key, now())

    assert checkpoints.write(key, now()) == again
    assert len(settings.CHECKPOINT_FILE.read_text().splitlines()) == 3


def test_a_forged_checkpoint_is_refused(history, settings, key):
    path = settings.CHECKPOINT_FILE
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines[0]["hash"] = hashlib.sha256(b"x").hexdigest()
    path.write_text("\n".join(json.dumps(line) for line in lines))

    with pytest.raises(checkpoints.Forged):
        verify(path, key.public_key())


def test_the_command_says_which_event(forge, settings, key, capsys):
    call_command("journal", "verify", "--checkpoints", str(settings.CHECKPOINT_FILE))
    assert "20 events verified, 2 checkpoints agree" in capsys.readouterr().out

    forge("UPDATE journal_event SET actor = 'user:nobody' WHERE seq = 5")
    with pytest.raises(CommandError, match="first bad seq: 5"):
        call_command("journal", "verify")


def test_a_checkpoint_is_due_after_ten_minutes(db, key):
    step(1)
    assert checkpoints.write_if_due(now()).seq == 1
    assert checkpoints.write_if_due(now()) is None
    step(2)
    assert checkpoints.write_if_due(now()) is None
    assert checkpoints.write_if_due(now() + timedelta(seconds=601)).seq == 2


def test_a_checkpoint_is_due_after_a_thousand_events(db, key, monkeypatch):
    assert checkpoints.EVERY_EVENTS == 1000
    monkeypatch.setattr(checkpoints, "EVERY_EVENTS", 5)
    moment = now()
    step(1)
    assert checkpoints.write_if_due(moment).seq == 1
    for number in range(2, 6):
        step(number)
    assert checkpoints.write_if_due(moment) is None
    step(6)

    assert checkpoints.write_if_due(moment).seq == 6


def test_the_chain_goes_on_in_a_new_epoch(history):
    before = Head.objects.get(pk=1).epoch
    begin(at=now())
    step(21)

    assert Head.objects.get(pk=1).epoch != before
    assert verify().bad is None


def test_triggers_are_made_again_by_each_migrate(db):
    with connection.cursor() as cursor:
        name = (
            "journal_event_no_update"
            if connection.vendor == "sqlite"
            else ("journal_event_no_change ON journal_event")
        )
        cursor.execute(f"DROP TRIGGER {name}")
    assert len(missing()) == 1

    prepare()
    prepare()

    assert missing() == set()


def test_a_float_has_no_canonical_text():
    with pytest.raises(ValueError, match="float"):
        chain.link(uuid4(), 1, chain.START, {"x": [1.5]})
