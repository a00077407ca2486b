"""What the tests of TAXII read: partners with tokens, collections, rows as the publisher writes them."""

import asyncio
import hashlib
import json
import uuid
from dataclasses import dataclass, field

import httpx

from api.models import (
    Collection,
    CollectionAccess,
    Partner,
    PartnerToken,
    Preview,
    Release,
    Share,
)
from api.sharing import terms
from api.sharing.tokens import new_token
from api.taxii import moments
from api.taxii.asgi import Taxii
from csirt.accounts.roles import Role
from csirt.kernel.clock import now
from tests.people import file_case, person

MEDIA = "application/taxii+json;version=2.1"
START = 1_769_860_800_000  # 2026-01-31T12:00:00.000Z
IDENTITY = "identity--4ca45bf8-9057-4afa-a1a4-4af1c82b3584"


def indicator(number, *, modified="2026-01-31T10:00:00.000Z", padding=0):
    """Return an indicator; the same *number* is the same object, whatever its version."""
    value = f"198.51.{number // 256 % 256}.{number % 256}"
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{uuid.UUID(int=number, version=4)}",
        "created_by_ref": IDENTITY,
        "created": "2026-01-31T10:00:00.000Z",
        "modified": modified,
        "name": f"Adresse d'où l'on attaque nº {number}{'.' * padding}",
        "indicator_types": ["malicious-activity"],
        "pattern": f"[ipv4-addr:value = '{value}']",
        "pattern_type": "stix",
        "valid_from": "2026-01-31T10:00:00Z",
        "lang": "fr",
    }


def address(number):
    """Return what is only observed: it has neither created nor modified."""
    return {
        "type": "ipv4-addr",
        "spec_version": "2.1",
        "id": f"ipv4-addr--{uuid.UUID(int=number, version=5)}",
        "value": f"203.0.113.{number % 256}",
    }


def partner(identifier, *, active=True):
    return Partner.objects.create(
        identifier=identifier,
        name=identifier.title(),
        active=active,
        terms=terms.VERSION,
        created_at=now(),
    )


def token(of, *, scopes=("taxii:read",), **fields):
    """Return a token's row and its text."""
    text, prefix, digest = new_token()
    row = PartnerToken.objects.create(
        partner=of, prefix=prefix, digest=digest, scopes=list(scopes), created_at=now(), **fields
    )
    return row, text


def collection(alias, *readers, tlp="green", can_read=True, can_write=False, **fields):
    """Return a collection that *readers* have access to."""
    row = Collection.objects.create(
        alias=alias, title=alias.title(), tlp=tlp, audience="named", created_at=now(), **fields
    )
    for reader in readers:
        CollectionAccess.objects.create(
            collection=row, partner=reader, can_read=can_read, can_write=can_write
        )
    return row


def release():
    """Return somebody's release of a case, for rows to hang under."""
    case = file_case().incident
    by = person("Bruno", Role.LEAD, email=f"{uuid.uuid4().hex}@exemple.fr", enrolled=False)
    preview = Preview.objects.create(incident=case, requested_by=by, created_at=now())
    return Release.objects.create(
        incident=case, preview=preview, sha256="0" * 64, tlp="green", by=by, at=now()
    )


def put(into, under, objects, *, start=None, step=1):
    """Add *objects* as rows of the collection *into*, *step* milliseconds apart; return them."""
    at = start if start is not None else max(START, into.last_added_at + step)
    rows = []
    for place, obj in enumerate(objects):
        text = json.dumps(obj, ensure_ascii=False, separators=(",", ":"))
        added = at + place * step
        rows.append(
            Share(
                collection=into,
                stix_id=obj["id"],
                type=obj["type"],
                version=obj.get("modified") or moments.written(added)[:-4] + "Z",
                bytes=text,
                content=hashlib.sha256(text.encode()).hexdigest(),
                added_seq=1,
                added_at=added,
                release=under,
            )
        )
    newest = {}
    for row in rows:
        newest[row.stix_id] = max(newest.get(row.stix_id, ""), row.version)
    for row in rows:
        row.is_latest = row.version == newest[row.stix_id]
    overtaken = Share.objects.filter(collection=into, stix_id__in=newest, is_latest=True)
    overtaken.update(is_latest=False)
    Share.objects.bulk_create(rows, batch_size=500)
    into.last_added_at = rows[-1].added_at
    into.save()
    return rows


@dataclass
class Reader:
    """A partner's program at the server *url*; ``get`` answers with any status."""

    url: str
    identifier: str = ""
    token: str = ""
    headers: dict = field(default_factory=lambda: {"Accept": MEDIA})

    def __post_init__(self):
        auth = (self.identifier, self.token) if self.token else None
        self.client = httpx.Client(
            base_url=f"{self.url}/taxii2/", auth=auth, headers=self.headers, timeout=30
        )

    def get(self, path="", headers=None, **params):
        return self.client.get(path, params=params or None, headers=headers)

    def send(self, method, path="", **options):
        return self.client.request(method, path, **options)

    def objects(self, of, **params):
        """Return one page of the objects of the collection *of*."""
        answer = self.get(f"{path_of(of)}objects/", **params)
        assert answer.status_code == 200, answer.text
        return answer

    def pull(self, of, listing="objects/", **params):
        """Follow ``next`` to the end; return the pages."""
        pages = []
        while True:
            answer = self.get(f"{path_of(of)}{listing}", **params)
            assert answer.status_code == 200, answer.text
            pages.append(answer)
            body = answer.json()
            assert bool(body.get("more")) == ("next" in body)
            if not body.get("more"):
                return pages
            params["next"] = body["next"]


def path_of(of):
    return f"desk/collections/{of.uuid}/"


def ids(pages):
    """Return the identifiers of all objects of *pages*, in order."""
    return [obj["id"] for page in pages for obj in page.json().get("objects", [])]


def match(**fields):
    """Return ``match[...]`` parameters."""
    return {f"match[{name}]": value for name, value in fields.items()}


def in_process(talk):
    """Run ``talk(client)`` against an application in this process, started and stopped."""

    async def run():
        app = Taxii()
        await app.startup()
        try:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://127.0.0.1"
            ) as client:
                return await talk(client)
        finally:
            await app.shutdown()

    return asyncio.run(run())
