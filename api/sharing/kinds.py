"""The kinds of events that sharing writes. Identifiers and plain values only."""

from csirt.journal import declare

PREVIEWED = declare(
    "share.previewed", sha256="token", collections="tokens", objects="int", held_back="int"
)
CHOSEN = declare("share.chosen", techniques="tokens", left_out="int", note="bool", named="int")
RELEASED = declare("share.released", sha256="token", collections="tokens", tlp="token")
RELEASE_UNDONE = declare("share.release_undone", sha256="token")
PUBLISHED = declare("share.published", sha256="token", collections="tokens", added="int")
FAILED = declare("share.failed", sha256="token", why="token")
WITHDRAWN = declare(
    "share.withdrawn",
    why="token",
    collections="tokens",
    objects="int",
    partners="tokens",  # those who had already pulled: they are to be told
    programs="tokens",  # prefixes of the tokens that pulled
)
REVOKED = declare(
    "share.revoked",
    schema=2,
    object="token",
    objects="tokens",  # with its relationships: what the publisher writes again, as revoked
    collections="tokens",
)

PARTNER_CREATED = declare("partner.created", identifier="token", kind="token")
PARTNER_DISABLED = declare("partner.disabled", identifier="token", tokens="int")
PARTNER_ENABLED = declare("partner.enabled", identifier="token")
TOKEN_ISSUED = declare(
    "partner.token_issued", identifier="token", prefix="token", scopes="tokens", expires="token"
)
TOKEN_ROTATED = declare(
    "partner.token_rotated", identifier="token", prefix="token", previous="token", expires="token"
)
PARTNER_EDITED = declare("partner.edited", identifier="token", fields="tokens", options="tokens")
PERSON_ADDED = declare("partner.person_added", identifier="token", person="token")
PERSON_REMOVED = declare("partner.person_removed", identifier="token", person="token")
TERMS_ACCEPTED = declare("partner.terms_accepted", identifier="token", terms="token")
TOKEN_REVOKED = declare("partner.token_revoked", identifier="token", prefix="token")
COLLECTION_CREATED = declare("collection.created", alias="token", tlp="token", readers="token")
COLLECTION_EDITED = declare("collection.edited", alias="token", options="tokens")
ACCESS_GRANTED = declare(
    "collection.access_granted", collection="token", partner="token", read="bool", write="bool"
)
ACCESS_ENDED = declare("collection.access_ended", collection="token", partner="token")

PUSHED = declare("partner.pushed", collection="token", objects="int", refused="int")
PUSH_REMOVED = declare("partner.push_removed", object="token", count="int")
INBOX_OPENED = declare("partner.inbox_opened", identifier="token")
SIGHTED = declare("share.sighted", partner="token", object="token", count="int")
OPINED = declare("share.opined", partner="token", object="token", opinion="token")
PUSH_ACCEPTED = declare("share.push_accepted", partner="token", object="token", values="int")
PUSH_REFUSED = declare("partner.push_refused", partner="token", object="token")
