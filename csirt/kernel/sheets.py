"""Tables that a spreadsheet opens: what people wrote stays text in every cell (OWASP ASVS 1.2.10)."""

from collections.abc import Iterable

from csirt.kernel.text import clean_line

BOM = "\ufeff"  # by it Excel reads UTF-8
_BEGINS = tuple("=+-@\uff1d\uff0b\uff0d\uff20\u2212|%")
_BEFORE = " \"'`\u00a0\u202f\u200b\u200e\u200f\u2018\u2019\u201c\u201d\u00ab\u00bb;,"


def cell(value: object) -> str:
    """Return *value* on one line; behind an apostrophe when a spreadsheet could reckon with it."""
    text = clean_line(str(value))
    return f"'{text}" if text.lstrip(_BEFORE).startswith(_BEGINS) else text


def line(values: Iterable[object]) -> str:
    """Return one line, as French spreadsheets read it: semicolons, every cell quoted."""
    return ";".join('"' + cell(value).replace('"', '""') + '"' for value in values) + "\r\n"
