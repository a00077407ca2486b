"""The kinds of events that people's accounts write.

Two of them end rights at once, and whoever holds a socket open listens for them:
``user.sessions_ended`` (every socket of that person) and ``user.logged_out`` (the sockets of the
session it names, see ``csirt.accounts.sessions.name_of``). After ``user.proved_again`` that session,
and its sockets, have another name.
"""

from csirt.journal import declare

INVITED = declare("user.invited", role="token", reset="bool", replaced="int")
UNINVITED = declare("user.invitation_revoked", role="token", reset="bool")
JOINED = declare("user.joined", role="token", invitation="token")
ROLE_CHANGED = declare("user.role_changed", old="token", new="token")
DISABLED = declare("user.disabled")
ENABLED = declare("user.enabled")
LOGGED_IN = declare("user.logged_in", session="token", methods="tokens", known="bool")
PROVIDER_LINKED = declare("user.provider_linked", provider="token")
BREAK_GLASS_USED = declare("user.break_glass_used", session="token", methods="tokens")
LOGGED_OUT = declare("user.logged_out", session="token")
PROVED_AGAIN = declare("user.proved_again", session="token", now="token", methods="tokens")
DEVICE_FORGOTTEN = declare("user.device_forgotten", device="token")
SECOND_FACTOR_ADDED = declare("user.second_factor_added", type="token", replaced="bool")
SECOND_FACTOR_REMOVED = declare("user.second_factor_removed", type="token")
RESET_ASKED = declare("user.second_factor_reset_asked")
RESET_DROPPED = declare("user.second_factor_reset_dropped")
SECOND_FACTOR_RESET = declare("user.second_factor_reset", asked_by="token")
RECOVERY_CODES_MADE = declare("user.recovery_codes_made")
PASSWORD_CHANGED = declare("user.password_changed", by_link="bool")
SESSIONS_ENDED = declare("user.sessions_ended", count="int", why="token")
PREFERENCES_CHANGED = declare("user.preferences_changed", changes="changes")
TOKEN_ISSUED = declare(
    "user.token_issued", prefix="token", scopes="tokens", expires="token", person="token"
)
TOKEN_REVOKED = declare("user.token_revoked", prefix="token")
TOKEN_USED = declare("user.token_used", prefix="token")
