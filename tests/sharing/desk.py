"""What the tests of sharing stand on: a qualified case with indicators, partners, collections."""

from api.models import Preview, Share
from api.sharing import partners, previews, releases, tasks, terms
from csirt.accounts.principals import Person
from csirt.journal import drain
from csirt.kernel.clock import now
from csirt.kernel.tlp import Tlp
from incidents.domain.lifecycle import UNDO_FOR
from incidents.models import Incident, Observable
from incidents.services import casework, observing, transitions
from tests.people import file_case

VALUES = (
    ("ipv4", "198.51.100.23"),
    ("domain", "connexion-webmel.example"),
    ("url", "http://connexion-webmel.example/owa"),
    ("sha256", "6e1f7a2d0d3a2a8ff7fb8a2c1a3ce2d3e0a9a6df0b8a6f1b5d9f2b0a1c2d3e4f"),
)


def of(user):
    return Person.of(user)


def qualified(by, *, tlp="green", values=VALUES, **fields):
    """Return a case that somebody took, qualified, and judged the values of."""
    case = file_case(**fields).incident
    drain()  # the extraction reads the report first, as it does at the desk
    case = Incident.objects.get(pk=case.pk)
    case = transitions.accept(
        incident=case.uuid,
        version=case.version,
        by=of(by),
        kind="incident",
        category=case.category,
        priority=case.priority,
        tlp=tlp,
        now=now(),
    )
    for kind, value in values:
        judge(case, by, kind, value)
    return Incident.objects.get(pk=case.pk)


def judge(case, by, kind, value, role="indicator"):
    row = Observable.objects.filter(incident=case, type=kind, value=value).first()
    if row is None:
        row = observing.add_observable(
            incident=case.uuid, by=of(by), type=kind, value=value, now=now()
        )
    return observing.judge(
        incident=case.uuid,
        observable=row.uuid,
        version=row.version,
        by=of(by),
        role=role,
        now=now(),
    )


def collection(lead, alias="communaute", *, audience="green", tlp="green"):
    return partners.create_collection(
        alias=alias, title=alias.title(), audience=audience, tlp=tlp, by=of(lead), now=now()
    )


def partner(lead, identifier="csirt-voisin", *, reads=()):
    row = partners.create_partner(
        identifier=identifier, name=identifier.title(), kind="csirt", by=of(lead), now=now()
    )
    terms.accept_terms(partner=row.uuid, version=terms.VERSION, by=of(lead), now=now())
    for found in reads:
        partners.grant_access(collection=found.uuid, partner=row.uuid, by=of(lead), now=now())
    return row


def preview(case, by, *collections):
    """Ask for a preview and do the job that makes it."""
    row = previews.request_preview(
        incident=case.uuid, by=of(by), collections=[c.uuid for c in collections], now=now()
    )
    tasks.build_preview.call(str(row.uuid))
    return Preview.objects.get(pk=row.pk)


def settled():
    """Return a moment that is past what may be undone: what was approved then is published at once."""
    return now() - UNDO_FOR


def release(case, by, *collections, publish=True):
    """Preview, approve, and let the publisher work."""
    row = preview(case, by, *collections)
    assert row.status == Preview.Status.READY, row.error
    found = releases.approve(preview=row.uuid, sha256=row.sha256, by=of(by), now=settled())
    if publish:
        drain()
        found.refresh_from_db()
        if found.state == "queued":  # more than the collection's clock had room for
            tasks.publish_rest.call(str(found.uuid), 0)
            found.refresh_from_db()
    return found


def latest(found):
    """Return the latest rows of a collection, in the order of their addition."""
    return list(Share.objects.filter(collection=found, is_latest=True).order_by("added_at"))


def raise_tlp(case, by, tlp):
    case = Incident.objects.get(pk=case.pk)
    return casework.set_tlp(
        incident=case.uuid, version=case.version, by=of(by), tlp=Tlp(tlp), now=now()
    )
