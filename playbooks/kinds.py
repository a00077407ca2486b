"""The kinds of events that playbooks write. Identifiers and plain values only.

A step that is bound to a legal duty says so: ``step.changed`` with ``duty`` and the state it came to.
"""

from csirt.journal import declare

PROPOSED = declare("playbook.proposed", playbook="token", category="token")
ATTACHED = declare("playbook.attached", playbook="token", edition="token", steps="int")
DETACHED = declare("playbook.detached", playbook="token", done="int")
DECLINED = declare("playbook.declined", playbook="token", category="token")
STEP_CHANGED = declare(
    "step.changed", playbook="token", step="token", state="token", previous="token", duty="token"
)
STEP_NOTED = declare("step.noted", playbook="token", step="token", evidence="token")
STEP_ASSIGNED = declare(
    "step.assigned", playbook="token", step="token", role="token", previous="token"
)
STEP_SHOWN = declare("step.shown", playbook="token", step="token", visible="bool")
STEPS_CONCERNED = declare("step.concerned", playbook="token", now="tokens", no_longer="tokens")

EDITION_PROPOSED = declare("edition.proposed", playbook="token", label="token", sha256="token")
EDITION_PUBLISHED = declare("edition.published", playbook="token", label="token", sha256="token")
EDITION_REFUSED = declare("edition.refused", playbook="token", label="token", sha256="token")

LESSON_PROPOSED = declare("lesson.proposed", playbook="token", step="token")
LESSON_TAKEN = declare("lesson.taken", playbook="token", step="token", label="token")
LESSON_REFUSED = declare("lesson.refused", playbook="token", step="token")
LESSON_WITHDRAWN = declare("lesson.withdrawn", playbook="token", step="token")

# Nothing of what is answered: a kit is read by its own body and by who counsels it.
KIT_OPENED = declare("kit.opened", counselled="bool")
KIT_DONE = declare("kit.done")
KIT_DELETED = declare("kit.deleted")
KIT_REMINDER_ASKED = declare("kit.reminder_asked", text="token")
KIT_REMINDER_ENDED = declare("kit.reminder_ended")
KIT_AGAIN = declare("kit.again", kit="token")

PREVENTION_NOTED = declare("prevention.noted", organisation="token", work="token")
PREVENTION_REMOVED = declare("prevention.removed", organisation="token", work="token")
