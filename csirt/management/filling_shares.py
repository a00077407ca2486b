"""The demonstration's sharing: two partners, three collections, and what was released to them."""

from django.conf import settings

from api.models import Collection, Partner, PartnerToken, Preview, Release
from api.sharing import partners, previews, releases, terms
from csirt.accounts.principals import Person
from csirt.journal import drain
from csirt.kernel.clock import now
from csirt.management.periodic import run_jobs
from incidents.domain.lifecycle import UNDO_FOR, State
from incidents.models import Incident

PERSON = "chloe@demo.example"  # of the first partner
COLLECTIONS = (
    ("public", "Indicateurs publics", "clear", "clear", "TLP:CLEAR, pour tous les partenaires."),
    ("communaute", "Communauté d'Occitanie", "green", "green", "TLP:GREEN, pour la communauté."),
    ("csirts", "Entre CSIRT", "named", "amber", "TLP:AMBER, pour des partenaires nommés."),
)
PARTNERS = (  # the collection that something is released to comes first
    ("csirt-voisin", "CSIRT voisin (démonstration)", "csirt", ("communaute", "public", "csirts")),
    (
        "syndicat-numerique",
        "Syndicat numérique (démonstration)",
        "operator",
        ("communaute", "public"),
    ),
)


def fill(alice: Person, bruno: Person) -> list[dict[str, object]]:
    """Make what is missing; return name, token and collections of each partner."""
    found = {row[0]: _collection(row, bruno) for row in COLLECTIONS}
    known = [_partner(row, found, bruno) for row in PARTNERS]
    green = found["communaute"]
    cases = Incident.objects.filter(tlp="green", restricted=False).order_by("pk")
    for case in cases.exclude(state__in=[State.NEW, State.TRIAGE]):
        if not Release.objects.filter(incident=case).exists():
            _release(case, green, alice)
    return known


def _collection(row: tuple[str, str, str, str, str], by: Person) -> Collection:
    alias, title, audience, tlp, description = row
    known = Collection.objects.filter(alias=alias).first()
    return known or partners.create_collection(
        alias=alias,
        title=title,
        audience=audience,
        tlp=tlp,
        description=description,
        by=by,
        now=now(),
    )


def _partner(
    row: tuple[str, str, str, tuple[str, ...]], found: dict[str, Collection], by: Person
) -> dict[str, object]:
    identifier, name, kind, aliases = row
    partner = Partner.objects.filter(identifier=identifier).first()
    if partner is None:
        partner = partners.create_partner(
            identifier=identifier, name=name, kind=kind, by=by, now=now()
        )
    if identifier == PARTNERS[0][0]:
        partners.add_person(partner=partner.uuid, email=PERSON, by=by, now=now())
    terms.accept_terms(partner=partner.uuid, version=terms.VERSION, by=by, now=now())
    for alias in aliases:
        if not partner.access.filter(collection=found[alias]).exists():
            partners.grant_access(
                collection=found[alias].uuid, partner=partner.uuid, by=by, now=now()
            )
    for old in PartnerToken.objects.filter(partner=partner, revoked_at=None):
        partners.revoke_token(token=old.uuid, by=by, now=now())  # shown once, and not kept
    _, text = partners.issue_token(
        partner=partner.uuid, by=by, now=now(), label=f"démonstration {settings.DESK_NAME}"
    )
    ids = [str(found[alias].uuid) for alias in aliases]
    return {"name": identifier, "token": text, "collections": ids}


def _release(case: Incident, collection: Collection, by: Person) -> None:
    preview = previews.request_preview(
        incident=case.uuid, by=by, collections=[collection.uuid], now=now()
    )
    run_jobs("demo")
    preview = Preview.objects.get(pk=preview.pk)
    if preview.status == Preview.Status.READY:
        releases.approve(preview=preview.uuid, sha256=preview.sha256, by=by, now=now() - UNDO_FOR)
        drain()
