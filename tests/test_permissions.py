"""C5: who may ask for what, for every address, method, principal and object.

The answers are those of ``permissions.csv``; after an intended change, ``python
tests/permissions_write.py`` writes it again, to be read line by line. ``*`` stands for every object,
or for every principal. Whatever the file says: what is hidden answers as what does not exist, byte by
byte, and nothing answers with an error of ours.
"""

import asyncio
import csv
import logging
import os
import re
from collections import defaultdict
from json import dumps
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from asgiref.sync import async_to_sync
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.test import RequestFactory, override_settings
from django.test.client import ClientHandler

from tests import permissions_routes as routes
from tests.conftest import once_but_the_first
from tests.permissions_world import PRINCIPALS, World

FILE = Path(__file__).with_name("permissions.csv")
COLUMNS = ("route", "method", "principal", "object", "status")
OBJECTS = ("-", "own", "visible", "foreign", "hidden", "absent", "mixed")
ASKED = ("-", "absent", "own", "hidden", "foreign", "visible", "mixed")
WIDEST_FIRST = sorted(
    PRINCIPALS, key=lambda name: name != "analyst"
)  # who asks for most: on both engines
WRITING = os.environ.get("CSIRT_TEST_WRITE_PERMISSIONS") == "1"
LOGIN = settings.LOGIN_URL
_NOISE = re.compile(
    rb'(?<=name="csrfmiddlewaretoken" value=")\w+|(?<=X-CSRFToken&quot;: &quot;)\w+'
    rb'|(?<=X-CSRFToken": ")\w+|(?<=<code translate="no">)[0-9a-f]{16}(?=</code>)'
    rb'|(?<="request_id":")[0-9a-f]{16}|(?<=urn:request:)[0-9a-f]{16}'
)
_VARYING = {"x-request-id", "set-cookie", "content-length", "date"}
_written = {}
NOBODY = {
    "api/v1/<path:anything>": "no such page",
    "console/dossiers/<uuid:case>/annuler": "nobody acted in the last ten seconds",
    "comptes/equipe/<uuid:user>/second-facteur/effacer/": "no other admin has asked",
    "comptes/fournisseur/<slug:provider_id>/": "no identity provider is set",
    "comptes/fournisseur/<slug:provider_id>/retour/": "no identity provider is set",
    "comptes/invitation/": "no link was opened in these browsers",
    "console/campagnes/<uuid:campaign>/retirer": "the form that asks names no case",
    "console/dossiers/<uuid:case>/observables/<uuid:observable>/annuler": "nobody has judged it",
    "console/plainte/<str:pack>/pdf": "no worker has drawn the pack",
    "console/playbooks/<slug:playbook>/bibliotheque": "what is in force comes from the library",
    "console/playbooks/importer": "no file is sent",
    "console/playbooks/versions/<uuid:edition>/ordre": "the form names no step",
    "console/playbooks/versions/<uuid:edition>/proposer": "the version has left its author",
    "console/playbooks/versions/<uuid:edition>/refuser": "the form gives no reason",
    "console/partage/partenaires/<uuid:partner>/personnes": "the form names nobody",
    "console/prevention/<uuid:organisation>/": "the form says nothing of what was done",
    **dict.fromkeys(
        (
            "console/exercice/",
            "console/exercice/appels/",
            "console/exercice/appels/<slug:inject>/",
            "console/exercice/bilan/",
            "console/exercice/bilan.pdf",
            "console/exercice/heure",
            "console/exercice/inject/<slug:inject>/",
            "console/exercice/libre/",
        ),
        "nobody exercises on this desk",
    ),
    "kit/code/": "the form gives no code",
    "metrics": "nobody here asks from the machine itself, nor with the token of metrics",
    "taxii2/desk/status/<status>/": "nothing was pushed",
}


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    patient = override_settings(ACCOUNT_REAUTHENTICATION_TIMEOUT=86400)  # all of it takes minutes
    with django_db_blocker.unblock(), patient:
        yield World()
        call_command("flush", verbosity=0, interactive=False)
    if WRITING and set(_written) == set(PRINCIPALS):
        write(_written)


@pytest.fixture
def db(django_db_blocker):
    """Open the database without the usual transaction: the world is committed, for all to see."""
    with django_db_blocker.unblock():
        yield


