"""Rows of playbooks: their versions, the runs on cases, and the steps of a run."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from csirt.directory.models import Organisation, ReferenceVersion
from incidents.models import Evidence, Incident
from playbooks.domain.steps import Status


class Edition(models.Model):
    """One version of a playbook. Once it left its author, its text never changes."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Brouillon")
        PROPOSED = "proposed", _("Proposée")
        PUBLISHED = "published", _("Publiée")
        REFUSED = "refused", _("Refusée")

    class Origin(models.TextChoices):
        LIBRARY = "library", _("Bibliothèque")
        FORM = "form", _("Modifiée ici")
        FILE = "file", _("Fichier importé")
        LIBRARY_AGAIN = "again", _("Retour à la bibliothèque")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    playbook = models.SlugField(max_length=60)
    label = models.CharField(max_length=40)  # the version that the file names
    text = models.TextField()  # YAML, as the loader takes it
    sha256 = models.CharField(max_length=64)
    origin = models.CharField(max_length=8, choices=Origin.choices)
    state = models.CharField(max_length=10, choices=State.choices)
    base = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")  # made from
    note = models.TextField(blank=True)  # what changes, and why
    lost = models.JSONField(default=list)  # what an import flattened: [kind, name of the step]
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    made_at = models.DateTimeField()
    proposed_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)  # of a refusal
    version = models.BigIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["playbook", "sha256"],
                condition=models.Q(origin="library"),
                name="playbooks_library_once",
            ),
            models.UniqueConstraint(
                fields=["playbook", "author"],
                condition=models.Q(state="draft"),
                name="playbooks_one_draft",
            ),
        ]
        indexes = [
            models.Index(fields=["playbook", "state", "-decided_at"], name="playbooks_in_force")
        ]

    def __str__(self) -> str:
        return f"{self.playbook} {self.label}"


class Run(models.Model):
    """A playbook on a case, in the version it began with. What was done survives a detachment."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Proposé")
        ATTACHED = "attached", _("Attaché")
        DETACHED = "detached", _("Retiré")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="runs")
    playbook = models.SlugField(max_length=60)
    edition = models.ForeignKey(Edition, models.PROTECT, null=True, related_name="runs")
    state = models.CharField(max_length=10, choices=State.choices)
    category = models.CharField(max_length=40, blank=True)  # for which it was proposed, or declined
    attached_at = models.DateTimeField(null=True)
    attached_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    detached_at = models.DateTimeField(null=True)
    version = models.BigIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "playbook"], name="playbooks_run_once")
        ]

    def __str__(self) -> str:
        return f"{self.playbook} of {self.incident_id}"


class StepState(models.Model):
    """One step of a run. ``concerned``: its condition holds for what is known of the case."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    run = models.ForeignKey(Run, models.CASCADE, related_name="steps")
    step = models.CharField(max_length=60)  # id in the playbook
    phase = models.CharField(max_length=6)
    order = models.PositiveSmallIntegerField()
    required = models.BooleanField()
    duty = models.CharField(max_length=60, blank=True)  # that doing it meets
    concerned = models.BooleanField()
    visible = models.BooleanField()  # to the victim
    role = models.CharField(max_length=20)
    state = models.CharField(
        max_length=8, choices=[(s.value, s.label) for s in Status], default=Status.TODO.value
    )
    reason = models.TextField(blank=True)  # why it does not apply here
    note = models.TextField(blank=True)
    evidence = models.ForeignKey(Evidence, models.SET_NULL, null=True, related_name="+")
    shown_at = models.DateTimeField(null=True)  # to who does it: the practice target counts from it
    changed_at = models.DateTimeField(null=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    by_victim = models.BooleanField(default=False)  # who brought it to its state
    version = models.BigIntegerField(default=1)

    class Meta:
        ordering = ["order"]
        constraints = [models.UniqueConstraint(fields=["run", "step"], name="playbooks_step_once")]

    def __str__(self) -> str:
        return self.step

    @property
    def incident_id(self) -> int:
        """How the journal finds the case."""
        return self.run.incident_id

    @property
    def status(self) -> Status:
        """Its state, with what that means."""
        return Status(self.state)


class Lesson(models.Model):
    """A change of a playbook that the review of a case proposes, in words."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Proposée")
        TAKEN = "taken", _("Reprise")
        REFUSED = "refused", _("Refusée")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="lessons")
    playbook = models.SlugField(max_length=60)
    step = models.CharField(max_length=60, blank=True)  # id; empty: the whole playbook
    text = models.TextField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    edition = models.ForeignKey(  # the version that takes it up, from when it is proposed
        Edition, models.PROTECT, null=True, related_name="lessons"
    )
    reason = models.TextField(blank=True)  # of a refusal
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["playbook", "state"], name="playbooks_lessons_of")]

    def __str__(self) -> str:
        return f"lesson for {self.playbook}"


class Kit(models.Model):
    """The readiness kit of one body. Whoever holds its code reads it, and the counsellor who serves it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, null=True, related_name="kits"
    )  # None: of somebody unknown
    digest = models.CharField(max_length=64, unique=True)  # HMAC-SHA256(pepper, code)
    pepper = models.SmallIntegerField()  # number of the pepper
    made_at = models.DateTimeField()
    seen_at = models.DateTimeField()  # when it was opened last

    def __str__(self) -> str:
        return f"kit of {self.made_at:%Y-%m-%d}"


class KitReminder(models.Model):
    """An address that asked for one mail in six months; the row goes when it is written, or before."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kit = models.OneToOneField(Kit, models.CASCADE, related_name="reminder")
    sealed = models.TextField()  # the address, encrypted
    language = models.CharField(max_length=2)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(db_index=True)
    left = models.BooleanField(
        default=False
    )  # its event is written: the outbox takes it from there

    def __str__(self) -> str:
        return f"reminder of {self.due_at:%Y-%m-%d}"


class KitRound(models.Model):
    """The answers of one day; the next round is compared with it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kit = models.ForeignKey(Kit, models.CASCADE, related_name="rounds")
    reference_version = models.ForeignKey(ReferenceVersion, models.PROTECT, related_name="+")
    answers = models.JSONField(default=dict)  # {id of the question: id of the answer}
    begun_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kit"], condition=models.Q(done_at=None), name="playbooks_one_round"
            )
        ]
        indexes = [models.Index(fields=["kit", "-done_at"], name="playbooks_rounds")]

    def __str__(self) -> str:
        return f"{self.kit} of {self.begun_at:%Y-%m-%d}"


class Prevention(models.Model):
    """What a body did before an attack: one line, with numbers and never a name."""

    class Kind(models.TextChoices):
        TRAINING = "training", _("Formation")
        PHISHING = "phishing", _("Essai d'hameçonnage")
        AUDIT = "audit", _("Audit")
        EXERCISE = "exercise", _("Exercice")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="preventions")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    on = models.DateField()
    people = models.PositiveIntegerField(null=True)  # who took part, or was sent the test
    clicked = models.PositiveIntegerField(null=True)  # of a phishing test
    reported = models.PositiveIntegerField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["organisation", "-on"], name="playbooks_prevention_of")]

    def __str__(self) -> str:
        return f"{self.kind} on {self.on:%Y-%m-%d}"
