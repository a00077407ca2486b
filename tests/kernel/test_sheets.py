"""SECURITY.md C9: what a spreadsheet could take for a formula is text in every cell."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csirt.kernel.sheets import cell, line

BEGINS = "=+-@＝＋－＠−"


@pytest.mark.parametrize(
    "text",
    [
        "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", '"=1', "'=1", "＝1", "＋1",
        "－1", "＠x", "\u00a0=1", "“=1", ";=1", "=cmd|' /C calc'!A0", "|calc", "%0A=1",
        "\u200b=1", '=HYPERLINK("https://mechant.example")',
    ],
)  # fmt: skip
def test_what_begins_a_formula_stands_behind_an_apostrophe(text):
    assert cell(text).startswith("'")


@pytest.mark.parametrize("text", ["Mairie", "12", "2026-11-12", "a=b", "user:1-2", "é", ""])
def test_other_words_stay_as_they_are(text):
    assert cell(text) == text


@given(st.lists(st.text(), min_size=1, max_size=5))
def test_a_line_reads_back_as_cells_of_which_none_is_a_formula(values):
    written = line(values)
    [read] = csv.reader(io.StringIO(written), delimiter=";")

    assert read == [cell(value) for value in values]
    assert written.count("\n") == 1
    for one in read:
        assert one.strip(" \"'\t\r\n\u00a0")[:1] not in {*BEGINS} or one.startswith("'")
        assert one[:1] not in {*BEGINS, "\t", "\r"}
