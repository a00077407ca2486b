"""The hot wash tells what a team did, late or not at all, from what the database holds."""

import io
import re
from datetime import timedelta

import pytest
from pypdf import PdfReader

from csirt.accounts.roles import Role
from csirt.journal.models import Event
from csirt.kernel import clock, codes
from csirt.kernel.errors import Conflict, NotFound
from csirt.web import pdf
from incidents.models import Incident
from incidents.services import campaigns, casework, following, prioritising, transitions
from incidents.services.filing import file_report
from playbooks.exercises import conducting, queries
from playbooks.exercises.judging import Mark, Record
from playbooks.exercises.models import Said
from playbooks.models import StepState
from playbooks.services import running, stepping
from tests.exercises.conftest import SCENARIOS
from tests.people import client_of, submission

PAGE = "/console/exercice/bilan/"


class Team:
    """Somebody of the desk, as a script: each act goes through its service, at the exercise's time."""

    def __init__(self, exercise):
        self.exercise, self.by = exercise, exercise.alice

    @property
    def at(self):
        return {"by": self.by, "now": clock.now()}

    def later(self, **more):
        """Let time pass; what is due arrives."""
        self.exercise.until(
            seconds=(clock.now() - self.exercise.start + timedelta(**more)).total_seconds()
        )

    def answer(self, inject):
        return conducting.pick_up(inject=inject, **self.at)

    def by_phone(self, inject, category, **more):
        """Pick up, and file what was said as the operator's page does."""
        row = self.answer(inject)
        told = submission(
            text=row.text, category=category, channel="phone", victim_kind="commune",
            organisation_name=row.organisation.name.replace(" (fictive)", ""), **more,
        )  # fmt: skip
        return file_report(token=codes.new_token(), submission=told, **self.at).incident

    def qualify(self, case, category, priority="P1"):
        case = Incident.objects.get(pk=case.pk)
        return transitions.accept(
            incident=case.uuid, version=case.version, kind="incident", category=category,
            priority=priority, tlp="amber", reason="Exercice.", **self.at,
        )  # fmt: skip

    def follow(self, case, playbook):
        running.attach(incident=case.uuid, playbook=playbook, **self.at)

    def step(self, case, step, state="done", reason=""):
        row = StepState.objects.get(run__incident=case, step=step)
        stepping.set_state(
            step=row.uuid, version=row.version, state=state, reason=reason, **self.at
        )

    def note(self, case, text):
        casework.add_note(incident=case.uuid, text=text, **self.at)

    def write(self, case, text):
        following.write_to_victim(incident=case.uuid, token=codes.new_token(), text=text, **self.at)


def marks(exercise, inject):
    """Return what is said of each expected act of an inject, by the act and what it names."""
    look = next(one for one in Record(queries.play()).looks() if one.row.inject == inject)
    known = next(one for one in exercise.known.injects if one.id == inject)
    return {
        (
            act.action,
            act.step or act.flag or act.to or act.contact or act.template or "",
        ): judged.mark
        for act, judged in zip(known.expected, look.acts, strict=True)
    }


def play_ransomware(exercise):
    """The team takes the first call at once and the second report late; the rest it leaves."""
    team = Team(exercise)
    exercise.begin()
    exercise.until(minutes=0)
    first = team.by_phone("i1", "rancongiciel", inputs={"impact_service": "tout_arrete"})
    case = team.qualify(first, "rancongiciel")
    team.follow(case, "rancongiciel")
    team.later(minutes=3)
    team.step(case, "ran-p1")
    team.later(minutes=30)
    team.step(case, "ran-p2")
    return team, case


@pytest.mark.parametrize("exercise", ["ex-vague-boites"], indirect=True)
def test_nothing_is_late_before_its_target_is_over(exercise):
    exercise.begin()
    exercise.until(hours=1)  # on a Friday evening: the target is on Monday
    [first, *_] = Record(queries.play()).looks()
    assert (first.first, first.was_late) == (None, False)

    exercise.until(days=4)
    [first, *_] = Record(queries.play()).looks()
    assert (first.first, first.was_late) == (None, True)


@pytest.mark.parametrize("exercise", ["ex-rancongiciel-interco"], indirect=True)
def test_ransomware_what_was_done_late_and_not_at_all(exercise):
    team, _case = play_ransomware(exercise)
    exercise.until(hours=1)
    mail = exercise.delivery("i3").incident
    team.note(Incident.objects.get(pk=mail.pk), "CERT-FR appelé à 9 h 05, il nous rappelle.")
    team.answer("i4")
    exercise.until(hours=6)

    assert marks(exercise, "i1") == {
        ("ouvrir-dossier", ""): Mark.MET,
        ("priorite", ""): Mark.MET,
        ("etape", "ran-p1"): Mark.MET,
        ("etape", "ran-p2"): Mark.LATE,
    }
    assert marks(exercise, "i2")["ouvrir-dossier", ""] == Mark.MISSED
    third = marks(exercise, "i3")
    assert third["extraire", ""] == Mark.MET
    assert third["escalade", "certfr"] == Mark.PERSON
    assert third["etape", "ran-p7"] == Mark.MISSED
    assert marks(exercise, "i4")["repondre", ""] == Mark.PERSON
    assert marks(exercise, "i6")["ne-pas", ""] == Mark.MET
    looks = {one.row.inject: one for one in Record(queries.play()).looks()}
    assert looks["i1"].first == exercise.start
    assert not looks["i1"].was_late
    assert looks["i2"].was_late
    assert looks["i2"].first is None