class Answer:
    """What came back: ``said`` for the file, ``whole`` without what differs each time."""

    def __init__(self, status, headers, body, asked):
        location = headers.get("location", "")
        self.said = str(status)
        if status == 302 and location.startswith(LOGIN):
            self.said = "302 login"
        for word in asked.masked:
            body = body.replace(word.encode(), b"#")
            location = location.replace(word, "#")
        self.status = status
        self.guarded = _guarded(asked.route, headers)
        self.forgotten = "no-store" in headers.get("cache-control", "") or not headers
        kept = {name: value for name, value in headers.items() if name not in _VARYING}
        kept["location"] = location
        self.whole = (status, sorted(kept.items()), _NOISE.sub(b"#", body))


def _guarded(route, headers):
    """Whether an answer of the site bears the headers that a strict browser wants (C22)."""
    if route in routes.TAXII or route == routes.SOCKET:
        return True  # TAXII has tests of its own; the socket answers no page
    policy = headers.get("content-security-policy", "")
    return (
        "default-src 'none'" in policy
        and "unsafe" not in policy
        and ("frame-ancestors 'none'" in policy or "sandbox" in policy)
        and headers.get("x-content-type-options") == "nosniff"
        and headers.get("referrer-policy") == "same-origin"
        and headers.get("x-frame-options") == "DENY"
        and headers.get("cross-origin-resource-policy") == "same-origin"
    )


class Site(RequestFactory):
    """The site in process; whatever a request changes is undone."""

    def __init__(self, principal, world):
        super().__init__()
        self.handler = ClientHandler(enforce_csrf_checks=False)
        self.world = world
        self.kept = world.cookies[principal]
        self.sent = world.headers(principal)

    def request(self, **request):
        return self.handler(self._base_environ(**request))

    def ask_all(self, method, objects):
        """Yield (object, answer).

        Where the method is refused for what is absent, it is refused before the object is looked
        at: the others are not asked for. HEAD goes through GET's code: three are enough.
        """
        order = sorted(objects, key=ASKED.index)
        for label in order[:3] if method == "HEAD" else order:
            answer = self.ask(method, objects[label])
            yield label, answer
            if label == "absent" and answer.status == 405:
                return

    def ask(self, method, asked):
        self.cookies.clear()
        self.cookies.load(self.kept)
        data, json = "", asked.route.startswith("api/")
        if method in {"POST", "PUT", "PATCH"}:
            fields = self.world.body(asked.route, asked.version_of)
            data = dumps(fields) if json else urlencode(fields)
        block = transaction.atomic()
        block._from_testcase = True  # services open a durable transaction inside
        with block:
            answer = self.generic(
                method,
                asked.path,
                data,
                content_type="application/json" if json else "application/x-www-form-urlencoded",
                headers=self.sent,
            )
            body = _whole(answer)
            if connection.in_atomic_block:
                transaction.set_rollback(True)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(answer.status_code, headers, body, asked)


def _whole(answer):
    if not answer.streaming:
        return answer.content
    if not answer.is_async:
        return b"".join(answer.streaming_content)

    async def read():
        return b"".join([piece async for piece in answer.streaming_content])

    return async_to_sync(read)()


