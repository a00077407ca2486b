"""SECURITY.md, D1 and D5: who may see which word, over every door, word by word.

Twenty cases: each TLP with nothing released, or released to Pa, to Pb, or to the community of both, as
far as the rules allow. Each case is known by words: those that may leave, and those that never do.
"""

from dataclasses import dataclass, field
from uuid import uuid4

import httpx
import pytest

from api.models import PartnerPerson, Share
from csirt.accounts.roles import Role
from csirt.kernel.clock import now
from csirt.kernel.errors import NotAllowed
from incidents.models import Incident
from incidents.services import casework
from tests.people import client_of, file_case, person
from tests.sharing import desk as sharing
from tests.taxii import shelf
from tests.taxii.shelf import MEDIA

LEVELS = ("clear", "green", "amber", "amber+strict", "red")
AUDIENCES = ("nobody", "pa", "pb", "both")
FEWEST = 50_000  # triples of a word, a principal and an address
SITE = (
    "/", "/console/", "/console/snapshot", "/console/recherche/?q=a", "/console/journal/",
    "/console/journal/export", "/console/mur/", "/console/campagnes/", "/console/tri/",
    "/console/nouvelles/", "/console/horloges/", "/console/etiquettes/", "/console/partage/",
    "/console/partage/collections/", "/console/partage/recus/", "/console/annuaire/",
    "/console/partage/mon-organisation/", "/api/v1/", "/api/v1/incidents/", "/api/v1/reports/",
    "/suivi/",
)  # fmt: skip


@dataclass
class Word:
    """A word that tells a case; ``readers`` are the partners who may read it."""

    text: str
    readers: frozenset[str] = field(default=frozenset())


@pytest.fixture(scope="module")
def world(desk_of_file):
    """Return the words of every case, the partners with their tokens, and the cases."""
    lead = person("Bruno", Role.LEAD)
    open_ = sharing.collection(lead, "communaute")
    strict = {
        name: sharing.collection(lead, f"pour-{name}", audience="named", tlp="amber+strict")
        for name in ("pa", "pb")
    }
    made = {"words": [], "cases": [], "tokens": {}, "people": {}, "refused": 0}
    for name in ("pa", "pb"):
        row = sharing.partner(lead, name, reads=[open_, strict[name]])
        _, made["tokens"][name] = sharing.partners.issue_token(
            partner=row.uuid, by=sharing.of(lead), now=now(), scopes=["taxii:read", "taxii:write"]
        )
        who = person(name, Role.PARTNER, email=f"{name}@partenaire.exemple.fr")
        PartnerPerson.objects.create(partner=row, user=who)
        made["people"][name] = client_of(who)
    made["people"]["reader"] = client_of(person("Eve", Role.READER))
    made["people"]["anonymous"] = client_of()
    made["people"]["victim"] = victim = client_of()
    victim.post("/suivi/", {"code": file_case().code})
    made["collections"] = {"pa": [open_, strict["pa"]], "pb": [open_, strict["pb"]]}
    into = {"pa": strict["pa"], "pb": strict["pb"], "both": open_}
    for tlp in LEVELS:
        for audience in AUDIENCES:
            _case(made, lead, tlp, audience, into.get(audience))
    return made


def _case(made, lead, tlp, audience, into):
    key = f"q{len(made['cases']):02}{uuid4().hex[:8]}"
    values = [("domain", f"{key}{letter}-mechant.example") for letter in "abc"]
    case = sharing.qualified(
        lead, tlp=tlp, values=values, text=f"Bonjour, {key}recit est chiffré, aidez-nous vite."
    )
    kept = sharing.judge(case, lead, "domain", f"{key}seen-mechant.example", role="seen")
    casework.add_note(incident=case.uuid, by=sharing.of(lead), text=f"{key}note", now=now())
    readers = frozenset()
    if into is not None:
        try:
            sharing.release(Incident.objects.get(pk=case.pk), lead, into)
        except NotAllowed:
            made["refused"] += 1
        else:
            readers = frozenset({"pa", "pb"} if audience == "both" else {audience})
    made["cases"].append(case)
    made["words"] += [Word(value, readers) for _kind, value in values]
    made["words"] += [Word(case.reference, readers), Word(kept.value)]
    made["words"] += [Word(f"{key}recit"), Word(f"{key}note"), Word(str(case.uuid))]


def _taxii(world):
    """Yield the principal, the address and the text of each answer of TAXII."""
    ids = list(Share.objects.values_list("stix_id", flat=True).distinct())
    ids.append(shelf.indicator(1)["id"])
    for name, token in {
        **world["tokens"],
        "anonymous": "",
        "wrong": f"occ_{'0' * 10}_{'0' * 64}",
    }.items():
        auth = (name, token) if token else None
        with httpx.Client(
            base_url=f"{world['url']}/taxii2/", auth=auth, headers={"Accept": MEDIA}
        ) as client:
            paths = ["", "desk/", "desk/collections/", f"desk/status/{uuid4()}/"]
            for one in {
                row.uuid: row for rows in world["collections"].values() for row in rows
            }.values():
                base = f"desk/collections/{one.uuid}/"
                paths += [
                    base,
                    f"{base}objects/",
                    f"{base}manifest/",
                    f"desk/collections/{one.alias}/objects/",
                ]
                paths += [
                    f"{base}objects/?match[version]=all",
                    f"{base}objects/?match[type]=indicator",
                ]
                for stix_id in ids:
                    paths += [f"{base}objects/{stix_id}/", f"{base}objects/{stix_id}/versions/"]
            for path in paths[: 40 if name == "wrong" else None]:
                answer = client.get(path)
                yield name, path, f"{answer.text}{answer.headers}"


def _site(world):
    for name, client in world["people"].items():
        for address in (*SITE, *(f"/console/dossiers/{case.uuid}/" for case in world["cases"])):
            answer = client.get(address)
            yield name, address, answer.content.decode() if answer.status_code == 200 else ""


def test_no_word_reaches_whom_it_was_not_released_to(world, desk_of_file):
    world["url"] = desk_of_file.url
    triples, seen, leaked = 0, set(), []

    for doors in (_taxii, _site):
        for who, address, text in doors(world):
            for word in world["words"]:
                triples += 1
                if word.text not in text or word.text in address:
                    continue
                if who in word.readers and doors is _taxii:
                    seen.add((who, word.text))
                else:
                    leaked.append((who, address, word.text))

    assert leaked == []
    assert triples >= FEWEST
    assert seen == {(who, word.text) for word in world["words"] for who in word.readers}
    assert world["refused"] == 5  # RED to anybody, AMBER and AMBER+STRICT to the community
