"""The kinds of events that incidents write."""

from csirt.journal import declare

FILED = declare(
    "report.filed",
    audience="victim",
    report="token",
    channel="token",
    priority="token",
    category="token",
    doors="tokens",
    services="tokens",
)
CAME_IN_FLOOD = declare("report.in_flood", apart="bool")
TAKEN = declare("incident.taken", state="token")
QUALIFIED = declare(
    "incident.qualified",
    audience="victim",
    state="token",
    kind="token",
    category="token",
    priority="token",
    tlp="token",
    overridden="bool",
)
WAITED = declare("incident.waited", audience="victim", state="token", on="token", until="token")
RESUMED = declare("incident.resumed", audience="victim", state="token", why="token")
CONTAINED = declare("incident.contained", audience="victim", state="token")
RESOLVED = declare("incident.resolved", audience="victim", state="token")
CLOSED = declare("incident.closed", audience="victim", state="token")
REOPENED = declare("incident.reopened", audience="victim", state="token")
REDIRECTED = declare(
    "incident.redirected", audience="victim", state="token", to="token", agreed="token"
)
REJECTED = declare("incident.rejected", audience="victim", state="token")
MERGED = declare("incident.merged", state="token", into="token", reports="int")
SPLIT = declare("incident.split", state="token", reports="int")
REPORT_MOVED = declare("report.moved", reference="token", holder="token", to="token")
GROUPED = declare("incident.grouped", campaign="token")
UNGROUPED = declare("incident.ungrouped", campaign="token")
CAMPAIGN_OPENED = declare("campaign.opened")
CAMPAIGN_EDITED = declare("campaign.edited", fields="tokens")
CAMPAIGN_CLOSED = declare("campaign.closed")
CAMPAIGN_REOPENED = declare("campaign.reopened")
ASSIGNED = declare("incident.assigned", assignee="token", previous="token")
OPENED = declare("incident.opened")
EDITED = declare("incident.edited", fields="tokens", changes="changes")
TLP_RAISED = declare("incident.tlp_raised", old="token", new="token")
TLP_LOWERED = declare("incident.tlp_lowered", old="token", new="token")
RESTRICTED = declare("incident.restricted", people="tokens")
SET_APART = declare("incident.set_apart")
PUT_BACK = declare("incident.put_back")
UNRESTRICTED = declare("incident.unrestricted")
ACCESS_CHANGED = declare("incident.access_changed", added="tokens", removed="tokens")
ASSESSED = declare(
    "incident.assessed", priority="token", previous="token", score="int", rules="tokens"
)
PRIORITISED = declare("incident.prioritised", priority="token", previous="token")
NOTED = declare("note.written", note="token")
OBSERVED = declare("observable.found", type="token", count="int")
JUDGED = declare("observable.judged", role="token", previous="token")
VICTIM_WROTE = declare("message.received", audience="victim", message="token")
DESK_WROTE = declare("message.sent", audience="victim", message="token")
MESSAGES_READ = declare("message.read", count="int")
UNDONE = declare("incident.undone", act="token", state="token", undone="int")
SNOOZED = declare("incident.snoozed", until="token")
TRIAGED = declare(
    "triage.suggested", field="token", value="token", grounds="tokens", accepted="bool"
)
CODE_REISSUED = declare("code.reissued", call_back="token")
CODE_MADE = declare("code.made", audience="victim", code="token")
CODE_ENDED = declare("code.ended", audience="victim", code="token")
CODES_ENDED = declare("code.all_ended", count="int")
VICTIM_CAME = declare("followup.opened")
EVIDENCE_RECEIVED = declare(
    "evidence.received", audience="victim", evidence="token", size="int", sha256="token"
)
EVIDENCE_SCANNED = declare(
    "evidence.scanned", evidence="token", sha256="token", outcome="token", found="token"
)
EVIDENCE_DOWNLOADED = declare("evidence.downloaded", evidence="token", size="int", sha256="token")
EVIDENCE_DAMAGED = declare("evidence.damaged", evidence="token", sha256="token")
CODE_NOTED = declare("code.noted")
CODE_REPLACED = declare("code.replaced")
GESTURES_SHOWN = declare(
    "gestures.shown", playbook="token", version="token", reference="token", shown="token"
)
GESTURES_TICKED = declare(
    "gestures.ticked",
    playbook="token",
    version="token",
    reference="token",
    gestures="tokens",
    moments="tokens",
)
ANSWERED = declare("followup.answered", audience="victim", questions="tokens")
MOMENT_TOLD = declare(
    "followup.moment", audience="victim", at="token", previous="token", exact="bool"
)
SITUATION_CHANGED = declare("followup.situation", audience="victim", worse="bool")
SUGGESTED = declare(
    "incident.suggested", priority="token", current="token", score="int", rules="tokens"
)
SUGGESTION_SETTLED = declare("incident.suggestion_settled", priority="token", followed="bool")
WORDS_SETTLED = declare("words.settled", flag="token", confirmed="bool")
CONSENT_GIVEN = declare("consent.given", audience="victim", about="token", text="token")
CONSENT_WITHDRAWN = declare("consent.withdrawn", audience="victim", about="token", text="token")
ERASURE_ASKED = declare("erasure.asked", audience="victim", request="token")
ERASURE_ANSWERED = declare("erasure.answered", audience="victim", request="token", accepted="bool")
ERASED = declare("incident.erased", state="token", files="int", mails="int", rule="token")
FILES_ERASED = declare("evidence.erased", files="int", rule="token")
CLOCK_STARTED = declare("clock.started", duty="token", step="token", at="token", previous="token")
CLOCK_MET = declare(
    "clock.met",
    duty="token",
    step="token",
    at="token",
    partial="bool",
    late="bool",
    evidence="token",
    by_step="token",
)
CLOCK_EXPLAINED = declare("clock.explained", duty="token", step="token")
CLOCK_WAIVED = declare("clock.waived", duty="token", step="token")
CLOCK_RESUMED = declare("clock.resumed", duty="token", step="token")
CLOCK_NEAR = declare("clock.near", duty="token", step="token", ends="token")
CLOCK_OVER = declare("clock.over", duty="token", step="token", ends="token")
TEXT_KEPT = declare("text.kept", paper="token")
PACK_DOWNLOADED = declare("pack.downloaded", size="int", sha256="token")
PACK_OFFERED = declare("pack.offered", audience="victim")
PACK_HELD_BACK = declare("pack.held_back")
DATED = declare("dated.written")
REDATED = declare("dated.edited")
UNDATED = declare("dated.removed")
DATED_AGAIN = declare("dated.put_back")
TAGGED = declare("tag.put", tag="token")
UNTAGGED = declare("tag.taken_off", tag="token")
TAG_RENAMED = declare("tag.renamed", tag="token")
WATCHED = declare("watch.begun")
UNWATCHED = declare("watch.ended")
UNJUDGED = declare("observable.unjudged", role="token", previous="token")
JOURNAL_EXPORTED = declare(
    "journal.exported",
    person="token",
    group="token",
    case="token",
    object="token",
    since="token",
    until="token",
)
FOLLOWED_UP = declare("followup.sent", audience="victim", followup="token", days="int")
FOLLOW_UP_ANSWERED = declare(
    "followup.told", audience="victim", followup="token", days="int", bad="bool"
)
REVIEWED = declare("review.written", cause="token", fields="tokens")
ACTION_ADDED = declare("review.action_added", action="token", due="token")
ACTION_DONE = declare("review.action_done", action="token", due="token")
ACTION_REOPENED = declare("review.action_reopened", action="token", due="token")
ACTION_REMOVED = declare("review.action_removed", action="token", due="token")
VIEW_KEPT = declare("view.kept")
VIEW_FORGOTTEN = declare("view.forgotten")

# A transition's event, by the edge's name.
BY_EDGE = {
    "take": TAKEN,
    "qualify": QUALIFIED,
    "wait": WAITED,
    "resume": RESUMED,
    "contain": CONTAINED,
    "resolve": RESOLVED,
    "close": CLOSED,
    "reopen": REOPENED,
    "redirect": REDIRECTED,
    "reject": REJECTED,
    "merge": MERGED,
    "split": SPLIT,
}
