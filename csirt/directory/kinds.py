"""The kinds of events that the directory writes: names of fields, never what they hold."""

from csirt.journal import declare

ORGANISATION_CREATED = declare("organisation.created", kind="token")
ORGANISATION_EDITED = declare("organisation.edited", fields="tokens")
ORGANISATION_JOINED = declare(
    "organisation.joined", joined="token", contacts="int", agreements="int"
)
CONTACT_ADDED = declare("contact.added", organisation="token")
CONTACT_EDITED = declare("contact.edited", organisation="token", fields="tokens")
TRUST_CHANGED = declare("contact.trust_changed", organisation="token", changes="changes")
OPERATOR_CREATED = declare("operator.created")
OPERATOR_EDITED = declare("operator.edited", fields="tokens")
SETTING_CHANGED = declare("setting.changed", setting="token", number="int")
# These two open and close the cases of an organisation to the people of an operator.
AGREED = declare("operator.agreed", organisation="token")
ENDED = declare("operator.ended", organisation="token")
MEMBER_ADDED = declare("operator.member_added", user="token")
MEMBER_REMOVED = declare("operator.member_removed", user="token")
