"""MITRE ATT&CK Enterprise, read offline: the techniques an analyst picks for a release.

The data is MITRE's, in ``attack-enterprise.json``: what is neither revoked nor
deprecated, with MITRE's own STIX identifiers, so that a partner's tools join ours to theirs.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from csirt.reference.bundle import DATA
from incidents.domain.words import WORD, fold

FILE = DATA / "taxonomies" / "attack-enterprise.json"
KILL_CHAIN = "mitre-attack"  # name of the kill chain in STIX
# ATT&CK's tactics in its own order, as a French analyst says them.
TACTICS = {
    "reconnaissance": "Reconnaissance",
    "resource-development": "Préparation de moyens",
    "initial-access": "Accès initial",
    "execution": "Exécution",
    "persistence": "Maintien dans la place",
    "privilege-escalation": "Élévation de privilèges",
    "defense-evasion": "Contournement des défenses",
    "credential-access": "Vol d'identifiants",
    "discovery": "Découverte",
    "lateral-movement": "Déplacement latéral",
    "collection": "Collecte",
    "command-and-control": "Commande et contrôle",
    "exfiltration": "Exfiltration",
    "impact": "Impact",
}


@dataclass(frozen=True)
class Technique:
    """One technique or sub-technique. ``created`` and ``modified`` are MITRE's, RFC 3339 in ms."""

    id: str  # T1566, T1566.001
    name: str
    tactics: tuple[str, ...]
    uuid: str
    created: str
    modified: str

    @property
    def phases(self) -> str:
        """Its tactics in French, by commas."""
        return ", ".join(TACTICS[tactic] for tactic in self.tactics)


@dataclass(frozen=True)
class Attack:
    """The whole file."""

    version: str
    copyright: str  # to be reproduced wherever a part of it goes
    techniques: Mapping[str, Technique]


@cache
def attack() -> Attack:
    """Read the file, once a process."""
    content = json.loads(FILE.read_text(encoding="utf-8"))
    rows = (
        Technique(ident, name, tuple(tactics), uuid, created, modified)
        for ident, name, tactics, uuid, created, modified in content["techniques"]
    )
    return Attack(
        version=content["version"],
        copyright=content["copyright"],
        techniques=MappingProxyType({row.id: row for row in rows}),
    )


@cache
def _words() -> Mapping[str, tuple[str, str]]:
    """Return, by id, what a search compares: the id with the name, and all there is.

    Of a sub-technique, the name of what it is part of too: T1566.002 is « Spearphishing Link ».
    """
    known = attack().techniques
    return {
        row.id: (
            _folded(f"{row.id} {row.name}"),
            _folded(
                f"{row.id} {row.name} {known[row.id.partition('.')[0]].name}"
                f" {' '.join(row.tactics)} {row.phases}"
            ),
        )
        for row in known.values()
    }


def _folded(text: str) -> str:
    return " ".join(fold(word) for word in WORD.findall(text))


def search(text: str, most: int = 20) -> list[Technique]:
    """Return the techniques in which each word of *text* begins a word, those named so first."""
    wanted = [f" {word}" for word in _folded(text[:200]).split()]
    if not wanted:
        return []
    known = attack().techniques
    found = [
        (not all(word in f" {name}" for word in wanted), known[ident])
        for ident, (name, said) in _words().items()
        if all(word in f" {said}" for word in wanted)
    ]
    return [row for _rank, row in sorted(found, key=lambda pair: (pair[0], pair[1].id))][:most]
