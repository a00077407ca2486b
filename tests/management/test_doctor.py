"""``manage.py doctor`` says each thing that is wrong, and is content with a desk that is well kept."""

import secrets
import subprocess
import sys
from datetime import timedelta

import pytest
from django.core.management import call_command

from csirt.environment import MailServer, age_identity, age_recipient, signing_key
from csirt.journal import checkpoints, ledger
from csirt.journal.checkpoints import private_key
from csirt.journal.models import Consumer, Head, Parked
from csirt.journal.upkeep import BACKUP_MADE
from csirt.kernel.clock import now
from csirt.management import checkups
from incidents import upkeep
from tests.conftest import SERVICES
from tests.migrated import lay
from tests.people import file_case
from tools import machine
from tools.servers import free_port

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kept(settings, tmp_path, monkeypatch):
    """A desk that is well kept, but for mail, which other tests speak to."""
    settings.LOCAL = False
    settings.SECRET_KEY = secrets.token_urlsafe(48)
    settings.CODE_KEY = secrets.token_urlsafe(48).encode()
    settings.SEEDS_KEY = secrets.token_urlsafe(48).encode()
    settings.PEPPERS = {1: secrets.token_hex(16).encode()}
    settings.CHECKPOINT_KEY = signing_key()
    settings.CHECKPOINT_FILE = tmp_path / "checkpoints.jsonl"
    settings.LEDGER_FILE = tmp_path / "ledger.jsonl"
    settings.ALLOWED_HOSTS = ["csirt.exemple.fr"]
    settings.ORIGINS = ["https://csirt.exemple.fr"]
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    settings.STATIC_ROOT = tmp_path
    settings.LEGAL = dict.fromkeys(settings.LEGAL, "Quelqu'un")
    settings.EVIDENCE_RESERVE = 0
    settings.RETENTION = "off"
    settings.IMAP = MailServer(host="127.0.0.1", port=free_port())
    monkeypatch.setattr(checkups, "_LEAST_FREE", 0)
    monkeypatch.setattr(checkups, "_device", id)
    (tmp_path / "staticfiles.json").touch()
    file_case()
    for consumer in Consumer.objects.all():
        consumer.seq = Head.objects.get().seq
        consumer.save()
    upkeep.saw_worker(now())
    checkpoints.write(private_key(), now())
    ledger.write_due(now())
    (tmp_path / "checkpoints.jsonl.copied").touch()
    made(now())
    return settings


def made(at, missing=0):
    """Note a backup made then."""
    from csirt.journal import change, record
    from csirt.journal.epoch import SYSTEM

    @change
    def note():
        data = {"file": "x", "size": 1, "seconds": 1, "missing": missing}
        record(BACKUP_MADE, Head.objects.get(), by=SYSTEM, at=at, data=data)

    note()


def said(capsys):
    """Return what is wrong, mail apart."""
    try:
        call_command("doctor", without=["mail_out", "mail_in"])
    except SystemExit:
        lines = capsys.readouterr().out.splitlines()
        assert "wrong. docs/operating.md" in lines[-1]
        return lines[:-1]
    assert "Nothing is wrong" in capsys.readouterr().out
    return []


def only(capsys, *words):
    (line,) = said(capsys)
    assert all(word in line for word in words), line


def test_a_desk_well_kept(kept, capsys):
    assert said(capsys) == []


def test_what_keeps_it_from_starting_is_said_too(kept, capsys):
    kept.SECRET_KEY = "short"
    only(capsys, "start: ", "CSIRT_SECRET_KEY")


def test_no_proxy(kept, capsys):
    kept.TRUSTED_PROXIES = []
    only(capsys, "CSIRT_TRUSTED_PROXIES")


@pytest.mark.parametrize("name", ["10.0.0.0/8", "proxy.exemple.fr"])
def test_a_proxy_that_is_no_address(kept, capsys, name):
    kept.TRUSTED_PROXIES = ["127.0.0.1", "::1", name]
    only(capsys, "proxy: ", f"names {name}, which is no address")


def test_redis_away(kept, capsys):
    kept.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    only(capsys, "Redis does not answer")


def test_a_redis_address_that_is_none(kept, capsys):
    kept.REDIS_URL = "127.0.0.1:6379"
    only(capsys, "redis: ", "CSIRT_REDIS_URL is no address")


@pytest.mark.skipif(not SERVICES, reason="about PostgreSQL")
def test_postgresql_without_redis(kept, capsys):
    kept.REDIS_URL = ""
    only(capsys, "CSIRT_REDIS_URL is not set")


def test_mail_that_goes_nowhere(kept, capsys):
    kept.EMAIL_HOST, kept.EMAIL_PORT = "127.0.0.1", free_port()
    kept.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert [*checkups.mail_out()] == [
        "The mail server 127.0.0.1 does not take us (ConnectionRefusedError)."
    ]
    assert "does not open (ConnectionRefusedError)" in next(checkups.mail_in())
    kept.EMAIL_HOST, kept.IMAP = "", MailServer()
    assert "CSIRT_SMTP_URL" in next(checkups.mail_out())
    assert "CSIRT_IMAP_URL" in next(checkups.mail_in())


def test_a_clock_that_ran_back(kept, capsys):
    made(now() + timedelta(hours=1))
    only(capsys, "in the future")


def test_a_disk_that_is_nearly_full(kept, capsys, monkeypatch):
    monkeypatch.setattr(checkups, "_LEAST_FREE", 1.1)
    assert {line.partition(" has ")[0].split()[0] for line in said(capsys)} == {"disk:"}