@pytest.mark.parametrize("exercise", ["ex-faux-rib-paie"], indirect=True)
def test_false_bank_details_words_of_a_template_are_known_again(exercise):
    team = Team(exercise)
    exercise.begin()
    exercise.until(minutes=0)
    case = team.qualify(
        team.by_phone("i1", "changement-rib-agent"), "changement-rib-agent", priority="P2"
    )
    team.follow(case, "faux-rib-fovi")
    team.step(case, "rib-p1", "waived", reason="La banque a déjà bloqué.")
    exercise.until(minutes=26)
    team.answer("i3")
    team.write(
        case,
        "Appelez maintenant votre banque, ou le comptable public si vous êtes une mairie. Dites : "
        "fraude, rappel des fonds. Ensuite appelez-nous : 0 800 71 13 13.",
    )
    exercise.until(minutes=61)
    supplier = team.by_phone("i4", "piratage-messagerie")
    exercise.until(hours=30)

    assert marks(exercise, "i1") == {
        ("ouvrir-dossier", ""): Mark.MET,
        ("etape", "rib-p1"): Mark.PERSON,
        ("contact", "comptable-public"): Mark.PERSON,
        ("etape", "rib-p2"): Mark.MISSED,
    }
    assert marks(exercise, "i3")["message", "argent-urgent"] == Mark.MET
    assert marks(exercise, "i3")["priorite", ""] == Mark.MISSED
    row = Incident.objects.get(pk=case.pk)
    prioritising.prioritise(
        incident=row.uuid, version=row.version, priority="P1", reason="Exercice.", **team.at
    )
    assert marks(exercise, "i3")["priorite", ""] == Mark.LATE
    assert marks(exercise, "i4")["ouvrir-dossier", ""] == Mark.MET
    assert marks(exercise, "i4")["lier-dossiers", ""] in {Mark.MISSED, Mark.PERSON}
    campaign = campaigns.open_campaign(name="RIB", description="", **team.at)
    for one in (case, supplier):
        row = Incident.objects.get(pk=one.pk)
        campaigns.put(incident=row.uuid, version=row.version, campaign=campaign.uuid, **team.at)
    assert marks(exercise, "i4")["lier-dossiers", ""] == Mark.LATE
    assert marks(exercise, "i8")["message", "cloture"] == Mark.MISSED


@pytest.mark.parametrize("exercise", ["ex-vague-boites"], indirect=True)
def test_a_wave_on_a_friday_evening(exercise):
    team = Team(exercise)
    exercise.begin()
    exercise.until(minutes=5)
    first = exercise.delivery("i1").incident
    team.qualify(first, "hameconnage-courriel", priority="P4")
    exercise.until(minutes=13)
    team.by_phone("i2", "piratage-messagerie")
    exercise.until(hours=18)
    lonely = exercise.delivery("i8").incident

    assert marks(exercise, "i1") == {
        ("ouvrir-dossier", ""): Mark.MET,
        ("priorite", ""): Mark.MET,
        ("extraire", ""): Mark.MET,
    }
    assert marks(exercise, "i2")["etape", "msg-p1"] == Mark.MISSED
    assert marks(exercise, "i8")["detresse", ""] == Mark.MISSED
    team.write(lonely, "Ce n'est pas votre faute. Nous vous rappelons dans l'heure.")
    assert marks(exercise, "i8")["detresse", ""] == Mark.PERSON
    assert marks(exercise, "i8")["repondre", ""] == Mark.PERSON


@pytest.mark.parametrize("exercise", SCENARIOS, indirect=True)
def test_a_team_that_does_nothing_has_done_nothing(exercise):
    exercise.begin()
    exercise.until(days=2)
    found = [act for look in Record(queries.play()).looks() for act in look.acts]
    done = {act.found.mark for act in found}

    assert len(found) == sum(len(inject.expected) for inject in exercise.known.injects)
    assert Mark.MISSED in done
    assert not {Mark.LATE, Mark.PERSON} & done


