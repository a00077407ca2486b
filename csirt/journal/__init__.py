"""The journal: every change of state is one row, written in the change's own transaction.

It is the audit trail, the timeline, the outbox, the source of the live console and the way rights
are revoked (DESIGN.md section 3). The door is ``@change`` and ``record()``.
"""

from csirt.journal.change import change, record, withdraws
from csirt.journal.kinds import Kind, declare
from csirt.journal.reading import consistent_read

__all__ = ["Kind", "change", "consistent_read", "declare", "drain", "record", "withdraws"]


def drain() -> int:
    """Run every consumer until nothing is left, in tests and in commands; return the events read."""
    from csirt.journal.consumers import drain as run  # models are not loaded yet at import

    return run()
