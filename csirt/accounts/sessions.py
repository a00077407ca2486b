"""Sessions in the database that know whose they are, so that one change can end them all.

``SESSION_ENGINE`` names this module.
"""

import hashlib
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from csirt.accounts.models import Session


class SessionStore(DatabaseStore):
    """Django's own store over a row that bears the user."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        row = super().create_model_instance(data)
        assert isinstance(row, Session)
        row.user_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        return row


def name_of(session_key: str | None) -> str:
    """Return how the journal names a session: a digest that opens nothing."""
    return hashlib.sha256((session_key or "").encode()).hexdigest()[:16]
