"""The incident: one case at the desk, and the guards of its life."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID, uuid4

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import RETURN_VALUE, FSMField, TransitionNotAllowed, transition

from csirt.accounts.models import User
from csirt.directory.models import Commune, Organisation, ReferenceVersion, VictimKind
from csirt.kernel.errors import Conflict, Invalid, NotFound
from csirt.kernel.tlp import Pap, Tlp
from incidents.domain.attention import Attention, attention
from incidents.domain.lifecycle import TERMINAL, TRANSITIONS, State, reopened
from incidents.models.campaign import Campaign


class Kind(models.TextChoices):
    """What national statistics count apart; set when a case is qualified."""

    SIGNALEMENT = "signalement", _("Signalement")
    INCIDENT = "incident", _("Incident")


class Priority(models.TextChoices):
    """P1 is the most urgent."""

    P1 = "P1", _("P1 – tout de suite")
    P2 = "P2", _("P2 – aujourd'hui")
    P3 = "P3", _("P3 – cette semaine")
    P4 = "P4", _("P4 – quand possible")


UNDECIDED = Tlp.AMBER  # what a case bears until somebody has chosen

# Literals, not parameters: SQLite uses a partial index only when a query says the very same.
_ENDED_STATES = ", ".join(f"'{state}'" for state in sorted(TERMINAL))
IS_LIVE = models.Func(
    "state",
    template=f"%(expressions)s NOT IN ({_ENDED_STATES})",
    output_field=models.BooleanField(),
)
HAS_ENDED = models.Func(
    "state", template=f"%(expressions)s IN ({_ENDED_STATES})", output_field=models.BooleanField()
)


def _edge(name: str) -> tuple[list[str], Any]:
    edge = TRANSITIONS[name]
    target = edge.target or RETURN_VALUE(*edge.targets)
    return list(edge.sources), target


def _transition(name: str) -> Any:  # django_fsm is untyped
    source, target = _edge(name)
    return transition(field="state", source=source, target=target)


_QUEUE = ("attention", "priority", "opened_at", "id")  # the order of the queue


class Incident(models.Model):
    """A case. Its primary key never leaves the desk; ``reference`` is its name outside."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    reference = models.CharField(max_length=16, unique=True, editable=False)
    version = models.BigIntegerField(default=1)
    state = FSMField(
        default=State.NEW,
        choices=[(state.value, state.label) for state in State],
        protected=True,
        max_length=16,
    )
    came_from = models.CharField(max_length=16, blank=True)  # for resume and split

    title = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=16, choices=Kind.choices, blank=True)
    victim_kind = models.CharField(max_length=16, choices=VictimKind.choices)
    category = models.CharField(max_length=40)  # id in the reference's categories
    priority = models.CharField(max_length=2, choices=Priority.choices)
    priority_reason = models.TextField(blank=True)  # the analyst's written reason, when overriding
    tlp = models.CharField(
        max_length=16, choices=[(t.value, t.label) for t in Tlp], default=UNDECIDED.value
    )
    pap = models.CharField(max_length=8, choices=[(p.value, p.label) for p in Pap], default="amber")
    assessment = models.JSONField(default=dict)  # inputs, flags, score, rules: triage as it was
    reference_version = models.ForeignKey(
        ReferenceVersion, models.PROTECT, null=True, related_name="+"
    )

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="incidents"
    )
    organisation_name = models.CharField(max_length=200, blank=True)  # as the reporter wrote it
    commune = models.ForeignKey(Commune, models.PROTECT, null=True, blank=True, related_name="+")
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="cases"
    )
    restricted = models.BooleanField(default=False)  # to the people of IncidentAccess

    danger = models.BooleanField(default=False)  # somebody may be in danger
    apart = models.BooleanField(default=False, db_default=False)  # beside the queue: see services
    unread = models.BooleanField(default=False)  # the victim wrote and nobody has read it
    snoozed_until = models.DateTimeField(null=True)  # not before that in the triage inbox
    knowledge_at = models.DateTimeField(null=True)  # when the victim knew: starts the legal clocks
    knowledge_exact = models.BooleanField(default=False)
    next_due = models.DateTimeField(null=True)  # the earliest end of the law's clocks that run
    attention = models.PositiveSmallIntegerField(  # what the queue is ordered by, first
        default=Attention.NONE.value, db_default=Attention.NONE.value
    )
    progress = models.CharField(  # steps settled of those that apply: "3/12 0/6", during and after
        max_length=24, blank=True, default="", db_default=""
    )
    opened_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    waiting_on = models.CharField(max_length=16, blank=True)  # victim, provider, partner
    waiting_until = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)  # of the last wait, redirect, reject, resolve, reopen
    redirected_to = models.CharField(max_length=40, blank=True)  # id of a reference contact
    closing_words = models.TextField(blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="duplicates"
    )
    campaign = models.ForeignKey(
        Campaign, models.PROTECT, null=True, blank=True, related_name="incidents"
    )
    erased_at = models.DateTimeField(null=True)  # from then on nothing of a person stands here
    department_only = models.CharField(  # code, without a commune: of several, or of an erased case
        max_length=3, blank=True, default="", db_default=""
    )

    class Meta:
        indexes = [
            # What stands behind ``id`` in these two lets the counters of the views read no row, and a
            # filter only the rows that it may want.
            models.Index(
                fields=[
                    "apart",
                    *_QUEUE,
                    "state",
                    "victim_kind",
                    "restricted",
                    "tlp",
                    "category",
                    "assignee",
                    "commune",
                ],
                name="incidents_live",
                condition=models.Q(IS_LIVE),
            ),
            models.Index(
                fields=list(_QUEUE),
                name="incidents_ended",
                condition=models.Q(HAS_ENDED),
            ),
            models.Index(
                fields=["-changed_at"], name="incidents_unread", condition=models.Q(unread=True)
            ),
            models.Index(
                fields=["assignee", *_QUEUE, "state", "apart", "restricted"],
                name="incidents_mine",
                condition=models.Q(IS_LIVE),
            ),
            models.Index(
                fields=["next_due"],
                name="incidents_due",
                condition=models.Q(IS_LIVE, next_due__isnull=False),
            ),
            models.Index(fields=["-opened_at", "-id"], name="incidents_recent"),
            models.Index(fields=["commune", "-opened_at"], name="incidents_place"),
            models.Index(
                fields=["waiting_until"],
                name="incidents_waiting",
                condition=models.Q(state="waiting"),
            ),
            models.Index(
                fields=["closed_at"],
                name="incidents_closed",
                condition=models.Q(closed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def incident_id(self) -> int:
        """How the journal finds the incident of any object, this one included."""
        return self.pk

    @property
    def tlp_was_chosen(self) -> bool:
        """Tell whether somebody decided on the TLP; until then the case bears a cautious one."""
        return bool(self.kind) or self.tlp != UNDECIDED

    @classmethod
    def locked(cls, incident: UUID, *, version: int | None = None) -> Self:
        """Return the row, locked until the change ends.

        Raises ``NotFound``, or ``Conflict`` with the new state if somebody changed it since
        *version*. *version* None is for the desk's own periodic work, and for the victim.
        """
        case = cls.objects.select_for_update(no_key=True).filter(uuid=incident).first()
        if case is None:
            raise NotFound
        if version is not None and case.version != version:
            raise Conflict(state=case.state)
        return case

    @property
    def may_be_apart(self) -> bool:
        """Tell whether the case may wait beside the queue: nobody's yet, not urgent, nothing to read."""
        urgent = self.hurries or self.unread
        return self.state == State.NEW and self.assignee_id is None and not urgent

    @property
    def hurries(self) -> bool:
        """Tell whether somebody must look at once: danger, a P1, or words to check."""
        to_check = bool(self.assessment.get("suspected"))
        return self.danger or self.priority == Priority.P1 or to_check

    def attend(self, now: datetime) -> None:
        """Set where the case stands in the queue, as of *now*."""
        self.attention = Attention.NONE
        if self.state not in TERMINAL:
            self.attention = attention(
                danger=self.danger,
                urgent=self.priority == Priority.P1,
                taken=self.assignee_id is not None,
                unread=self.unread,
                due=self.next_due,
                now=now,
            )

    def store(self, now: datetime) -> None:
        """Save the changed row under its next version."""
        self.apart = self.apart and self.may_be_apart
        self.snoozed_until = None if self.hurries else self.snoozed_until
        self.attend(now)
        self.version += 1
        self.changed_at = now
        self.save()

    def blank(self, now: datetime) -> None:
        """Leave what statistics count: state, kinds, priority, department and dates; no words."""
        place = self.commune or (self.organisation.commune if self.organisation else None)
        self.department_only = place.department_id if place else self.department_only
        self.erased_at = now
        self.commune = self.organisation = None
        self.title = self.organisation_name = self.came_from = self.waiting_on = ""
        self.priority_reason = self.reason = self.closing_words = ""
        self.assessment, self.knowledge_at, self.knowledge_exact = {}, None, False
        self.waiting_until, self.unread, self.danger = None, False, False
        self.next_due = None

    def go(self, name: str, **fields: object) -> None:
        """Follow the edge *name*; raises ``Conflict`` when the state does not allow it."""
        try:
            getattr(self, name)(**fields)
        except TransitionNotAllowed as error:
            raise Conflict(
                "Ce dossier a changé d'état : cette action n'est plus possible.",
                code="wrong-state",
                state=self.state,
            ) from error

    # The edges. Guards and field changes only; the services around them record.

    @_transition("take")
    def take(self, *, assignee: User) -> None:
        self.assignee = assignee

    @_transition("qualify")
    def qualify(
        self, *, kind: str, category: str, priority: str, tlp: str, reason: str = ""
    ) -> None:
        if priority != self.priority and not reason.strip():
            raise Invalid(
                "Vous changez la priorité : écrivez pourquoi.",
                fields={"reason": "Écrivez pourquoi la priorité change."},
            )
        if priority != self.priority:
            self.priority_reason = reason
        self.kind, self.category, self.priority, self.tlp = kind, category, priority, tlp

    @_transition("wait")
    def wait(self, *, waiting_on: str, reason: str, until: datetime) -> None:
        self.came_from = self.state
        self.waiting_on, self.reason, self.waiting_until = waiting_on, reason, until

    @_transition("resume")
    def resume(self) -> str:
        self.waiting_on, self.waiting_until = "", None
        back, self.came_from = self.came_from or State.ACTIVE, ""
        return back

    @_transition("contain")
    def contain(self) -> None:
        """From answering to restoring: nothing but the state changes."""

    @_transition("resolve")
    def resolve(self, *, reason: str, now: datetime) -> None:
        self.reason, self.resolved_at = reason, now

    @_transition("close")
    def close(self, *, closing_words: str, now: datetime) -> None:
        self.closing_words, self.closed_at, self.unread = closing_words, now, False

    @_transition("reopen")
    def reopen(self, *, reason: str) -> str:
        self.reason, self.closed_at, self.resolved_at, self.redirected_to = reason, None, None, ""
        return reopened(State(self.state))

    @_transition("redirect")
    def redirect(self, *, redirected_to: str, consent: bool, reason: str) -> None:
        if not consent:
            raise Invalid(
                "Sans l'accord de la personne, le dossier reste ici.",
                code="no-consent",
                fields={"consent": "Demandez son accord, puis cochez la case."},
            )
        self.redirected_to, self.reason = redirected_to, reason

    @_transition("reject")
    def reject(self, *, reason: str) -> None:
        self.reason = reason

    @_transition("merge")
    def merge(self, *, into: "Incident") -> None:
        if into.pk == self.pk or into.state in TERMINAL:
            raise Invalid(
                "Choisissez un autre dossier, encore ouvert.",
                code="bad-target",
                fields={"into": "Ce dossier ne peut pas recevoir un doublon."},
            )
        self.came_from, self.merged_into = f"{self.state}|{self.came_from}".rstrip("|"), into

    @_transition("split")
    def split(self) -> str:
        self.merged_into = None
        back, _sep, self.came_from = self.came_from.partition("|")
        return back

    @transition(field="state", source="*", target=RETURN_VALUE(*TERMINAL))
    def end_again(self, *, state: str) -> str:
        """Take the end that this case had before an older backup was restored: no edge of its life."""
        return state
