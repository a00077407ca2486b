"""A case brought to any state through the real services, and what the journal says of it."""

from datetime import timedelta

import pytest

from csirt.accounts.principals import Person
from csirt.journal.models import Event
from csirt.kernel.clock import now
from incidents.models import Incident
from incidents.services.transitions import SERVICES
from tests.people import file_case

# How a case comes to each state: the edges to follow from *new*.
PATHS = {
    "new": [],
    "triage": ["take"],
    "active": ["take", "qualify"],
    "waiting": ["take", "qualify", "wait"],
    "waiting, from recovery": ["take", "qualify", "contain", "wait"],
    "recovery": ["take", "qualify", "contain"],
    "review": ["take", "qualify", "resolve"],
    "closed": ["take", "qualify", "resolve", "close"],
    "redirected": ["redirect"],
    "rejected": ["reject"],
    "duplicate, from new": ["merge"],
    "duplicate, from triage": ["take", "merge"],
    "duplicate, from active": ["take", "qualify", "merge"],
    "duplicate, from waiting": ["take", "qualify", "wait", "merge"],
    "duplicate, from recovery": ["take", "qualify", "contain", "merge"],
}


def arguments(edge, **replaced):
    """Return what the service of *edge* needs beside the case and the person: all of it valid."""
    if edge == "merge":
        return replaced or {"into": file_case().incident.uuid}
    valid = {
        "qualify": {
            "kind": "incident",
            "category": "rancongiciel",
            "priority": "P1",
            "tlp": "amber",
            "reason": "La mairie est à l'arrêt.",
        },
        "wait": {
            "waiting_on": "victim",
            "reason": "Nous attendons les journaux.",
            "until": now() + timedelta(days=2),
        },
        "resolve": {"reason": "Tout est rétabli."},
        "close": {"closing_words": "Merci de votre confiance."},
        "reopen": {"reason": "De nouveaux fichiers sont chiffrés."},
        "redirect": {"redirected_to": "17cyber", "consent": True, "reason": "Un particulier."},
        "reject": {"reason": "Une question, pas un incident."},
    }
    return valid.get(edge, {}) | replaced


def follow(edge, case, user, **replaced):
    """Follow *edge* as *user*, on the version that is stored now; return the case."""
    return SERVICES[edge](
        incident=case.uuid,
        version=row(case).version,
        by=Person.of(user),
        now=now(),
        **arguments(edge, **replaced),
    )


def case_in(state, user):
    """Return a case that *user* has brought to *state*, one of ``PATHS``."""
    case = file_case().incident
    for edge in PATHS[state]:
        case = follow(edge, case, user)
    return row(case)


def row(case):
    """Return the case as it is stored."""
    return Incident.objects.get(pk=case.pk)


def stored(case):
    """Return every column of the case, to compare."""
    return Incident.objects.filter(pk=case.pk).values().get()


def last_seq():
    """Return where the journal ends."""
    return Event.objects.order_by("-seq").values_list("seq", flat=True).first() or 0


@pytest.fixture
def since(db):
    """Return a function: the events about anything since the last call, as (kind, data)."""
    mark = last_seq()

    def events(*, of=None):
        nonlocal mark
        found = Event.objects.filter(seq__gt=mark).order_by("seq")
        mark = last_seq()
        return [(e.kind, e.data) for e in found if of is None or e.incident == of.pk]

    return events


@pytest.fixture
def outsiders(eve, ada, chloe, emile):
    """Everybody with an account who may see no case yet."""
    return [eve, ada, chloe, emile]