async def beside_the_site(principal, world):
    """Ask TAXII and the socket, which are not in the URL conf; return what they answered."""
    from api.taxii.asgi import Taxii
    from csirt.asgi import application

    cookie = "; ".join(f"{name}={value}" for name, value in world.cookies[principal].items())
    headers = world.headers(principal) | ({"Cookie": cookie} if cookie else {})
    headers["Accept"] = "application/taxii+json;version=2.1"
    bearer = headers | {"Authorization": f"Bearer {world.token_text}"}
    taxii, found = Taxii(), {}
    await taxii.startup()
    transport = httpx.ASGITransport(app=taxii)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        for route in routes.TAXII:
            for method in routes.METHODS:
                for asked in routes.taxii_requests(route, world):
                    got = await client.request(method, asked.path, headers=headers)
                    answer = Answer(got.status_code, dict(got.headers), got.content, asked)
                    found[route, method, asked.label] = answer
                    if "Authorization" in headers:
                        again = await client.request(method, asked.path, headers=bearer)
                        assert again.status_code == got.status_code, (route, method, "Bearer")
    await taxii.shutdown()
    handshake = [(b"origin", settings.ORIGINS[0].encode()), (b"host", b"testserver")]
    handshake += [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    socket = WebsocketCommunicator(application, f"/{routes.SOCKET}", headers=handshake)
    socket.scope["client"] = ["127.0.0.1", 1]
    accepted, code = await socket.connect(timeout=20)
    await socket.disconnect(timeout=20)
    said = 101 if accepted else code or 403
    asked = routes.Asked(routes.SOCKET, "-", routes.SOCKET)
    found[routes.SOCKET, "WS", "-"] = Answer(said, {}, b"", asked)
    return found


def everything(principal, world):
    site, found = Site(principal, world), {}
    logging.disable(logging.ERROR)  # each refusal would be a line
    for route, in_every_way in routes.site().items():
        objects = {asked.label: asked for asked in routes.requests(route, principal, world)}
        if not in_every_way:
            first = next(iter(objects))  # "foreign" for who sees no case: as good as hidden
            kept = {first, "absent"} if first == "foreign" else {first, "hidden", "absent"}
            objects = {label: objects[label] for label in objects if label in kept}
        for method in routes.METHODS if in_every_way else ("POST",):
            for label, answer in site.ask_all(method, objects):
                found[route, method, label] = answer
    found |= asyncio.run(beside_the_site(principal, world))
    logging.disable(logging.NOTSET)
    return found


def expected():
    """Return the file: {route: {method: {principal: {object: status}}}}."""
    table = defaultdict(lambda: defaultdict(lambda: defaultdict(dict)))
    with FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            table[row["route"]][row["method"]][row["principal"]][row["object"]] = row["status"]
    return table


def look_up(table, route, method, principal, label):
    by_principal = table.get(route, {}).get(method, {})
    by_object = by_principal.get(principal) or by_principal.get("*") or {}
    return by_object.get(label) or by_object.get("*") or "not in the file"


@pytest.mark.parametrize("principal", once_but_the_first(WIDEST_FIRST))
def test_each_principal_gets_the_answers_of_the_file(principal, world, db):
    """One test a principal, so that each address is asked for once, whoever checks it."""
    answers = everything(principal, world)

    if WRITING:
        _written[principal] = {key: answer.said for key, answer in answers.items()}
    else:
        assert differences(answers, principal) == {}, "python tests/permissions_write.py, and read"
    assert [key for key, answer in answers.items() if 500 <= answer.status < 600] == []
    assert [key for key, answer in answers.items() if not answer.forgotten] == [], "A17"
    assert [key for key, answer in answers.items() if not answer.guarded] == [], "C22"
    for (route, method, label), answer in answers.items():
        if label == "hidden" or (label in {"foreign", "mixed"} and answer.status == 404):
            absent = answers[route, method, "absent"]
            assert answer.whole == absent.whole, (route, method, label)


def differences(answers, principal):
    """Return {(route, method, object): (in the file, answered)} where the two differ."""
    table = expected()
    wanted = {key: look_up(table, *key[:2], principal, key[2]) for key in answers}
    return {
        key: (wanted[key], answer.said)
        for key, answer in answers.items()
        if wanted[key] != answer.said
    }


def test_the_file_names_no_route_that_is_gone():
    known = {*routes.site(), *routes.TAXII, routes.SOCKET}
    assert set(expected()) - known == set()


def test_each_route_answers_somebody_with_something():
    """The objects exist: an address that is 404 for everybody would prove nothing."""
    refusals = {"400", "401", "403", "404", "405", "302 login"}
    proven = {
        route
        for route, by_method in expected().items()
        for by_principal in by_method.values()
        for by_object in by_principal.values()
        if set(by_object.values()) - refusals
    }

    assert set(expected()) - proven == set(NOBODY)


def write(found):
    """Write the file, the same answers for everybody or for every object in one line."""
    keys = sorted({(route, method) for of in found.values() for route, method, _ in of})
    rows = []
    for route, method in keys:
        said = {
            principal: {
                label: word for (r, m, label), word in of.items() if (r, m) == (route, method)
            }
            for principal, of in found.items()
        }
        words = {word for by_object in said.values() for word in by_object.values()}
        if len(words) == 1:
            rows.append((route, method, "*", "*", *words))
            continue
        for principal in PRINCIPALS:
            by_object = said[principal]
            if len(set(by_object.values())) == 1:
                rows.append((route, method, principal, "*", *set(by_object.values())))
            else:
                objects = sorted(by_object.items(), key=lambda item: OBJECTS.index(item[0]))
                rows += [(route, method, principal, label, word) for label, word in objects]
    with FILE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)
