"""Every address of the desk, from the URL conf itself, and how each is asked for.

An address that names a verb stands once for each verb of its table. TAXII and the console's socket are
outside of the URL conf: their addresses are listed here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

from csirt.web import panels
from incidents.console.acts import ACTS
from incidents.console.forms import EDGES
from incidents.domain.lifecycle import TRANSITIONS
from tests.permissions_world import ABSENT, World

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
TAXII = (
    "taxii2/",
    "taxii2/desk/",
    "taxii2/desk/collections/",
    "taxii2/desk/collections/<collection>/",
    "taxii2/desk/collections/<collection>/objects/",
    "taxii2/desk/collections/<collection>/objects/<stix>/",
    "taxii2/desk/collections/<collection>/objects/<stix>/versions/",
    "taxii2/desk/collections/<collection>/manifest/",
    "taxii2/desk/status/<status>/",
)
SOCKET = "ws/console/"
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
CASE = {
    "action",
    "case",
    "dated",
    "evidence",
    "incident",
    "lesson",
    "note",
    "observable",
    "report",
    "preview",
    "run",
    "step",
}
VERBS = {"edge": tuple(EDGES), "transition": tuple(TRANSITIONS), "verb": tuple(ACTS)}
FIRST = {"edge": "wait", "transition": "wait", "verb": "note"}  # asked for in every way
# One value that exists, for what names neither an object nor a verb.
WORDS = {
    "clock": "cnil-art33-72h",
    "key": "hours",
    "name": "danger",
    "paper": "plainte",
    "playbook": "rancongiciel",
    "field": "note-text",
    "which": "nouvelle",
    "page": "suite-fait",
    "slot": "console.case",
    "theme": "sauvegarde",
    "anything": "n-importe-quoi",
    "provider_id": "region",
    "inject": "i1",
}


@dataclass(frozen=True)
class Asked:
    """One request: an address for one object; ``masked`` are the words that name the object.

    ``version_of`` is the last object of the address: the one that would change.
    """

    route: str
    label: str
    path: str
    masked: tuple[str, ...] = ()

    @property
    def version_of(self) -> str:
        return self.masked[-1] if self.masked else ""


def site() -> dict[str, bool]:
    """Return each route of the URL conf, as it is written there but for verbs.

    The value tells whether it is asked for in every way. The method and the object are dealt with
    before the verb is: of the others of its table, POST on two or three objects.
    """
    found = {}
    for route in _below(get_resolver(), ""):
        name = next((name for name in VERBS if f"<slug:{name}>" in route), None)
        words = VERBS[name] if name else ("",)
        found |= {
            route.replace(f"<slug:{name}>", word): not word or word == FIRST[name] for word in words
        }
    return found


def _below(resolver: URLResolver, prefix: str) -> Iterator[str]:
    for found in resolver.url_patterns:
        if not isinstance(found.pattern, RoutePattern):
            raise TypeError(f"{prefix}{found.pattern}: the matrix only knows path(), not re_path()")
        route = prefix + str(found.pattern)
        if isinstance(found, URLPattern):
            yield route
        else:
            yield from _below(found, route)


def requests(route: str, principal: str, world: World) -> list[Asked]:
    """Return the addresses to ask for: one for each object that *route* may name."""
    names = PARAMETER.findall(route)
    objects = [name for name in names if name not in WORDS]
    words = {name: WORDS[name] for name in names if name in WORDS}
    if "slot" in words:
        words["name"] = panels.panels(words["slot"])[0].name
    if not objects:
        return [Asked(route, "-", "/" + _filled(route, words))]
    if set(objects) & CASE:
        return [
            Asked(route, label, "/" + _filled(route, words | values), tuple(values.values()))
            for label, values in _case_values(objects, principal, world).items()
        ]
    values = [world.others(name, principal) for name in objects]
    if None in values:
        unknown = objects[values.index(None)]
        raise LookupError(f"{route}: tests/permissions_world.py does not know any <{unknown}>")
    labels = [label for label in values[0] if all(label in found for found in values)]
    named = {
        label: {n: found[label] for n, found in zip(objects, values, strict=True)}
        for label in labels
    }
    return [
        Asked(route, label, "/" + _filled(route, words | found), tuple(found.values()))
        for label, found in named.items()
    ]


def _case_values(objects: list[str], principal: str, world: World) -> dict[str, dict[str, str]]:
    if unknown := set(objects) - CASE:
        raise LookupError(
            f"<{unknown}> beside a case: tests/permissions_routes.py does not know it"
        )
    cases = world.case_of(principal)
    values = {
        label: {name: case.parts[name] if case else ABSENT for name in objects}
        for label, case in cases.items()
    }
    if len(objects) > 1 and "own" in cases:
        parts = world.cases["zoe"].parts
        values["mixed"] = {objects[0]: cases["own"].parts[objects[0]]} | {
            name: parts[name] for name in objects[1:]
        }
    return values


def _filled(route: str, values: dict[str, str]) -> str:
    return PARAMETER.sub(lambda found: values[found[1]], route)


def taxii_requests(route: str, world: World) -> list[Asked]:
    """Return the addresses of a TAXII route; a partner's own collection, another's, and none."""
    if "<collection>" not in route and "<status>" not in route:
        return [Asked(route, "-", f"/{route}")]
    stix = world.stix_id
    labels = {"own": world.collection.uuid, "hidden": world.other_collection.uuid, "absent": ABSENT}
    return [
        Asked(
            route,
            label,
            "/" + _filled(route, {"collection": str(key), "stix": stix, "status": str(key)}),
            (str(key),),
        )
        for label, key in labels.items()
    ]
