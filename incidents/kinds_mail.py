"""The kinds of events that mail writes."""

from csirt.journal import declare

NOTICE_SENT = declare("notice.sent", channel="token", tries="int")
NOTICE_PARKED = declare("notice.parked", channel="token", tries="int")
NOTICE_WITHHELD = declare("notice.withheld", channel="token", trust="token")
NOTICE_RETRIED = declare("notice.retried", channel="token")
NOTICE_DROPPED = declare("notice.dropped", channel="token")
ADDRESS_JUDGED = declare(
    "address.judged", channel="token", trust="token", previous="token", why="token"
)
MAIL_WORDS_ONLY = declare("mail.words_only", mail="token", size="int")
MAIL_SETTLED = declare("mail.settled", mail="token", outcome="token")
