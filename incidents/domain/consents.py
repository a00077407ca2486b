"""What a victim may agree to. A changed sentence is a new version: consents name the one read."""

CONSENT_VERSION = "2026-11"
CONSENT_SENTENCES = {
    "sharing": "Nous pouvons prévenir d'autres structures avec des indices anonymes. "
    "Votre nom n'y est jamais.",
    "operator": "Le service informatique commun de votre structure peut lire ce dossier.",
    "handover": "Nous pouvons transmettre votre dossier à un autre service, mieux placé.",
}
"""By ``About`` value, the words agreed to (French msgids)."""
