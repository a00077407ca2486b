"""The reference knowledge in force, and the versions that cases began with."""

from functools import lru_cache

from csirt.directory.desk import overlay, values
from csirt.directory.models import ReferenceVersion
from csirt.kernel.clock import now
from csirt.reference.bundle import Bundle, load, shipped

__all__ = ["begun_with", "current", "current_version", "shipped", "version"]


def current() -> Bundle:
    """Return the knowledge in force: the files, with what the desk has set and published instead."""
    return overlay.in_force(shipped(), values.known())


def current_version() -> ReferenceVersion:
    """Return the stored row of the files in force, made when they are new; without its texts."""
    bundle = current()
    row, _ = ReferenceVersion.objects.defer("texts").get_or_create(
        sha256=bundle.sha256, defaults={"texts": dict(bundle.texts), "loaded_at": now()}
    )
    return row


def version(sha256: str) -> Bundle:
    """Return the files as they were, with the settings of today.

    Raises ``ReferenceVersion.DoesNotExist``.
    """
    bundle = current()
    return bundle if sha256 == bundle.sha256 else overlay.applied(_stored(sha256), values.known())


def begun_with(sha256: str | None) -> Bundle:
    """Return the files that a case keeps; those in force when it keeps none, or they are gone."""
    if sha256 is None:
        return current()
    try:
        return version(sha256)
    except ReferenceVersion.DoesNotExist:
        return current()


@lru_cache(maxsize=16)
def _stored(sha256: str) -> Bundle:
    return load(ReferenceVersion.objects.get(sha256=sha256).texts)
