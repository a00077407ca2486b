"""The checkout itself: what is promised of it before any of its code runs."""

import os
import re
import subprocess
import tomllib

import pytest
from django.db import connection

from tests.conftest import SERVICES
from tools import machine

TRACKED = subprocess.run(
    ["git", "ls-files"], cwd=machine.ROOT, capture_output=True, text=True, check=True
).stdout.splitlines()


def text(path):
    return (machine.ROOT / path).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["requirements.lock", "deploy/requirements.lock"])
def test_the_lock_gives_a_hash_for_each_package_and_no_registry_address(name):
    lock = text(name)
    packages = re.findall(r"^\S+==\S+.*$", lock, re.MULTILINE)

    assert packages
    assert all(line.endswith("\\") for line in packages)
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links|--trusted-host", lock)


def test_what_a_desk_runs_with_is_what_was_tested_and_no_more():
    every, run = (
        set(re.findall(r"^[a-z0-9.-]+==[^ ]+", text(name), re.MULTILINE))
        for name in ("requirements.lock", "deploy/requirements.lock")
    )

    assert run < every
    assert not {"pytest", "playwright", "moto"} & {one.partition("==")[0] for one in run}


def test_each_declared_dependency_is_locked():
    project = tomllib.loads(text("pyproject.toml"))["project"]
    declared = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.split(r"[\[<>=!~; ]", line)[0].lower().replace("_", "-") for line in declared}
    locked = set(re.findall(r"^([a-z0-9.-]+)==", text("requirements.lock"), re.MULTILINE))

    assert names - locked == set()


def test_each_ignored_rule_of_style_has_its_reason():
    section = text("pyproject.toml").split("[tool.ruff.lint]")[1].split("[tool.ruff.lint.flake8")[0]
    rules = [line for line in section.splitlines() if re.match(r'  "[A-Z]', line)]

    assert rules
    assert [line for line in rules if " # " not in line] == []


def test_the_top_level_holds_what_the_architecture_says():
    tops = {path.split("/")[0] for path in TRACKED}

    assert {"csirt", "incidents", "playbooks", "api", "tests", "manage.py"} <= tops
    assert {"LICENSE", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "THREAT_MODEL.md"} <= tops


def test_nothing_local_is_committed():
    assert [path for path in TRACKED if path.startswith(("var/", ".venv/"))] == []
    assert "uv.lock" not in TRACKED


@pytest.mark.parametrize("script", [".ci/run"])
def test_scripts_can_be_run(script):
    assert os.access(machine.ROOT / script, os.X_OK)


def test_links_between_documents_lead_somewhere():
    links = [
        (path, target)
        for path in TRACKED
        if path.endswith(".md")
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text(path))
    ]

    assert [
        link for link in links if not (machine.ROOT / link[0]).parent.joinpath(link[1]).exists()
    ] == []


def test_the_licence_is_the_one_that_is_declared():
    assert tomllib.loads(text("pyproject.toml"))["project"]["license"]["text"] == "EUPL-1.2"
    assert text("LICENSE").lstrip().startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2")


@pytest.mark.django_db
def test_the_suite_runs_on_the_profile_that_was_asked_for():
    assert connection.vendor == ("postgresql" if SERVICES else "sqlite")


@pytest.mark.django_db
def test_an_acknowledged_write_is_a_durable_one():
    """Full sync stays on in tests: it is one of the things tested."""
    with connection.cursor() as cursor:
        if SERVICES:
            cursor.execute("show synchronous_commit")
            assert cursor.fetchone() == ("on",)
            cursor.execute("show fsync")
            assert cursor.fetchone() == ("on",)
        else:
            cursor.execute("pragma synchronous")
            assert cursor.fetchone() == (2,)
            cursor.execute("pragma journal_mode")
            assert cursor.fetchone() == ("wal",)


@pytest.mark.django_db
def test_each_change_of_a_model_has_its_migration():
    from django.core.management import call_command

    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
