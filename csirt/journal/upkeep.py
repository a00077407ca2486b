"""What the journal says of the desk's own upkeep; about the head, by the system."""

from csirt.journal.kinds import declare

BACKUP_MADE = declare("backup.made", file="token", size="int", seconds="int", missing="int")
BACKUP_RESTORED = declare("backup.restored", file="token", after="int", again="int")
