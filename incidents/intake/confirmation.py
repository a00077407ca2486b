"""The page after sending: reference, code, what happens next and when, whom to reach meanwhile.

Built from what was filed alone, so that a retry shows the same page although the draft is gone.
"""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from csirt.accounts.principals import Victim
from csirt.directory import reference
from csirt.kernel.codes import grouped
from csirt.reference.bundle import Bundle
from incidents.domain.questions import fill
from incidents.intake import paper
from incidents.intake.calendar import desk_now, promise
from incidents.intake.deadlines import clocks
from incidents.intake.sending import BEFORE
from incidents.intake.words import Reach, reach
from incidents.models import Incident, Report
from incidents.services import doors
from incidents.services.filing import Filed

# The routes of the intake file that say something to the victim; some of theirs speak to the desk.
ROUTE_SENTENCES = {
    "hors-public": _("Nous lisons votre signalement. 17Cyber vous répond jour et nuit."),
    "nuit-public-p1": _("Le CERT-FR aide aussi les mairies, à toute heure."),
    "comptable": _("Appelez maintenant votre comptable public. Demandez à bloquer le virement."),
    "hors-region": _("Votre commune n'est pas en Occitanie. Un autre service peut vous aider."),
    "plusieurs": _(
        "Nous ouvrons un seul dossier pour toutes. Chacune peut avoir son code, par la page de suivi."
    ),
    "regulee": _("Le CERT-FR de l'ANSSI aide aussi les structures régulées."),
    "sante": _("Le CERT Santé aide aussi les lieux de soin."),
}


def context(filed: Filed, now: datetime, *, token: str) -> dict[str, Any]:
    """Return what the confirmation page shows; *token* is the form's, for what follows it."""
    bundle = reference.current()
    case, report = filed.incident, filed.report
    return {
        "filed": filed,
        "token": token,
        "case": case,
        "principal": Victim(incident_id=case.pk),
        "code": grouped(filed.code) if filed.code else "",
        "as_pdf": paper.can_draw(),
        "answer": promise(
            bundle,
            priority=case.priority,
            kind=case.victim_kind,
            filed_at=report.filed_at,
            now=now,
        ),
        **advice(bundle, case, report, now),
    }


def advice(bundle: Bundle, case: Incident, report: Report, now: datetime) -> dict[str, Any]:
    """Return whom to call first, and what to know, by what was answered."""
    closed = not desk_now(bundle, now).open
    filled = fill(bundle, report.answers, now=now, text=report.text, stages=BEFORE)
    routes = doors.shown(bundle, report, filled, priority=case.priority, now=now)
    urgent = list(filled.show_contacts)
    law = clocks(bundle, case, report, now)
    others = [contact for route in routes for contact in route.show_contacts] + list(law.doors)
    if closed:
        others += bundle.service_hours.out_of_hours.show_contacts
    return {
        "clocks": law,
        "urgent": reach(bundle, urgent),
        "sentences": [ROUTE_SENTENCES[r.id] for r in routes if r.id in ROUTE_SENTENCES],
        "others": [
            *(
                one
                for one in reach(bundle, others, kind=case.victim_kind, traits=filled.traits)
                if one.id not in urgent
            ),
            *_prefecture(bundle, case),
        ],
    }


def _prefecture(bundle: Bundle, case: Incident) -> list[Reach]:
    """Return the prefecture of a department that all towns share; an unchecked number is left out."""
    serves = bundle.contacts["prefecture"].serves
    if case.victim_kind not in serves or case.priority != "P1":
        return []
    department = case.commune.department_id if case.commune else case.department_only
    row = bundle.contact_file.prefectures.get(department)
    if row is None:
        return []
    phone = "" if row.confidence == "low" else row.phone
    return [Reach("prefecture", row.name_fr, phone, "", row.url)]
