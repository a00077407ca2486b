"""What ``deploy/`` holds fits the desk: its settings, its commands, its paths."""

import os
import re
import shutil
import subprocess

import pytest
from django.core.management import get_commands

from tests.test_documents import settings
from tools import machine

pytestmark = pytest.mark.once
DEPLOY = machine.ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())


def test_the_example_names_settings_that_exist():
    named = set(re.findall(r"CSIRT_[A-Z0-9_]+", (DEPLOY / "desk.env.example").read_text()))
    known = settings("csirt/settings.py") | settings("csirt/environment.py")

    assert {name.removesuffix("_FILE") for name in named} <= known


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_starts_a_command_that_exists(unit):
    text = unit.read_text()
    for command in re.findall(r"manage\.py (\S+)", text):
        assert command in get_commands()
    if unit.suffix == ".timer":
        assert unit.with_suffix(".service").exists()
    else:
        assert "User=desk" in text
        assert "NoNewPrivileges=yes" in text
        assert ("worker.env" in text) == (
            unit.name in {"desk-tend@.service", "desk-doctor.service"}
        )


def test_a_unit_reads_no_file_of_root_by_itself():
    """Processes run as desk, and systemd reads the settings of root: a key's file needs its hand."""
    for name in ("desk-tend@.service", "desk-doctor.service"):
        text = (DEPLOY / "systemd" / name).read_text()
        assert "LoadCredential=checkpoint.pem:/etc/desk/checkpoint.pem" in text
        assert "CSIRT_CHECKPOINT_KEY_FILE=${CREDENTIALS_DIRECTORY}/checkpoint.pem" in text
    for unit in UNITS:
        if unit.name not in {"desk-tend@.service", "desk-doctor.service"}:
            assert "checkpoint.pem" not in unit.read_text()


@pytest.mark.parametrize("unit", ["desk-web@", "desk-tend@", "desk-backup", "desk-doctor"])
def test_a_unit_may_write_where_the_example_puts_files(unit):
    text = (DEPLOY / "systemd" / f"{unit}.service").read_text()
    (line,) = re.findall(r"^ReadWritePaths=(.*)$", text, re.MULTILINE)
    open_to = [word.removeprefix("-") for word in line.split()]
    needed = {"CSIRT_VAR", "CSIRT_EVIDENCE_FOLDER"}
    if unit in {"desk-backup", "desk-doctor"}:
        needed.add("CSIRT_BACKUP_FOLDER")
    example = (DEPLOY / "desk.env.example").read_text()
    for name, folder in re.findall(r'^(CSIRT_\w+)="(/.*)"$', example, re.MULTILINE):
        if name in needed:
            needed.remove(name)
            assert any(folder.startswith(path) for path in open_to), folder
    assert not needed


@pytest.fixture
def copied(tmp_path):
    """Two folders, and what copies from one to the other."""
    if shutil.which("rsync") is None:
        pytest.skip("rsync is not installed")
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()

    def copy():
        environment = {"PATH": os.environ["PATH"], "DESK_ELSEWHERE": f"{there}/"}
        subprocess.run([DEPLOY / "copy.sh"], cwd=here, env=environment, check=True)
        return sorted(path.read_text() for path in there.iterdir())

    return here, copy


def test_what_grows_replaces_its_copy(copied):
    here, copy = copied
    (here / "ledger.jsonl").write_text("a\n")
    assert copy() == ["a\n"]
    assert copy() == ["a\n"]
    (here / "ledger.jsonl").write_text("a\nb\n")

    assert copy() == ["a\nb\n"]
    assert (here / "ledger.jsonl.copied").read_text() == "a\nb\n"


def test_a_shorter_file_after_a_restore_leaves_and_the_former_copy_stays(copied):
    here, copy = copied
    (here / "checkpoints.jsonl").write_text("a\nb\nc\n")
    copy()
    (here / "checkpoints.jsonl").write_text("d\n")
    assert copy() == ["a\nb\nc\n", "d\n"]
    (here / "checkpoints.jsonl.copied").unlink()  # another machine takes over
    (here / "checkpoints.jsonl").write_text("a\n")

    assert copy() == ["a\n", "a\nb\nc\n", "d\n"]


def test_no_log_of_the_proxy_holds_the_address_of_a_page():
    """Errors below crit write the request's line, and with it the secret of a link."""
    text = (DEPLOY / "nginx.conf").read_text()

    assert "access_log off;" in text
    assert re.findall(r"error_log (.*);", text) == ["/var/log/nginx/error.log crit"]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_reads_a_unit(unit, tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed")
    text = unit.read_text().replace("/opt/desk/.venv/bin/python", "/bin/true")
    name = unit.name.replace("@.", "@1.")
    copy = "/opt/desk/deploy/copy.sh"
    for other in UNITS:
        (tmp_path / other.name).write_text(other.read_text().replace(copy, "/bin/true"))
    (tmp_path / name).write_text(text.replace(copy, "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / name],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    ours = [line for line in done.stderr.splitlines() if str(tmp_path) in line or "desk-" in line]
    assert [line for line in ours if "Unknown" in line or "Invalid" in line] == []


def test_every_file_is_in_the_table():
    table = (DEPLOY / "README.md").read_text()
    for path in DEPLOY.rglob("*"):
        name = path.name if path.suffix != ".timer" else ".timer"
        assert path.is_dir() or path.name == "README.md" or name in table, path.name


def test_the_image_takes_no_secret_along():
    ignored = (machine.ROOT / ".dockerignore").read_text().split()

    assert {".git", "var", "*.env"} <= set(ignored)
    assert "USER desk" in (DEPLOY / "Containerfile").read_text()


def test_the_proxy_leads_pages_to_tls_and_refuses_programs_without_it():
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    plain = text.split("listen 80;")[1].split("listen 443")[0]
    for path in ("/api/", "/taxii2/"):
        assert re.search(rf"location {path} {{\s+return 403;", plain)
    assert "return 301 https://" in plain
    assert "ssl_protocols TLSv1.2 TLSv1.3;" in text
