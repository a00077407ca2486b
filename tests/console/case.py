"""What tests of the case page share: its address, its forms, a case that is qualified."""

import re
from html import unescape

from csirt.journal.models import Event
from csirt.kernel.clock import now
from incidents.models import Incident
from incidents.services import transitions
from tests.people import client_of


def address(case, *rest):
    return f"/console/dossiers/{case.uuid}/" + "/".join(rest)


def fresh(case):
    return Incident.objects.get(pk=case.pk)


def text(answer):
    return unescape(re.sub(r"<[^>]+>", " ", answer.content.decode()))


def post(user, case, *rest, follow=True, **data):
    data.setdefault("version", fresh(case).version)
    return client_of(user).post(address(case, *rest), data, follow=follow)


def qualified(case, by):
    """Bring a new case to *active*."""
    case = transitions.take(incident=case.uuid, version=fresh(case).version, by=by, now=now())
    return transitions.qualify(
        incident=case.uuid,
        version=case.version,
        by=by,
        kind="incident",
        category=case.category,
        priority=case.priority,
        tlp="amber",
        now=now(),
    )


def told(mark, *, of=None):
    """Return what the journal says since *mark*, the number of an event: kinds with their data."""
    events = Event.objects.filter(seq__gt=mark).order_by("seq")
    return [(e.kind, e.data) for e in events if of is None or e.incident == of.pk]
