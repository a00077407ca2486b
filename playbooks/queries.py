"""Every read of playbooks. What hangs under a case starts from ``incidents.queries.hangs_under``."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from csirt.accounts.models import User
from csirt.accounts.principals import Person, Principal
from csirt.directory import reference
from csirt.directory.models import Operator
from csirt.journal.models import Event
from csirt.kernel.errors import NotFound
from csirt.prepared import Given, prepared
from csirt.reference.bundle import read_playbook
from csirt.reference.playbooks import Playbook, Step
from incidents.domain.lifecycle import State
from incidents.models import Clock, Incident
from incidents.queries import hangs_under
from incidents.services.taken import Taken
from playbooks import kinds
from playbooks.domain.steps import Status
from playbooks.models import Edition, Kit, KitRound, Lesson, Run, StepState

DESK = "analyste"  # the role of the desk, in vocabulary.yaml
LATER_PHASES = ("after", "before")  # for the victim: once resolved, what to do then and from now on


def digest(text: str) -> str:
    """Return the SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class InForce:
    """The version of a playbook that cases begin with. ``edition``: None while none is stored."""

    playbook: Playbook
    text: str
    edition: Edition | None

    @property
    def changed_here(self) -> bool:
        """It is not the one of the library."""
        return self.edition is not None and self.edition.origin != Edition.Origin.LIBRARY


def in_force(playbook: str) -> InForce:
    """Return the version in force of one playbook; raises ``NotFound``.

    The latest that a lead published here; else the library's.
    """
    found = _published().filter(playbook=playbook).order_by("-decided_at", "-pk").first()
    if found is not None:
        return InForce(book_of(found), found.text, found)
    text = library_text(playbook)
    if text is None:
        raise NotFound
    stored = Edition.objects.filter(
        playbook=playbook, origin=Edition.Origin.LIBRARY, sha256=digest(text)
    )
    return InForce(reference.shipped().playbooks[playbook], text, stored.first())


def every_in_force() -> list[InForce]:
    """Return the version in force of every playbook, by title in French."""
    later = _published().filter(
        playbook=OuterRef("playbook"), decided_at__gt=OuterRef("decided_at")
    )
    latest = {row.playbook: row for row in _published().filter(~Exists(later)).order_by("pk")}
    found = [InForce(book_of(row), row.text, row) for row in latest.values()]
    for name, book in reference.shipped().playbooks.items():
        if name not in latest:
            found.append(InForce(book, library_text(name) or "", None))
    return sorted(found, key=lambda one: one.playbook.title_fr)


def _published() -> QuerySet[Edition]:
    return Edition.objects.filter(state=Edition.State.PUBLISHED).exclude(
        origin=Edition.Origin.LIBRARY
    )


def library_text(playbook: str) -> str | None:
    """Return the file of the library, None when it holds no such playbook."""
    return reference.shipped().texts.get(f"playbooks/{playbook}.yaml")


@lru_cache(maxsize=64)
def _book(sha256: str) -> Playbook:
    text = Edition.objects.filter(sha256=sha256).values_list("text", flat=True)[:1].get()
    return read_playbook(text)


def book_of(edition: Edition) -> Playbook:
    """Return the playbook of an edition whose text may be deferred; a text is read once a process."""
    return _book(edition.sha256)


def editions(playbook: str, person: Person) -> QuerySet[Edition]:
    """Return the versions of a playbook, the latest first; of drafts, one's own."""
    seen = ~Q(state=Edition.State.DRAFT) | Q(author=person.user_id)
    rows = Edition.objects.filter(seen, playbook=playbook).select_related("author", "decided_by")
    return rows.defer("text").order_by("-made_at", "-pk")


def edition(person: Person, wanted: UUID) -> Edition:
    """Return one version; another person's draft does not exist. Raises ``NotFound``."""
    seen = ~Q(state=Edition.State.DRAFT) | Q(author=person.user_id)
    rows = Edition.objects.filter(seen, uuid=wanted)
    found = rows.select_related("author", "decided_by", "base").first()
    if found is None:
        raise NotFound
    return found


def waiting() -> dict[str, int]:
    """Return how many proposed versions wait for a lead, by playbook."""
    found: dict[str, int] = {}
    rows = Edition.objects.filter(state=Edition.State.PROPOSED)
    for name in rows.values_list("playbook", flat=True):
        found[name] = found.get(name, 0) + 1
    return found


def lessons(person: Person) -> QuerySet[Lesson]:
    """Return the lessons of the cases that *person* sees, the latest first; of others, nothing."""
    rows = Lesson.objects.filter(hangs_under(person)).select_related(
        "incident", "author", "decided_by", "edition"
    )
    return rows.order_by("-made_at", "-pk")


def to_read(person: Person) -> dict[str, int]:
    """Return how many lessons wait that *person* sees, by playbook."""
    rows = lessons(person).filter(state=Lesson.State.WAITING, edition=None).order_by()
    return dict(rows.values_list("playbook").annotate(count=Count("pk")))


@dataclass(frozen=True)
class FollowedStep:
    """One step of a run; ``duty_from``: when the clock of its duty began."""

    row: StepState
    by: str
    duty_from: datetime | None


@dataclass
class Followed:
    """A run as the case page needs it: without the note of its steps, nor the text of its edition."""

    run: Run
    label: str = ""
    sha256: str = ""
    steps: list[FollowedStep] = field(default_factory=list)

    @property
    def playbook(self) -> Playbook:
        """The playbook in the version that the case began with."""
        return _book(self.sha256)


