"""The guides say what the code does: its settings, its security cases, its words."""

import re
from collections import Counter
from importlib import import_module

import pytest

from api.models import Collection, Release
from csirt.accounts.roles import Role
from csirt.directory.models import Contact, VictimKind
from incidents.domain.lifecycle import TRANSITIONS, State
from incidents.models import Channel, Kind, ObservableRole, Priority
from tools import machine

CASES = {
    "A6",
    "A7",
    "A10",
    "A11",
    "F1",
    "F3",
    "F4",
    "F5",
    "F7",
    "F11",
}  # each has a test of its own


def text(path):
    return (machine.ROOT / path).read_text(encoding="utf-8")


def rows(path):
    """Return the rows of a document's tables, without their heads."""
    lines = [line for line in text(path).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]


def settings(path):
    return set(re.findall(r'"(CSIRT_[A-Z0-9_]+)"', text(path)))


def test_each_setting_has_its_line_in_the_operating_guide_and_no_other():
    described = {
        name
        for first, *_ in rows("docs/operating.md")
        for name in re.findall(r"`(CSIRT_[A-Z0-9_]+)`", first)
    }

    assert described == settings("csirt/settings.py") | settings("csirt/environment.py")


def test_a_setting_is_read_from_one_place_only():
    read = re.compile(r"environ(?:\.get)?[\[(]\s*\"(CSIRT_\w+)\"")
    elsewhere = {
        str(path.relative_to(machine.ROOT)): read.findall(path.read_text(encoding="utf-8"))
        for room in ("csirt", "incidents", "playbooks", "api")
        for path in (machine.ROOT / room).rglob("*.py")
    }

    assert {path: names for path, names in elsewhere.items() if names} == {}


def test_each_security_case_is_shown_or_has_its_reason():
    cases = [row for row in rows("docs/security-cases.md") if re.match(r"[A-F]\d", row[0])]
    named = [path for row in cases for path in re.findall(r"`(tests/[^`]+)`", row[2])]

    assert [path for path in named if not (machine.ROOT / path).is_file()] == []
    assert [row[0] for row in cases if not re.search(r"`tests/|later: |N/A: ", row[2])] == []
    assert len({row[0].split()[0] for row in cases}) == len(cases)


# What a case's line says of its test, with the constant of the test that it is said of.
FIGURES = [
    ("A3", "a03_code_guessing", "TRIES", "({} tries from one address, {} from"),
    ("A4", "a04_lookup_timing", "TRIES", "(best of {:word})"),
    ("A6", "a06_double_click", "FORMS", "{} forms in the suite"),
    ("A7", "a07_reply_lost", "FORMS", "({} forms)"),
    ("A7", "a07_reply_lost", "FILES", "({} files)"),
    ("A12", "a12_slow_body", "SLOW", "({})"),
    ("B8", "b08_kill_while_uploading", "KILLS", "{} kills in the suite"),
    ("C17", "c17_enumeration", "TRIES", "looked at {:word} times at most"),
    ("E8", "e08_many_sockets", "SOCKETS", "{} sockets at one process"),
    ("F2", "f02_kill_between_transitions", "MOVES", "({} acts"),
    ("F2", "f02_kill_between_transitions", "KILLS", "{} kills)"),
    ("F5", "f05_redis_faults", "SUBMITS", "{} reports"),
    ("F5", "f05_redis_faults", "CONSOLES", "{} consoles"),
    ("F11", "f11_sqlite_writers", "SECONDS", "{} seconds in the suite"),
]
NUMBERS = {3: "three", 6: "six"}


@pytest.mark.parametrize(("case", "file", "constant", "words"), FIGURES)
def test_a_case_says_the_figure_that_its_test_runs_with(case, file, constant, words):
    (row,) = [row for row in rows("docs/security-cases.md") if row[0].split()[0] == case]
    figure = getattr(import_module(f"tests.security.test_{file}"), constant)

    said = words.replace("{:word}", NUMBERS.get(figure, "")).replace("{}", f"{figure:,}")
    assert said in f"{row[1]} {row[2]}"


# OWASP ASVS 5.0.0: how many requirements of level 1 and 2 each chapter has.
ASVS = (
    {1: 27, 2: 11, 3: 19, 4: 10, 5: 9, 6: 35, 7: 18, 8: 7, 9: 7, 10: 29, 11: 14}
    | {12: 9, 13: 13, 14: 9, 15: 13, 16: 16, 17: 7}
)  # fmt: skip


def test_each_requirement_of_asvs_is_shown_or_has_its_reason():
    lines = [row for row in rows("docs/asvs.md") if re.match(r"\d+\.\d+\.\d+$", row[0])]
    named = [path for row in lines for path in re.findall(r"`(tests/[^`]+)`", row[3])]

    assert [path for path in named if not (machine.ROOT / path).is_file()] == []
    reason = r"`tests/|N/A|not met: |in part: |not met, on purpose: |\]\("
    assert [row[0] for row in lines if not re.search(reason, row[3])] == []
    assert len({row[0] for row in lines}) == len(lines)
    assert dict(Counter(int(row[0].split(".")[0]) for row in lines)) == ASVS


@pytest.mark.parametrize("case", sorted(CASES))
def test_a_case_of_reports_and_faults_has_a_file_of_its_own(case):
    (row,) = [row for row in rows("docs/security-cases.md") if row[0].split()[0] == case]

    assert f"`tests/security/test_{case[0].lower()}{int(case[1:]):02}_" in row[2]


LISTS = (
    Role,
    Kind,
    Priority,
    Channel,
    VictimKind,
    ObservableRole,
    Collection.Audience,
    Release.State,
    Contact.Trust,
)
WORDS = [
    *((state.label, state.value) for state in State),
    *((act.label, act.name) for act in TRANSITIONS.values()),
    *((choice.label, choice.value) for words in LISTS for choice in words),
]


@pytest.mark.parametrize(("label", "name"), WORDS)
def test_each_word_of_a_screen_stands_in_the_glossary_with_its_name(label, name):
    assert [str(label), f"`{name}`"] in [row[:2] for row in rows("docs/glossary.md")]
