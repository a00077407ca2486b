"""TAXII 2.1 beside the site: an ASGI application of its own, without middleware or session.

Whatever happens, the answer is of TAXII's media type and an error has a title (section 3.6.1):
wrong addresses, wrong methods, a missing slash, a database that is away.
"""

import asyncio
import gzip
import re
import secrets
from dataclasses import replace
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connections

from api.taxii import envelope, inbox, resources
from api.taxii.answers import MEDIA, Answer, Away, Refused, not_found, unavailable
from api.taxii.gate import EVERY_COLLECTION, Caller, Collection, Failures, caller
from api.taxii.pulls import Pulls
from api.taxii.query import Query
from api.taxii.requests import Request, acceptable, accepts_gzip, takes
from api.taxii.store import Store, store_of
from csirt.kernel.clock import now
from csirt.web.lifespan import Receive, Scope, Send

log = structlog.get_logger()

WORTH_GZIP = 2_000  # bytes
WORTH_A_THREAD = 50_000  # bytes to compress beside the event loop
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_GET = ("GET", "HEAD")
_CHALLENGES = [
    (b"www-authenticate", b'Basic realm="TAXII", charset="UTF-8"'),
    (b"www-authenticate", b'Bearer realm="TAXII"'),
]
_ALWAYS = [
    (b"content-type", MEDIA.encode()),
    (b"cache-control", b"no-store"),
    (b"vary", b"Accept-Encoding"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]


class Taxii:
    """The application; ``startup`` opens what it reads from, by itself where there is no lifespan."""

    def __init__(self) -> None:
        self._store: Store | None = None
        self._pulls: Pulls | None = None
        self._failures = Failures()

    async def startup(self) -> None:
        """Open the store, whether or not the database is there."""
        self._ready()
        assert self._store is not None
        await self._store.open()

    async def shutdown(self) -> None:
        """Write the last pulls and close the store."""
        pulls, store, self._pulls, self._store = self._pulls, self._store, None, None
        if pulls is not None:
            await pulls.stop()
        if store is not None:
            await store.close()

    def _ready(self) -> tuple[Store, Pulls]:
        if self._store is None or self._pulls is None:
            self._store = store_of(connections.settings["default"])
            self._pulls = Pulls()
        return self._store, self._pulls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._store is None:
            await self.startup()
        zipped = False
        try:
            request = Request.of(scope)
            zipped = accepts_gzip(request.headers.get("accept-encoding"))
            if settings.EXERCISE:  # what is released in an exercise stays in it
                raise Refused(403, "This is an exercise", "Nothing is published here.")  # noqa: TRY301
            answer = await self._answer(request, receive)
        except Refused as refused:
            answer = refused.answer
        except Away:
            answer = unavailable().answer
        except Exception:
            error_id = secrets.token_hex(8)
            log.exception("taxii.failed", id=error_id, path=scope["path"][:200])
            answer = Refused(500, "Internal error", error_id=error_id).answer
        await _send(send, answer, head=scope["method"] == "HEAD", zipped=zipped)

    async def _answer(self, request: Request, receive: Receive) -> Answer:
        segments = _segments(request.path)
        allowed = _allowed(segments)
        if request.method not in allowed:
            headers = [(b"allow", ", ".join(allowed).encode())]
            raise Refused(405, "Method not allowed", headers=headers)
        if not acceptable(request.headers.get("accept")):
            raise Refused(406, "Not acceptable", f"This server sends {MEDIA}.")
        if request.method == "POST":
            _check_length(request.headers.get("content-length"))
        match segments:
            case []:
                await self._caller(request, None)
                return resources.discovery(request.base)
            case [_]:
                await self._caller(request, None)
                return resources.api_root()
            case [_, "collections"]:
                return resources.collections(await self._caller(request, EVERY_COLLECTION))
            case [_, "collections", key, *rest]:
                wanted = UUID(key) if _UUID.fullmatch(key) else key
                who = await self._caller(request, wanted)
                if not who.collections:
                    raise not_found()
                return await self._of_collection(request, who, who.collections[0], rest, receive)
        who = await self._caller(request, None)
        store, _pulls = self._ready()
        if not _UUID.fullmatch(segments[2]):
            raise not_found()
        return await resources.status(store, who, UUID(segments[2]), now())

    async def _caller(self, request: Request, wanted: UUID | str | None) -> Caller:
        store, pulls = self._ready()
        at, header = now(), request.headers.get("authorization")
        who = await caller(store, header, wanted, at, request.address)
        if who is not None:
            pulls.used(who.machine.token_id, at)
            return who
        if header and self._failures.add(request.address, at):
            headers = [(b"retry-after", b"60")]
            raise Refused(429, "Too many wrong tokens", headers=headers)
        raise Refused(
            401,
            "A token is needed",
            "Basic with the partner's identifier and its token, or Bearer with the token.",
            _CHALLENGES,
        )

    async def _of_collection(
        self, request: Request, who: Caller, one: Collection, rest: list[str], receive: Receive
    ) -> Answer:
        if not rest:
            return resources.collection(one)
        if request.method not in _GET and not one.can_write:
            raise Refused(403, "Not allowed", "Nothing can be written to this collection.")
        if not who.agreed:
            raise Refused(
                403,
                "Terms not accepted",
                "Somebody of your organisation accepts the terms of sharing first.",
                external_details=f"{request.base}/console/partage/mon-organisation/",
            )
        if request.method == "POST":
            return await self._take(request, who, one, receive)
        if not one.can_read:
            raise Refused(403, "Not allowed", "This collection cannot be read with this token.")
        store, pulls = self._ready()
        listing, stix_id = _listing(rest)
        if request.method == "DELETE":
            assert stix_id is not None
            query = Query.parse(request.query, fields=resources.OBJECT.fields, place=one.place)
            return await inbox.remove(who.machine, one, stix_id, query)
        answer = await resources.page(store, one, listing, request.query, stix_id)
        pulls.add(who.machine.token_id, one.uuid, now())
        return answer

    async def _take(
        self, request: Request, who: Caller, one: Collection, receive: Receive
    ) -> Answer:
        if not takes(request.headers.get("content-type")) or request.headers.get(
            "content-encoding", "identity"
        ) not in {"", "identity"}:
            raise Refused(415, "Unsupported media type", f"Send {MEDIA}, not compressed.")
        body = await inbox.body(receive)
        objects, failures = await asyncio.to_thread(envelope.read, body)
        post = await inbox.take(who.machine, one, objects, failures)
        store, _pulls = self._ready()
        answer = await resources.status(store, who, post, now())
        return replace(answer, status=202)


def _segments(path: str) -> list[str]:
    """Return the parts of *path* below ``/taxii2/``. Raises ``Refused`` (404)."""
    if not path.endswith("/"):
        raise Refused(404, "Not found", "Every address of TAXII ends with a slash.")
    below = path.removeprefix("/taxii2/")
    if not below:
        return []
    segments = below[:-1].split("/")
    if "" in segments or "\0" in path or segments[0] != resources.ROOT:
        raise not_found()
    return segments


def _allowed(segments: list[str]) -> tuple[str, ...]:
    """Return the methods of an address. Raises ``Refused`` (404) where there is none."""
    match segments[1:]:
        case [] | ["collections"] | ["collections", _] | ["status", _]:
            return _GET
        case ["collections", _, "objects"]:
            return (*_GET, "POST")
        case ["collections", _, "objects", _]:
            return (*_GET, "DELETE")
        case ["collections", _, "manifest"] | ["collections", _, "objects", _, "versions"]:
            return _GET
    raise not_found()


def _listing(rest: list[str]) -> tuple[resources.Listing, str | None]:
    match rest:
        case ["objects"]:
            return resources.OBJECTS, None
        case ["objects", stix_id]:
            return resources.OBJECT, stix_id
        case ["objects", stix_id, "versions"]:
            return resources.VERSIONS, stix_id
    return resources.MANIFEST, None


def _check_length(header: str | None) -> None:
    if header is not None and header.isdigit() and int(header) > settings.BODY_LIMIT:
        headers = [(b"connection", b"close")]  # the body is not read
        raise Refused(413, "Too large", f"At most {settings.BODY_LIMIT} bytes at a time.", headers)


async def _send(send: Send, answer: Answer, *, head: bool, zipped: bool) -> None:
    headers, body = [*_ALWAYS, *answer.headers], answer.body
    if settings.SECURE_HSTS_SECONDS:
        age = f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains"
        headers.append((b"strict-transport-security", age.encode()))
    if zipped and len(body) >= WORTH_GZIP:
        if len(body) >= WORTH_A_THREAD:
            body = await asyncio.to_thread(gzip.compress, body, 1, mtime=0)
        else:
            body = gzip.compress(body, 1, mtime=0)
        headers.append((b"content-encoding", b"gzip"))
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else body})


taxii = Taxii()
