"""Logs as lines of JSON, ours and those of libraries, without personal data or secrets.

Ours name an event and plain values. Of a library's line only what cannot hold a value is kept: who wrote
it, where, its words before they were filled in, and the kind and place of a fault.
"""

import json
import logging
import sys
from collections.abc import MutableMapping
from typing import Any

from csirt.kernel import faults
from csirt.kernel.clock import now, stamp


def without_values(
    _logger: object, _name: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Say of a fault its kind and where it was raised (a processor of structlog)."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event.update(faults.told(error))
    return event


class Lines(logging.Formatter):
    """What libraries log, as lines like ours."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line of JSON."""
        line: dict[str, Any] = {
            "event": "library",
            "logger": record.name,
            "where": f"{record.module}:{record.lineno}",
            "level": record.levelname.lower(),
            "timestamp": stamp(now()),
        }
        if record.args and isinstance(record.msg, str):
            line["words"] = record.msg[:200]  # not filled in
        if record.exc_info and record.exc_info[1]:
            line |= faults.told(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)
