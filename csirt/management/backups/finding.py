"""Which backup, and who opens it: what ``verify`` and ``restore`` are told."""

from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pyrage
from django.core.exceptions import SuspiciousFileOperation
from django.core.management.base import CommandError

from csirt.management.backups.making import place


def add_arguments(parser: ArgumentParser) -> None:
    """Take the backup and the identity."""
    parser.add_argument("file", help="a path, or a name in the store of backups")
    parser.add_argument(
        "--identity", type=Path, required=True, metavar="PATH", help="the age identity of backups"
    )


@contextmanager
def opened(name: str) -> Iterator[IO[bytes]]:
    """Open a backup by its path, or by its name where backups are kept."""
    path = Path(name)
    try:
        with path.open("rb") if path.is_file() else place().open(name, "rb") as file:
            yield file
    except (FileNotFoundError, SuspiciousFileOperation) as error:  # a path that leads nowhere
        raise CommandError(f"There is no backup {name}.") from error


def identities_of(path: Path) -> list[str]:
    """Return the identities of a file as ``age-keygen`` writes it."""
    try:
        text = path.read_text(encoding="utf-8")
        found = [line.strip() for line in text.splitlines() if line.startswith("AGE-SECRET-KEY-")]
        for one in found:
            pyrage.x25519.Identity.from_str(one)
    except (OSError, UnicodeDecodeError, pyrage.IdentityError) as error:
        raise CommandError(f"{path} is not an age identity.") from error
    if not found:
        raise CommandError(f"{path} holds no age identity.")
    return found
