"""Clocks as the tests read them, and what people do about one."""

from csirt.accounts.principals import Person
from csirt.kernel.clock import now
from incidents.models import Clock
from incidents.services import clock_acts
from tests.incidents.conftest import row

CNIL, COMPLAINT, BANK = "cnil-art33-72h", "plainte-assurance-72h", "banque-rappel-immediat"


def law(case, **wanted):
    """Return the clocks of the law that apply to a case, by duty and step."""
    found = Clock.objects.filter(incident=case.pk, law=True, verdict="applies", **wanted)
    return {f"{one.duty}/{one.step}".rstrip("/"): one for one in found}


def clock(case, duty=CNIL, step=""):
    """Return one clock of a case."""
    return Clock.objects.get(incident=case.pk, duty=duty, step=step)


def act(verb, case, user, duty=CNIL, **given):
    """Do *verb* on a clock, on the version of the case that is stored now."""
    usual = {
        "start": {"at": now(), "reason": "Su plus tard, au vu des journaux."},
        "meet": {"at": now(), "how": "Récépissé n° 1234."},
        "waive": {"reason": "Aucun risque pour les personnes."},
        "explain": {"reason": "Le prestataire ne répondait pas."},
        "reopen": {},
    }
    fresh = {"version": row(case).version, "now": now()}
    return getattr(clock_acts, verb)(
        incident=case.uuid, by=Person.of(user), duty=duty, **fresh | usual[verb] | given
    )
