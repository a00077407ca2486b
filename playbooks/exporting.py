"""A playbook as CACAO 2.0, with the desk as its author: for pages and for partners."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings

from csirt.directory import reference
from csirt.reference.playbooks import Playbook
from playbooks.domain import cacao
from playbooks.models import Edition

LIBRARY_DATE = datetime(2026, 10, 1, tzinfo=UTC)  # of the library's first publication


def made_at(edition: Edition | None) -> datetime:
    """Return when a version came into force; the library's date without one."""
    return (edition.decided_at or edition.made_at) if edition else LIBRARY_DATE


def exported(
    playbook: Playbook,
    edition: Edition | None,
    *,
    language: str,
    schema: str,
    done: cacao.Done | None = None,
    modified: datetime | None = None,
) -> dict[str, Any]:
    """Return the CACAO object; ``schema`` is the absolute address of the extension's schema.

    ``modified``: of a run, now; else the moment that the version came into force.
    """
    made = made_at(edition)
    source = cacao.Source(
        bundle=reference.current(),
        language=language,
        author=UUID(settings.DESK_IDENTITY),
        schema=schema,
        created=min(made, LIBRARY_DATE),
        modified=modified or made,
    )
    return cacao.exported(playbook, source, done)