def test_a_folder_that_cannot_be_written(kept, capsys, tmp_path):
    (tmp_path / "file").touch()
    evidence = tmp_path / "file" / "evidence"  # even root makes no folder there
    own = kept.STORAGES["default"] | {"OPTIONS": {"location": evidence}}
    kept.STORAGES = kept.STORAGES | {"default": own}

    only(capsys, "disk: ", f"may not write to {evidence}", "ReadWritePaths")


def test_an_antivirus_that_does_not_answer(kept, capsys):
    kept.CLAMD = f"127.0.0.1:{free_port()}"
    only(capsys, "antivirus", "unscanned")


def test_evidence_that_the_worker_could_not_open(kept, capsys):
    kept.EVIDENCE_RECIPIENTS = [age_recipient(age_identity())]
    only(capsys, "CSIRT_EVIDENCE_RECIPIENT names a key")


def test_keys_of_age_that_are_none(kept, capsys):
    kept.EVIDENCE_IDENTITIES = ["AGE-SECRET-KEY-1FAUX"]
    only(capsys, "start: ", "CSIRT_EVIDENCE_IDENTITY is not an age identity")
    kept.EVIDENCE_IDENTITIES, kept.BACKUP_RECIPIENTS = [], ["age1faux"]
    only(capsys, "backup: ", "CSIRT_BACKUP_RECIPIENT is not an age recipient")


def test_no_worker(kept, capsys):
    upkeep.saw_worker(now() - timedelta(minutes=2))
    only(capsys, "No worker")


def test_a_consumer_that_lags_and_one_that_gave_up(kept, capsys):
    Consumer.objects.filter(name="teller").update(seq=0)
    lagging = upkeep.facts(now() + timedelta(minutes=5)).lag["teller"]
    assert lagging[1] > 200
    Parked.objects.create(consumer="teller", seq=1, error="x", at=now())
    only(capsys, "1 events were given up")


def test_events_that_nobody_signed(kept, capsys, monkeypatch):
    monkeypatch.setattr(checkups, "_DAY", timedelta(0))
    assert any("bear no signed checkpoint" in line for line in said(capsys))


def test_checkpoints_that_stay_here(kept, capsys):
    kept.CHECKPOINT_FILE.with_name("checkpoints.jsonl.copied").unlink()
    only(capsys, "checkpoints.jsonl does not leave this machine")


def test_a_backup_that_is_old_or_lacks_files(kept, capsys):
    made(now() - timedelta(days=3), missing=2)
    lines = said(capsys)
    assert "The last backup is of" in lines[0]
    assert "2 files of evidence" in lines[1]
    kept.BACKUP_RECIPIENTS = []
    assert "CSIRT_BACKUP_RECIPIENT is not set" in said(capsys)[0]


def test_backups_on_the_disk_of_the_desk(kept, capsys, monkeypatch):
    monkeypatch.setattr(checkups, "_device", lambda _path: 1)
    only(capsys, "Backups are on the disk of the desk")


def test_legal_words_that_are_missing(kept, capsys):
    kept.LEGAL = kept.LEGAL | {"dpo": ""}
    only(capsys, "CSIRT_LEGAL_DPO")


def first_run(folder, *more):
    words = ["--host", "csirt.exemple.fr", "--name", "CSIRT d'Exemple", "--phone", "05 00 00 00 00"]
    words += ["--email", "csirt@exemple.fr", "--admin", "ada@exemple.fr", *more]
    return subprocess.run(
        [sys.executable, "-m", "tools.first_run", "--folder", folder, *words],
        cwd=machine.ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def settings_of(path):
    lines = [line.partition("=") for line in path.read_text().splitlines() if line[0] != "#"]
    return {name: value.strip('"') for name, _, value in lines}


@pytest.mark.once
def test_a_first_run_writes_settings_with_which_a_desk_starts(tmp_path):
    folder = tmp_path / "etc"
    told = first_run(folder)
    assert told.returncode == 0, told.stderr
    assert "manage.py invite ada@exemple.fr" in told.stdout
    desk, worker = settings_of(folder / "desk.env"), settings_of(folder / "worker.env")
    assert not set(desk) & set(worker)
    offline = (folder / "offline" / "backup.key").read_text()
    assert desk["CSIRT_BACKUP_RECIPIENT"] == age_recipient(offline.split()[-1])
    assert offline.split()[-1] not in (folder / "desk.env").read_text()
    for path in folder.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0

    var = tmp_path / "var"
    var.mkdir()
    lay(var / "desk.sqlite3")
    (var / "static").mkdir()
    (var / "static" / "staticfiles.json").write_text("{}")
    own = {"CSIRT_VAR": str(var), "CSIRT_DATABASE_URL": f"sqlite:///{var / 'desk.sqlite3'}"}
    found = subprocess.run(
        [sys.executable, "manage.py", "doctor"],
        cwd=machine.ROOT, env={"PATH": "/usr/bin:/bin", **desk, **worker, **own},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert found.returncode == 1
    assert "start: " not in found.stdout, found.stdout + found.stderr
    assert "backup: No backup was ever made" in found.stdout
    assert "wrong. docs/operating.md" in found.stdout


@pytest.mark.once
def test_a_first_run_overwrites_nothing(tmp_path):
    assert first_run(tmp_path).returncode == 0
    before = (tmp_path / "desk.env").read_text()

    again = first_run(tmp_path)
    assert again.returncode == 1
    assert "nothing was written" in again.stdout
    assert (tmp_path / "desk.env").read_text() == before
    odd = first_run(tmp_path / "other", "--prefix", "$(id)")
    assert "CSIRT_REFERENCE_PREFIX" in odd.stderr
    assert not (tmp_path / "other").exists()
