"""The desk's words in the standard's vocabularies. French where a person reads them."""

INCIDENT_EXTENSION = "extension-definition--ef765651-680c-498d-9894-99799f2fa126"
EVENT_EXTENSION = "extension-definition--4ca6de00-5b0d-45ef-a1dc-ea7279ea910e"
IMPACT_EXTENSION = "extension-definition--7cc33dd6-f6a1-489b-98ea-522d351d71b9"
TASK_EXTENSION = "extension-definition--2074a052-8be4-4932-849e-f5e7798e0030"
PLAYBOOK_EXTENSION = "extension-definition--1e1c1bd7-c527-4215-8e18-e199e74da57c"

CRITICALITY = {"P1": 90, "P2": 65, "P3": 40, "P4": 15}

VICTIM_NAMES = {
    "commune": "Commune, Occitanie",
    "epci": "Intercommunalité ou syndicat, Occitanie",
    "entreprise": "Entreprise, Occitanie",
    "association": "Association, Occitanie",
    "particulier": "Particulier, Occitanie",
}
_SECTORS = {"commune": "government-local", "epci": "government-local", "association": "non-profit"}
_SECTOR_OF_TRAIT = {"sante": "healthcare", "ecole": "education"}

# event-type-ov, an open vocabulary, by RSIT code and its class.
_TYPES = {
    "abusive-content/spam": "spam",
    "availability/ddos": "denial-of-service",
    "availability/dos": "denial-of-service",
    "availability/misconfiguration": "misconfiguration",
    "availability/sabotage": "destruction",
    "fraud/masquerade": "illegitimate-use-name",
    "fraud/phishing": "dissemination-phishing-emails",
    "fraud/unauthorised-use-of-resources": "illegitimate-use-resources",
    "information-content-security/data-leak": "data-exfiltration",
    "information-content-security/data-loss": "deletion-information",
    "information-content-security/unauthorised-information-access": (
        "unauthorized-access-information"
    ),
    "information-content-security/unauthorised-information-modification": (
        "modification-information"
    ),
    "intrusion-attempts/brute-force": "brute-force-attempt",
    "intrusions/application-compromise": "compromised-system",
    "intrusions/privileged-account-compromise": "unauthorized-access-system",
    "intrusions/system-compromise": "compromised-system",
    "intrusions/unprivileged-account-compromise": "theft-access-credentials",
    "malicious-code/infected-system": "infected-by-known-malware",
    "malicious-code/malware-distribution": "dissemination-malware-email",
}
_TYPE_OF_CATEGORY = {"rancongiciel": "ransomware", "perte-vol": "equipment-loss"}


def incident_types(category: str, rsit: tuple[str, ...]) -> list[str]:
    """Return the event types of a category, the plainest first; empty when none fits."""
    types = [_TYPE_OF_CATEGORY.get(category), *(_TYPES.get(code) for code in rsit)]
    return list(dict.fromkeys(found for found in types if found))


def sectors(victim_kind: str, traits: tuple[str, ...]) -> list[str]:
    """Return the victim's sectors: its kind and its traits, never who it is."""
    found = [_SECTORS.get(victim_kind), *(_SECTOR_OF_TRAIT.get(trait) for trait in traits)]
    return list(dict.fromkeys(sector for sector in found if sector))
