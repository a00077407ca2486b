"""``contacts.yaml``: numbers and sites shown to victims."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from csirt.reference.ids import Confidence, Day, Id, SourceId
from csirt.reference.reading import Text


@dataclass(frozen=True)
class Contact:
    """One number, site or address that may be shown, and to whom."""

    id: Id
    group: Id
    name_fr: Text
    name_en: Text
    phone: Text | None
    hours_fr: Text | None
    url: Text | None
    serves: tuple[Id, ...]
    source: tuple[SourceId, ...]
    confidence: Confidence
    email: Text | None = None
    phone_alt: Text | None = None
    info_url: Text | None = None
    note_fr: Text | None = None
    sms: bool = False  # reached by a text message, not by a call
    not_serving: tuple[Id, ...] = field(default=(), metadata={"key": "not"})


@dataclass(frozen=True)
class Prefecture:
    """The prefecture of one department, found by the department's code."""

    name_fr: Text
    town: Text
    phone: Text
    url: Text
    source: tuple[SourceId, ...]
    confidence: Confidence
    hours_fr: Text | None = None
    note_fr: Text | None = None


@dataclass(frozen=True)
class ContactFile:
    """The whole file; ``last_checked`` is a date of reading, not of a call."""

    version: Text
    last_checked: Day
    contacts: tuple[Contact, ...]
    prefectures: Mapping[str, Prefecture]