def test_a_person_overrules_and_what_was_said_is_kept(exercise, bruno, alice):
    play_ransomware(exercise)
    page = client_of(bruno)
    with pytest.raises(Conflict):
        conducting.rule(inject="i1", number=3, met=True, by=exercise.bruno, now=clock.now())
    conducting.end(by=exercise.bruno, real=clock.real())
    ruled = page.post(PAGE, {"inject": "i1", "number": "3", "met": "yes"})
    said = page.post(PAGE, {"question": "0", "said-0": "Oui, en 40 minutes."})
    shown = page.get(PAGE).content.decode()

    assert (ruled.status_code, said.status_code) == (302, 302)
    assert marks(exercise, "i1")["etape", "ran-p2"] == Mark.MET
    assert "Oui, en 40 minutes." in shown
    assert "jugé par Bruno" in shown
    for wrong in (
        {"inject": "i1", "number": "99"},
        {"question": "99"},
        {"inject": "x", "number": "0"},
        {"inject": "x\x00", "number": "0"},
    ):
        assert page.post(PAGE, wrong).status_code == 404
    assert client_of(alice).get(PAGE).status_code == 404
    with pytest.raises(NotFound):
        conducting.note(number=9, text="", seen="", by=exercise.bruno, now=clock.now())


def seen_on(page):
    return seen_in(page.get(PAGE))


def seen_in(answer):
    """Return what the form of the first question carries of what stood there."""
    return re.search(
        r'name="question" value="0"><input type="hidden" name="seen" value="(\w*)"',
        answer.content.decode(),
    )[1]


def test_two_pages_that_write_one_answer_do_not_overwrite_each_other(exercise, bruno, ada):
    exercise.begin()
    conducting.end(by=exercise.bruno, real=clock.real())
    first, second = client_of(bruno), client_of(ada)
    seen = seen_on(first)
    first.post(PAGE, {"question": "0", "seen": seen, "said-0": "Oui.\r\nVite."})
    again = first.post(PAGE, {"question": "0", "seen": seen, "said-0": "Oui.\r\nVite."})
    lost = second.post(PAGE, {"question": "0", "seen": seen, "said-0": "Non, lentement."})
    shown = lost.content.decode()

    assert (again.status_code, lost.status_code) == (302, 409)
    assert Said.objects.get(number=0).text == "Oui.\nVite."
    assert Event.objects.filter(kind="hotwash.noted").count() == 1
    assert "Oui.\nVite.</p>" in shown
    assert "Non, lentement.</textarea>" in shown
    assert "entre-temps" in shown
    both = {"question": "0", "seen": Said.objects.get().digest, "said-0": "Oui et non."}
    assert both["seen"] in shown
    assert second.post(PAGE, both).status_code == 302
    assert Said.objects.get(number=0).text == "Oui et non."
    assert seen_on(first) != seen


def test_an_answer_that_is_too_long_comes_back_as_it_was_typed(exercise, bruno):
    exercise.begin()
    conducting.end(by=exercise.bruno, real=clock.real())
    answer = client_of(bruno).post(PAGE, {"question": "0", "said-0": "long " * 5_000})

    assert answer.status_code == 400
    assert "long long long" in answer.content.decode()
    assert not Said.objects.exists()


def test_an_answer_that_came_back_too_long_does_not_overwrite_what_it_never_showed(
    exercise, bruno, ada
):
    exercise.begin()
    conducting.end(by=exercise.bruno, real=clock.real())
    first, second = client_of(bruno), client_of(ada)
    seen = seen_on(second)
    first.post(PAGE, {"question": "0", "seen": seen, "said-0": "Oui."})
    page = second.post(PAGE, {"question": "0", "seen": seen, "said-0": "long " * 5_000})
    carried = seen_in(page)
    answer = second.post(PAGE, {"question": "0", "seen": carried, "said-0": "Non."})

    assert (page.status_code, answer.status_code) == (400, 409)
    assert carried == seen
    assert "Oui.</p>" in answer.content.decode()
    assert seen_in(answer) == Said.objects.get().digest
    assert Said.objects.get().text == "Oui."


@pytest.mark.skipif(not pdf.can_draw(), reason="Pango is not installed")
def test_the_same_stands_on_paper_with_the_band_on_each_sheet(exercise, bruno, settings):
    settings.EXERCISE_BANNER = exercise.known.banner_fr
    play_ransomware(exercise)
    conducting.end(by=exercise.bruno, real=clock.real())
    conducting.note(number=0, text="Trop tard.", seen="", by=exercise.bruno, now=clock.now())
    answer = client_of(bruno).get("/console/exercice/bilan.pdf")
    sheets = [sheet.extract_text() for sheet in PdfReader(io.BytesIO(answer.content)).pages]

    assert answer["Content-Type"] == "application/pdf"
    assert all(exercise.known.banner_fr in sheet for sheet in sheets)
    whole = " ".join(" ".join(sheets).split())
    for words in ("Bilan d'exercice", "Fait en retard", "Trop tard.", "(ran-p2)"):
        assert words in whole


def test_an_admin_conducts_and_reads_no_case_through_it(exercise, ada):
    play_ransomware(exercise)
    shown = client_of(ada).get(PAGE).content.decode()
    case = Incident.objects.first()

    assert ada.role == Role.ADMIN
    assert case.reference in shown
    assert str(case.uuid) not in shown
