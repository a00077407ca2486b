"""``categories.yaml``: the plain-language categories."""

from dataclasses import dataclass

from csirt.reference.ids import (
    AttackId,
    Id,
    PlaybookId,
    Priority,
    PublicId,
    RsitCode,
    SystemAttack,
)
from csirt.reference.reading import Text


@dataclass(frozen=True)
class Category:
    """What happened, in words anybody understands. ``rsit[0]`` is the main RSIT code.

    ``attack``: techniques of ATT&CK to suggest, the likeliest first.
    """

    id: Id
    label_fr: Text
    label_en: Text
    plain_fr: Text
    rsit: tuple[RsitCode, ...]
    publics: tuple[PublicId, ...]
    playbook: PlaybookId
    default_priority: Priority
    chat_17cyber: bool | None
    system_attack: SystemAttack
    attack: tuple[AttackId, ...] = ()


@dataclass(frozen=True)
class CategoryFile:
    """The whole file."""

    version: Text
    categories: tuple[Category, ...]
