"""Rows of sharing: who reads, what leaves, what comes back.

Whole-millisecond moments (``*_at`` as ``BigIntegerField``) count from 1970 in UTC, so that both
engines compare them the same way and TAXII can page on them.
"""

from api.models.partners import (
    STIX,
    TLP_CHOICES,
    Collection,
    CollectionAccess,
    Partner,
    PartnerPerson,
    PartnerToken,
    stix_media_types,
)
from api.models.received import Pull, Push, Status
from api.models.releases import Choices, Preview, Release, Share, SharedObject, ShareHold

__all__ = [
    "STIX",
    "TLP_CHOICES",
    "Choices",
    "Collection",
    "CollectionAccess",
    "Partner",
    "PartnerPerson",
    "PartnerToken",
    "Preview",
    "Pull",
    "Push",
    "Release",
    "Share",
    "ShareHold",
    "SharedObject",
    "Status",
    "stix_media_types",
]
