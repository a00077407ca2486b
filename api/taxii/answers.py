"""What is answered: one media type, for errors too (TAXII 2.1, sections 1.6.8 and 3.6)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

MEDIA = "application/taxii+json;version=2.1"
RETRY_AFTER = 5  # seconds

Headers = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Answer:
    """A status, a body of JSON text, and headers beside the usual ones."""

    body: bytes
    status: int = 200
    headers: Headers = ()


class Refused(Exception):
    """An answer that is an error resource; ``title`` is for the person who runs the client."""

    def __init__(
        self, status: int, title: str, description: str = "", headers: Headers = (), **more: str
    ) -> None:
        super().__init__(title)
        fields = {"title": title, "description": description, **more, "http_status": str(status)}
        self.answer = Answer(
            text({key: value for key, value in fields.items() if value}), status, headers
        )


class Away(Exception):
    """The database cannot be reached, or not in time."""


def text(value: Any) -> bytes:
    """Write *value* as compact JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def not_found() -> Refused:
    """Hidden and absent are this same answer, byte for byte."""
    return Refused(HTTPStatus.NOT_FOUND, "Not found", "There is nothing here for this token.")


def unavailable() -> Refused:
    """Say that the database is away."""
    return Refused(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Temporarily unavailable",
        "Try again in a few seconds.",
        [(b"retry-after", str(RETRY_AFTER).encode())],
    )
