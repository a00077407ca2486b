"""Markings that travel with the data: TLP 2.0 as published by OASIS, PAP as a statement."""

from typing import Any

from api.stix.tlp_ids import TLP_2

TLP_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"

_PAP = {
    "clear": "marking-definition--d2d39820-0bf9-4a89-8c5e-e27e30fe813a",
    "green": "marking-definition--9b0d37dd-2e50-4e30-b580-4c8cf6c806e3",
    "amber": "marking-definition--70371768-6456-4bc1-9599-ef34125981cc",
    "red": "marking-definition--29acf201-180a-4aa5-86b2-d117612518d4",
}


def tlp(level: str) -> dict[str, Any]:
    """Return the TLP 2.0 marking, the same bytes from every producer; ``KeyError`` for RED."""
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": TLP_2[level],
        "created": "2022-10-01T00:00:00.000Z",
        "name": f"TLP:{level.upper()}",
        "extensions": {TLP_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": level}},
    }


def pap(level: str) -> dict[str, Any]:
    """Return the PAP marking; OASIS has none, so it is a statement."""
    words = f"PAP:{level.upper()}"
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": _PAP[level],
        "created": "2026-01-01T00:00:00.000Z",
        "name": words,
        "definition_type": "statement",
        "definition": {"statement": words},
    }


def attack(copyright_: str) -> dict[str, Any]:
    """Return the marking that goes with what is MITRE's: its licence asks for the words."""
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": "marking-definition--5e0a6a0b-6a6f-4f0e-8d0a-0c7a2f6b1d43",
        "created": "2026-01-01T00:00:00.000Z",
        "name": "MITRE ATT&CK",
        "definition_type": "statement",
        "definition": {"statement": copyright_},
    }