_RUN = ("id", "uuid", "playbook", "state", "category", "edition_id", "version")
_STEP = (
    "id", "uuid", "step", "phase", "order", "required", "duty", "concerned", "visible", "role", "state",
    "reason", "shown_at", "changed_at", "by_victim", "version",
)  # fmt: skip
_COLUMNS = (
    *_RUN, "edition__label", "edition__sha256", *(f"steps__{name}" for name in _STEP),
    "steps__changed_by__name",
)  # fmt: skip


def runs(case: Incident) -> list[Followed]:
    """Return the runs of a case already seen with their steps, in the order they were attached.

    One query: the case page has few to spend.
    """
    rows = _steps()(case=case.pk)
    found: dict[int, Followed] = {}
    for values in rows:
        own, shown = values[: len(_RUN)], values[len(_RUN) :]
        run = found.setdefault(own[0], Followed(Run(**dict(zip(_RUN, own, strict=True)))))
        label, sha256, *step, name, duty_from = shown
        run.label, run.sha256 = label or "", sha256 or ""
        if step[0] is not None:
            row = StepState(**dict(zip(_STEP, step, strict=True)), run_id=own[0])
            run.steps.append(FollowedStep(row, name or "", duty_from))
    return list(found.values())


@prepared
def _steps() -> QuerySet[Run, Any]:
    begun = Clock.objects.filter(incident=Given("case"), law=True, duty=OuterRef("steps__duty"))
    return (
        Run.objects.filter(incident=Given("case"))
        .annotate(duty_from=Subquery(begun.order_by("pk").values("started_at")[:1]))
        .order_by("attached_at", "pk", "steps__order")
        .values_list(*_COLUMNS, "duty_from")
    )


def run(principal: Principal, wanted: UUID) -> Run:
    """Return one run of a visible case; raises ``NotFound``."""
    rows = Run.objects.filter(hangs_under(principal), uuid=wanted)
    found = rows.select_related("incident", "edition").first()
    if found is None or found.edition is None:
        raise NotFound
    return found


def step(principal: Principal, wanted: UUID) -> StepState:
    """Return one step of a run of a visible case; raises ``NotFound``."""
    rows = StepState.objects.filter(hangs_under(principal, "run__incident"), uuid=wanted)
    found = rows.select_related("run__incident", "run__edition", "changed_by", "evidence").first()
    if found is None:
        raise NotFound
    return found


def asked_of_victim(case: Incident) -> QuerySet[StepState]:
    """Return the steps that the victim of a case already seen is asked to do, in order.

    Those of the phase *during*; once the case is resolved, what comes after it, and what keeps it
    from happening again.
    """
    resolved = case.state in {State.REVIEW, State.CLOSED}
    phases = ("during", *LATER_PHASES) if resolved else ("during",)
    rows = StepState.objects.filter(
        run__incident=case,
        run__state=Run.State.ATTACHED,
        visible=True,
        concerned=True,
        phase__in=phases,
    ).exclude(state=Status.WAIVED)
    return rows.select_related("run__edition").order_by("run__attached_at", "run", "order")


def taken(case: Incident) -> list[Taken]:
    """Return the steps done on a case already seen, for its complaint pack."""
    return [Taken(at, step.title_fr) for at, step in done(case)]


def done(case: Incident) -> Iterator[tuple[datetime, Step]]:
    """Give the steps done on a case already seen, with the moment of each.

    Not what the desk does on its own account, which may speak of other cases, nor what only keeps it
    from happening again.
    """
    rows = StepState.objects.filter(run__incident=case, state=Status.DONE).exclude(phase="before")
    for row in rows.select_related("run__edition"):
        assert row.run.edition is not None
        step = book_of(row.run.edition).step(row.step)
        if step.role != DESK and not row.duty and row.changed_at:
            yield row.changed_at, step


def left_to_close(case: Incident) -> QuerySet[StepState]:
    """Return the required steps *after* that are neither done nor waived, of a case already seen."""
    return StepState.objects.filter(
        run__incident=case,
        run__state=Run.State.ATTACHED,
        phase="after",
        required=True,
        concerned=True,
        state__in=[Status.TODO, Status.DOING],
    )


def round_before(kit: Kit, done: KitRound) -> KitRound | None:
    """Return what *done* is compared with: the last round done before it, in *kit* or in one like it.

    Alike are kits of the same body that the same counsellor began, or somebody of a service of theirs
    that the body agrees with. Who began a kit stands in the journal alone.
    """
    rounds = KitRound.objects.filter(done_at__isnull=False, begun_at__lt=done.begun_at)
    return rounds.filter(kit__in=[kit.pk, *_alike(kit)]).order_by("-begun_at").first()


def _alike(kit: Kit) -> list[int]:
    if kit.organisation_id is None:
        return []
    kits = Kit.objects.filter(organisation=kit.organisation_id)
    known = {str(uuid): pk for uuid, pk in kits.values_list("uuid", "pk")}
    began = dict(
        Event.objects.filter(
            kind=kinds.KIT_OPENED.name,
            object_type=Kit._meta.label_lower,
            object_id__in=known,
            actor__startswith="user:",
        ).values_list("object_id", "actor")
    )
    mine = began.get(str(kit.uuid))
    if mine is None:
        return []
    services = Operator.objects.filter(
        people__uuid=mine.removeprefix("user:"),
        agreements__organisation=kit.organisation_id,
        agreements__ended_at=None,
    )
    people = User.objects.filter(operators__in=services).values_list("uuid", flat=True)
    whose = {f"user:{uuid}" for uuid in people}  # nobody, once the agreement ended
    return [known[uuid] for uuid, actor in began.items() if actor in whose]
