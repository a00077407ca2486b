"""A fault without what it was about: where it happened, never a value or a message.

The text of an exception may hold a name, an address, a password; where it was raised does not.
"""

from types import TracebackType
from typing import Any

_DEEPEST = 12  # frames, the nearest to the fault


def told(error: BaseException) -> dict[str, Any]:
    """Return the kinds of *error* and of what caused it, and where each was raised."""
    found: dict[str, Any] = {"error": type(error).__name__, "at": frames(error.__traceback__)}
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and cause is not error:
        found["cause"] = {"error": type(cause).__name__, "at": frames(cause.__traceback__)[-3:]}
    return found


def frames(trace: TracebackType | None) -> list[str]:
    """Return file, line and function of the deepest frames, the fault last."""
    found = []
    while trace is not None:
        code = trace.tb_frame.f_code
        file = "/".join(code.co_filename.split("/")[-3:])
        found.append(f"{file}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return found[-_DEEPEST:]
