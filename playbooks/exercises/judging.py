"""The hot wash: what was done when, and each expected act judged by what the database really holds.

An act is met when its trace stands on a case of the body that the inject is about. It is late after the
step's own time, counted from the inject, or else after the desk's target for the case's priority, in
opening hours. What leaves no trace that can be told for sure (words on the telephone, a colleague called)
a person judges, and a person may overrule the rest.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from django.db.models import TextChoices
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from csirt.directory import reference
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.reference.distress import flags_of, normalised
from csirt.reference.durations import Duration
from csirt.reference.exercises import ExpectedAction
from csirt.reference.hours import OpeningHours
from csirt.reference.messages import PLACEHOLDER
from incidents import kinds as incident_kinds
from incidents.domain.clocks import later
from incidents.domain.moments import PARIS
from incidents.intake.words import said
from incidents.models import Clock, Incident, Message, Note, Observable, Relation, Verdict
from incidents.models.conversation import AUTOMATIC
from playbooks import kinds as playbook_kinds
from playbooks.domain.steps import Status
from playbooks.exercises import queries, words
from playbooks.exercises.models import Delivery, Play, Ruling
from playbooks.models import StepState

NEAR = timedelta(minutes=30)  # of the expected beginning of a duty's clock
SAID = 0.5  # the share of a template's own words that a message must hold
FRAGMENT = 12  # letters: a shorter piece between two braces says nothing


class Mark(TextChoices):
    """What is said of one expected act."""

    MET = "met", _("Fait")
    LATE = "late", _("Fait en retard")
    MISSED = "missed", _("Pas fait")
    PERSON = "person", _("À juger")


@dataclass(frozen=True)
class Finding:
    """What the database tells of one act: ``at`` when it was done, ``why`` what was found."""

    mark: Mark
    at: datetime | None = None
    why: str = ""


@dataclass(frozen=True)
class Judged:
    """One expected act with what was found, and what a person said of it."""

    number: int
    text: str
    found: Finding
    until: datetime
    ruling: Ruling | None

    @property
    def mark(self) -> Mark:
        """The person's word, where there is one."""
        if self.ruling is None:
            return self.found.mark
        return Mark.MET if self.ruling.met else Mark.MISSED


@dataclass
class Look:
    """One inject, looked back on from ``at``. ``first``: the first act of the desk about it."""

    row: Delivery
    cases: list[Incident]
    at: datetime
    first: datetime | None = None
    until: datetime | None = None
    acts: list[Judged] = field(default_factory=list)

    @property
    def was_late(self) -> bool:
        """The first act came after the desk's own target, or had not come when that was over."""
        return self.until is not None and (self.first or self.at) > self.until


