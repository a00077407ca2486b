"""The kinds of events that working together writes."""

from csirt.journal import declare

NOTE_EDITED = declare("note.edited", note="token", number="int")
MENTIONED = declare("note.mentioned", note="token", people="tokens")
UNTAKEN = declare("incident.untaken", minutes="int")
TEAM_MAILED = declare("team.mailed", about="token", tries="int")
DUTY_ADDED = declare("duty.added", user="token", begins="token", ends="token")
DUTY_REMOVED = declare("duty.removed", user="token", begins="token", ends="token")
HANDED_OVER = declare("desk.handed_over", since="token")
TAKEN_OVER = declare("desk.taken_over", author="token")
