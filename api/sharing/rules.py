"""Who may release what, and to whom (DESIGN.md sections 4 and 6). Plain values, no database."""

from csirt.accounts.roles import Role
from csirt.kernel.tlp import Tlp
from incidents.domain.lifecycle import State

CLEAR, GREEN, NAMED = "clear", "green", "named"
HIGHEST = {CLEAR: Tlp.CLEAR, GREEN: Tlp.GREEN, NAMED: Tlp.AMBER_STRICT}
"""The most that may enter a collection of each audience: AMBER goes to named partners only."""

RELEASABLE = frozenset({State.ACTIVE, State.WAITING, State.RECOVERY, State.REVIEW, State.CLOSED})
"""The states in which somebody has said what the case is."""


def may_enter(tlp: Tlp, *, audience: str, ceiling: Tlp) -> bool:
    """Tell whether content of *tlp* may be in a collection. RED never is."""
    return tlp != Tlp.RED and tlp <= min(ceiling, HIGHEST[audience])


def may_hold(ceiling: Tlp, *, audience: str) -> bool:
    """Tell whether a collection of *audience* may have this ceiling."""
    return ceiling <= HIGHEST[audience]


def may_release(role: Role, tlp: Tlp) -> bool:
    """Tell whether somebody may release at *tlp*; AMBER+STRICT needs a lead, RED nobody can."""
    if tlp == Tlp.RED:
        return False
    return role == Role.LEAD or (role == Role.ANALYST and tlp < Tlp.AMBER_STRICT)
