"""What ``deploy/`` holds fits the desk: its settings, its commands, its paths."""

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


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_reads_a_unit(unit, tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed")
    text = unit.read_text().replace("/opt/desk/.venv/bin/python", "/bin/true")
    name = unit.name.replace("@.", "@1.")
    for other in UNITS:
        (tmp_path / other.name).write_text(other.read_text().replace("/usr/bin/rsync", "/bin/true"))
    (tmp_path / name).write_text(text.replace("/usr/bin/rsync", "/bin/true"))
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
