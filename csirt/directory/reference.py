"""The reference knowledge in force, and the versions that cases began with."""

from functools import lru_cache

from csirt.directory.desk import overlay, values
from csirt.directory.models import ReferenceVersion
from csirt.kernel.clock import now
from csirt.reference.bundle import Bundle, load, shipped

__all__ = ["current", "current_version", "shipped", "version"]


def current() -> Bundle:
    """Return the reference files in force, with what admins set instead of them."""
    return overlay.applied(shipped(), values.known())


def current_version() -> ReferenceVersion:
    """Return the stored row of the files in force, made when they are new; without its texts."""
    bundle = current()
    row, _ = ReferenceVersion.objects.defer("texts").get_or_create(
        sha256=bundle.sha256, defaults={"texts": dict(bundle.texts), "loaded_at": now()}
    )
    return row


def version(sha256: str) -> Bundle:
    """Return the files as they were; raises ``ReferenceVersion.DoesNotExist``."""
    bundle = current()
    return bundle if sha256 == bundle.sha256 else _stored(sha256)


@lru_cache(maxsize=16)
def _stored(sha256: str) -> Bundle:
    return load(ReferenceVersion.objects.get(sha256=sha256).texts)
