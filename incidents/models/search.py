"""The words of each case, and the one place that knows how each engine finds them.

SQLite keeps an FTS5 index beside the table by triggers; PostgreSQL a generated ``tsvector`` with a
GIN index. The migration ``0004_search`` makes both. Altering this table on SQLite would drop its
triggers in silence: a change of it makes them again.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection, models

from incidents.models.incident import Incident

_NEWEST = 2_000  # rows that PostgreSQL looks through without its index
_COMMON = 100  # found among these: reading on is cheaper than the index, which knows no order
_ALL = 2**63 - 1


class SearchText(models.Model):
    """What one case is found by: stems and tokens, a space between two, each once."""

    incident = models.OneToOneField(
        Incident, models.CASCADE, primary_key=True, related_name="search_text"
    )
    words = models.TextField()

    def __str__(self) -> str:
        return f"words of {self.incident_id}"


def hits(wanted: Sequence[str], *, most: int, below: int | None = None) -> list[int]:
    """Return the cases that have all the words *wanted*, at most *most*, the newest first.

    By primary key, those below *below* only. Whether somebody may see them is not asked here.
    Each of *wanted* is letters and digits.
    """
    if not all(word.isalnum() for word in wanted):
        raise ValueError(wanted)
    before = _ALL if below is None else below
    if connection.vendor == "sqlite":
        asked = " AND ".join(f'"{word}"' for word in wanted)
        return _keys(
            "SELECT rowid FROM incidents_search WHERE incidents_search MATCH %s AND rowid < %s"
            " ORDER BY rowid DESC LIMIT %s",
            [asked, before, most],
        )
    return _hits_of_postgresql(" & ".join(f"'{word}'" for word in wanted), most, before)


def _hits_of_postgresql(asked: str, most: int, before: int) -> list[int]:
    """Three ways, by how often the words stand in the newest cases: never the planner's guess.

    A GIN index gives no order: all its hits are read to find the newest. Reading backwards costs
    little for what is common, and everything for what is rare.
    """
    newest = _keys(
        "SELECT incident_id FROM (SELECT incident_id, vector FROM incidents_searchtext"
        " WHERE incident_id < %s ORDER BY incident_id DESC LIMIT %s) AS newest"
        " WHERE vector @@ %s::tsquery ORDER BY incident_id DESC LIMIT %s",
        [before, _NEWEST, asked, most],
    )
    if len(newest) == most:
        return newest
    if len(newest) >= _COMMON:
        return _keys(  # the function behind @@, which no index answers
            "SELECT incident_id FROM incidents_searchtext WHERE ts_match_vq(vector, %s::tsquery)"
            " AND incident_id < %s ORDER BY incident_id DESC LIMIT %s",
            [asked, before, most],
        )
    return _keys(
        "WITH found AS MATERIALIZED"
        " (SELECT incident_id FROM incidents_searchtext WHERE vector @@ %s::tsquery)"
        " SELECT incident_id FROM found WHERE incident_id < %s ORDER BY incident_id DESC LIMIT %s",
        [asked, before, most],
    )


def _keys(sql: str, params: list[Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [key for (key,) in cursor.fetchall()]


def purge() -> None:
    """Have SQLite's index forget what was deleted: until its parts are merged it stands in them.

    Reads and writes the whole index; for an erasure. PostgreSQL's vacuum does it by itself.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO incidents_search(incidents_search) VALUES ('optimize')")
