"""Second-factor seeds and recovery codes are encrypted at rest.

``CSIRT_SEEDS_KEY`` may hold several keys separated by commas, the newest first: all decrypt, the
first encrypts, so that a key can be replaced without asking anybody to enrol again.
"""

import base64

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def _fernet(key: bytes) -> Fernet:
    derived = HKDF(SHA256(), 32, salt=None, info=b"csirt.accounts.seeds").derive(key.strip())
    return Fernet(base64.urlsafe_b64encode(derived))


def _keys() -> MultiFernet:
    return MultiFernet([_fernet(key) for key in settings.SEEDS_KEY.split(b",") if key.strip()])


def encrypt(text: str) -> str:
    """Return *text* encrypted under the newest key."""
    return _keys().encrypt(text.encode()).decode("ascii")


def decrypt(encrypted: str) -> str:
    """Return what was encrypted; raises ``InvalidToken`` when no key fits."""
    return _keys().decrypt(encrypted.encode()).decode()
