"""The kinds of events that an exercise writes. They stand on the play, on no case: the team reads those."""

from csirt.journal import declare

BEGUN = declare("exercise.begun", scenario="token")
PAUSED = declare("exercise.paused")
RESUMED = declare("exercise.resumed")
PACED = declare("exercise.paced", percent="int")
ENDED = declare("exercise.ended")
DELIVERED = declare("inject.delivered", inject="token", channel="token", early="bool")
SKIPPED = declare("inject.skipped", inject="token")
PUT_BACK = declare("inject.put_back", inject="token")
FAILED = declare("inject.failed", inject="token", reason="tokens")
TAKEN = declare("inject.taken", inject="token")
RULED = declare("hotwash.ruled", inject="token", number="int", met="bool")
NOTED = declare("hotwash.noted", number="int")