class Record:
    """All that the database holds of a play, read once."""

    def __init__(self, play: Play) -> None:
        self.play, self.scenario = play, queries.scenario(play)
        self.bundle = reference.begun_with(play.reference_version_id)
        self.hours = OpeningHours(self.bundle.service_hours)
        self.rows = list(Delivery.objects.select_related("organisation", "taken_by"))
        self.injects = {one.id: one for one in self.scenario.injects}
        self.rulings = {(r.delivery_id, r.number): r for r in Ruling.objects.select_related("by")}
        self._cases = {case.pk: case for case in Incident.objects.select_related("organisation")}
        self._of: dict[str, list[Incident]] = {}
        self.events: dict[int, list[Event]] = defaultdict(list)
        for event in Event.objects.filter(incident__isnull=False).order_by("seq"):
            self.events[event.incident or 0].append(event)

    def looks(self) -> list[Look]:
        """Return every inject that was delivered, in the order of delivery."""
        done = [row for row in self.rows if row.state == Delivery.State.DELIVERED]
        return [self._look(row) for row in sorted(done, key=lambda row: (row.settled_at, row.pk))]

    def _look(self, row: Delivery) -> Look:
        assert row.settled_at is not None  # it is delivered
        inject, cases = self.injects.get(row.inject), self.cases_of(row.org)
        if row.free and row.incident_id:  # it is about what it became, and nothing else
            cases = [self._cases[row.incident_id]]
        look = Look(row, cases, self.play.ended_at or now())
        begun = self._since(cases, row.settled_at, lambda event: event.actor.startswith("user:"))
        acts = [event.at for event in begun] + ([row.taken_at] if row.taken_at else [])
        look.first = min(acts, default=None)
        look.until = self.hours.add(row.settled_at, self._targets(cases).first_human)
        for number, one in enumerate(inject.expected if inject else ()):
            found, until = self._judged(one, row), self._until(one, row, cases)
            if found.mark == Mark.MET and found.at is not None and found.at > until:
                found = Finding(Mark.LATE, found.at, found.why)
            ruling = self.rulings.get((row.pk, number))
            look.acts.append(Judged(number, words.act(self.bundle, one), found, until, ruling))
        return look

    def cases_of(self, org: str) -> list[Incident]:
        """Return the cases of a body of the scenario: what became of its injects, and what bears it.

        A case that holds others since they were joined counts for each of them.
        """
        if org in self._of:
            return self._of[org]
        mine = [row for row in self.rows if row.org == org]
        found = {row.incident_id for row in mine if row.incident_id}
        body = next((row.organisation for row in mine if row.organisation), None)
        if body is not None:
            found |= {pk for pk, case in self._cases.items() if _bears(case, body.pk, body.name)}
        while more := {
            case.merged_into_id
            for pk, case in self._cases.items()
            if pk in found and case.merged_into_id and case.merged_into_id not in found
        }:
            found |= more
        self._of[org] = [case for pk, case in sorted(self._cases.items()) if pk in found]
        return self._of[org]

    def _since(
        self, cases: Collection[Incident], at: datetime, wanted: Callable[[Event], bool]
    ) -> list[Event]:
        return [e for case in cases for e in self.events[case.pk] if e.at >= at and wanted(e)]

    def _first(
        self, cases: Collection[Incident], kind: str, *, at: datetime | None = None, **data: object
    ) -> datetime | None:
        """Return when an event of *kind* with this *data* first stood on one of *cases*."""
        moments = [
            event.at
            for case in cases
            for event in self.events[case.pk]
            if event.kind == kind
            and (at is None or event.at >= at)
            and all(event.data.get(name) == value for name, value in data.items())
        ]
        return min(moments, default=None)

    def _targets(self, cases: Collection[Incident]):  # noqa: ANN202 - what the reference says
        most = min((case.priority for case in cases), default="P1")
        return self.bundle.triage.service_targets.of(most)

    def _until(self, one: ExpectedAction, row: Delivery, cases: Collection[Incident]) -> datetime:
        """Return until when an act is in time."""
        assert row.settled_at is not None
        if one.step and (step := self._steps.get(one.step)) and step.due is not None:
            if step.clock == "opening":
                return self.hours.add(row.settled_at, step.due)
            return later(row.settled_at, step.due)
        targets = self._targets(cases)
        wanted: Duration = targets.first_human
        if one.action in {"ouvrir-dossier", "priorite", "drapeau", "lier-dossiers", "horloge"}:
            wanted = targets.qualification
        return self.hours.add(row.settled_at, wanted)

    @cached_property
    def _steps(self):  # noqa: ANN202 - steps by id
        return {s.id: s for book in self.bundle.playbooks.values() for s in book.steps}

    def _judged(self, one: ExpectedAction, row: Delivery) -> Finding:
        cases = self.cases_of(row.org)
        if not cases and one.action not in {"repondre", "ne-pas", "message", "detresse"}:
            return Finding(Mark.MISSED, why=gettext("Aucun dossier de cet organisme."))
        judge: Callable[[ExpectedAction, Delivery, list[Incident]], Finding] = getattr(
            self, f"_{one.action.replace('-', '_')}"
        )
        return judge(one, row, cases)

    def _ouvrir_dossier(
        self, one: ExpectedAction, _row: Delivery, cases: list[Incident]
    ) -> Finding:
        right = [case for case in cases if case.category == one.category]
        if not right:
            now = ", ".join(sorted({self._category(case.category) for case in cases}))
            return Finding(Mark.MISSED, why=gettext("Catégorie donnée : %s.") % now)
        filed = incident_kinds.FILED.name
        at = [self._first(right, incident_kinds.QUALIFIED.name, category=one.category)]
        at += [self._first(right, incident_kinds.TAKEN.name)]
        at += [e.at for c in right for e in self.events[c.pk] if e.kind == filed and _by_person(e)]
        moments = [moment for moment in at if moment]
        if not moments:
            return Finding(Mark.MISSED, why=gettext("Personne ne l'a pris ni qualifié."))
        return Finding(Mark.MET, min(moments), _references(right))

    def _category(self, name: str) -> str:
        known = self.bundle.categories.get(name)
        return said(known, "label") if known else name

    def _priorite(self, one: ExpectedAction, _row: Delivery, cases: list[Incident]) -> Finding:
        if not any(case.priority == one.value for case in cases):
            given = ", ".join(sorted({case.priority for case in cases}))
            return Finding(Mark.MISSED, why=gettext("Priorité donnée : %s.") % given)
        kinds = (
            incident_kinds.FILED, incident_kinds.QUALIFIED, incident_kinds.ASSESSED,
            incident_kinds.PRIORITISED,
        )  # fmt: skip
        moments = [self._first(cases, kind.name, priority=one.value) for kind in kinds]
        return Finding(Mark.MET, min((m for m in moments if m), default=None), _references(cases))

    def _etape(self, one: ExpectedAction, _row: Delivery, cases: list[Incident]) -> Finding:
        kind = playbook_kinds.STEP_CHANGED.name
        done = self._first(cases, kind, step=one.step, state=Status.DONE.value)
        done = done or self._first(cases, kind, step=one.step, state=Status.DOING.value)
        rows = StepState.objects.filter(run__incident__in=cases, step=one.step)
        states = set(rows.values_list("state", flat=True))
        if done and states & {Status.DONE, Status.DOING}:
            return Finding(Mark.MET, done)
        if Status.WAIVED in states:
            reasons = " ".join(rows.exclude(reason="").values_list("reason", flat=True))
            return Finding(Mark.PERSON, why=gettext("Mise de côté : %s") % reasons)
        if not rows.exists():
            return Finding(Mark.MISSED, why=gettext("Ce playbook n'est pas suivi."))
        return Finding(Mark.MISSED, why=gettext("L'étape est restée à faire."))

    def _lier_dossiers(self, one: ExpectedAction, row: Delivery, cases: list[Incident]) -> Finding:
        orgs = {other.org for other in self.rows if other.inject in one.with_}
        others = [case for org in orgs for case in self.cases_of(org)]
        mine, theirs = {case.pk for case in cases}, {case.pk for case in others}
        if orgs == {row.org} or mine & theirs:
            return Finding(Mark.MET, self._first(cases, incident_kinds.MERGED.name))
        shared = {c.campaign_id for c in cases} & {c.campaign_id for c in others} - {None}
        if shared:
            grouped = [c for c in (*cases, *others) if c.campaign_id in shared]
            moments = [self._first([case], incident_kinds.GROUPED.name) for case in grouped]
            return Finding(Mark.MET, max((m for m in moments if m), default=None))
        if Relation.objects.filter(incident__in=mine, other__in=theirs).exists():
            return Finding(
                Mark.PERSON,
                why=gettext("La console a vu le lien. Personne n'a groupé les dossiers."),
            )
        return Finding(Mark.MISSED)

    def _extraire(self, one: ExpectedAction, row: Delivery, cases: list[Incident]) -> Finding:
        found = Observable.objects.filter(incident__in=cases, value__in=one.observables)
        moments = dict(found.values_list("value", "seen_at"))
        missing = [value for value in one.observables if value not in moments]
        if missing:
            return Finding(Mark.MISSED, why=gettext("Manque : %s.") % ", ".join(missing))
        kind = incident_kinds.OBSERVED.name
        return Finding(Mark.MET, self._first(cases, kind, at=row.settled_at))

    def _drapeau(self, one: ExpectedAction, _row: Delivery, cases: list[Incident]) -> Finding:
        if any(one.flag in case.assessment.get("flags", ()) for case in cases):
            return Finding(Mark.MET)
        if any(one.flag in case.assessment.get("suspected", ()) for case in cases):
            return Finding(Mark.MISSED, why=gettext("Entendu dans les mots, et pas vérifié."))
        return Finding(Mark.MISSED)

    def _escalade(self, one: ExpectedAction, row: Delivery, cases: list[Incident]) -> Finding:
        given = self._first(cases, incident_kinds.REDIRECTED.name, to=one.to)
        return Finding(Mark.MET, given) if given else self._named(one.to or "", row, cases)

    def _contact(self, one: ExpectedAction, row: Delivery, cases: list[Incident]) -> Finding:
        return self._named(one.contact or "", row, cases)

    def _named(self, wanted: str, row: Delivery, cases: list[Incident]) -> Finding:
        """Look for a contact in what the desk wrote since: a name is a trace, and no proof."""
        known = self.bundle.contacts.get(wanted)
        names = [wanted, *([known.name_fr, known.phone or ""] if known else [])]
        marks = {_bare(name) for name in names} - {""}
        for at, text in self._written(cases, row.settled_at):
            flat = f" {normalised(text)} "
            if any(f" {mark} " in flat for mark in marks):
                return Finding(Mark.PERSON, at, gettext("Nommé ici : « %s »") % text[:160])
        return Finding(Mark.MISSED, why=gettext("Aucune note ni aucun message ne le nomme."))

    def _written(
        self, cases: Collection[Incident], since: datetime | None
    ) -> list[tuple[datetime, str]]:
        """Return notes, messages and closing words of the desk about *cases*, the earliest first."""
        notes = Note.objects.filter(incident__in=cases).values_list("written_at", "text")
        found = [*notes, *self._messages(cases)]
        return sorted((at, text) for at, text in found if since is None or at >= since)

    def _messages(self, cases: Collection[Incident]) -> list[tuple[datetime, str]]:
        rows = Message.objects.filter(incident__in=cases).exclude(author=None)
        rows = rows | Message.objects.filter(incident__in=cases, via=AUTOMATIC)
        found = [(at, text) for at, text in rows.values_list("written_at", "text")]
        found += [(c.closed_at, c.closing_words) for c in cases if c.closed_at and c.closing_words]
        return found

    def _repondre(self, _one: ExpectedAction, row: Delivery, cases: list[Incident]) -> Finding:
        return self._answered(row, cases)

    def _answered(self, row: Delivery, cases: list[Incident]) -> Finding:
        """What was said a person judges: against the words themselves, or from memory of a call."""
        sent = sorted(m for m in self._messages(cases) if row.settled_at and m[0] >= row.settled_at)
        if sent:
            return Finding(Mark.PERSON, sent[0][0], gettext("Écrit : « %s »") % sent[0][1][:300])
        if row.taken_at is not None:
            return Finding(Mark.PERSON, row.taken_at, gettext("Dit au téléphone."))
        return Finding(Mark.MISSED, why=gettext("Aucune réponse n'est partie."))

    def _ne_pas(self, _one: ExpectedAction, row: Delivery, cases: list[Incident]) -> Finding:
        found = self._answered(row, cases)
        if found.mark == Mark.MISSED:
            return Finding(Mark.MET, why=gettext("Rien n'a été écrit."))
        return found

    def _horloge(self, one: ExpectedAction, _row: Delivery, cases: list[Incident]) -> Finding:
        rows = Clock.objects.filter(incident__in=cases, law=True, duty=one.duty)
        begun = [row.started_at for row in rows if row.verdict == Verdict.APPLIES]
        if not begun:
            open_still = any(row.verdict == Verdict.UNKNOWN for row in rows)
            why = gettext("Il reste à établir.") if open_still else gettext("Il n'est pas ouvert.")
            return Finding(Mark.MISSED, why=why)
        if one.from_ is None:
            return Finding(Mark.MET)
        wanted = self.play.starts_at + one.from_.timedelta
        moments = [moment for moment in begun if moment is not None]
        if any(abs(moment - wanted) <= NEAR for moment in moments):
            return Finding(Mark.MET)
        shown = ", ".join(f"{moment.astimezone(PARIS):%d/%m %H:%M}" for moment in moments)
        why = gettext("Il part de %(said)s, et non de %(wanted)s.")
        return Finding(
            Mark.MISSED,
            why=why % {"said": shown or "–", "wanted": f"{wanted.astimezone(PARIS):%d/%m %H:%M}"},
        )

    def _message(self, one: ExpectedAction, row: Delivery, cases: list[Incident]) -> Finding:
        template = self.bundle.templates[one.template or ""]
        about = list(self._cases.values()) if template.audience == "structures" else cases
        if row.channel == "systeme":  # an outside fact concerns everybody
            about = list(self._cases.values())
        sent = sorted(m for m in self._messages(about) if row.settled_at and m[0] >= row.settled_at)
        pieces = [normalised(one) for one in re.split(r"[.:!?]", PLACEHOLDER.sub(".", template.fr))]
        pieces = [piece for piece in pieces if len(piece) >= FRAGMENT]
        for at, text in sent:
            flat = normalised(text)
            if pieces and sum(piece in flat for piece in pieces) >= SAID * len(pieces):
                return Finding(Mark.MET, at)
        if sent:
            return Finding(Mark.PERSON, sent[0][0], gettext("Écrit : « %s »") % sent[0][1][:300])
        return Finding(Mark.MISSED, why=gettext("Aucun message n'est parti."))

    def _detresse(self, one: ExpectedAction, row: Delivery, cases: list[Incident]) -> Finding:
        groups = [g for g in self.bundle.distress.groups if g.id == one.group]
        wanted = set().union(*flags_of(groups))
        if wanted and any(wanted & set(c.assessment.get("flags", ())) for c in cases):
            return Finding(Mark.MET)
        heard = one.group in {g.id for g in self.bundle.distress.heard(row.text)}
        found = self._answered(row, cases)
        if found.mark == Mark.MISSED and heard:
            why = gettext("Un numéro d'écoute s'est affiché. Personne n'a répondu.")
            return Finding(Mark.MISSED, why=why)
        return found


def _by_person(event: Event) -> bool:
    return event.actor.startswith("user:")


def _references(cases: Collection[Incident]) -> str:
    return ", ".join(case.reference for case in cases)


def _bare(name: str) -> str:
    """Return a name as people write it: without what stands in brackets, nor a possessive."""
    return normalised(re.sub(r"\(.*?\)", "", name)).removeprefix("votre ")


def _bears(case: Incident, body: int, name: str) -> bool:
    """Tell whether a case is that body's: by the directory, or by its name as it was written."""
    if case.organisation_id == body:
        return True
    written, wanted = _bare(case.organisation_name), _bare(name)
    return bool(written) and (written in wanted or wanted in written)
