"""``manage.py journal verify [--checkpoints FILE] [--ledger FILE] [--public-key FILE]`` and ``... epoch``."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.core.management.base import BaseCommand, CommandError

from csirt.journal import checkpoints, ledger
from csirt.journal.epoch import begin
from csirt.journal.verify import verify
from csirt.kernel.clock import now


class Command(BaseCommand):
    """Verify the journal, sign a checkpoint now, or begin a new epoch after a restore."""

    help = "verify the chain, sign a checkpoint, or begin a new epoch after a restore"

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        check = verbs.add_parser("verify", help="name the first event that cannot be trusted")
        check.add_argument("--checkpoints", type=Path, metavar="FILE")
        check.add_argument("--ledger", type=Path, metavar="FILE")
        check.add_argument("--public-key", type=Path, metavar="PEM")
        verbs.add_parser("checkpoint", help="sign where the chain stands, now")
        verbs.add_parser("epoch", help="begin a new epoch: every reader takes a new snapshot")

    def handle(self, *_: Any, **options: Any) -> None:
        getattr(self, f"_{options['verb']}")(options)

    def _verify(self, options: dict[str, Any]) -> None:
        path = options["checkpoints"]
        try:
            verdict = verify(path, self._public_key(options) if path else None)
        except (checkpoints.Forged, OSError, ValueError) as error:
            raise CommandError(f"checkpoints: {type(error).__name__} {error}") from error
        if verdict.bad is not None:
            raise CommandError(f"first bad seq: {verdict.bad} ({verdict.why})")
        said = f"{verdict.events} events verified, {verdict.checkpoints} checkpoints agree"
        if options["ledger"]:
            said += f", {self._lines(options)} lines of the ledger follow each other"
        self.stdout.write(said)

    def _lines(self, options: dict[str, Any]) -> int:
        try:
            return sum(1 for _ in ledger.read(options["ledger"], self._public_key(options)))
        except (checkpoints.Forged, OSError, ValueError) as error:
            raise CommandError(f"ledger: {type(error).__name__} {error}") from error

    def _public_key(self, options: dict[str, Any]) -> Ed25519PublicKey:
        if options["public_key"]:
            key = load_pem_public_key(options["public_key"].read_bytes())
            if not isinstance(key, Ed25519PublicKey):
                raise CommandError("--public-key is not an Ed25519 key")
            return key
        private = checkpoints.private_key()
        if private is None:
            raise CommandError("give --public-key, or CSIRT_CHECKPOINT_KEY")
        return private.public_key()

    def _checkpoint(self, _: dict[str, Any]) -> None:
        key = checkpoints.private_key()
        if key is None:
            raise CommandError("CSIRT_CHECKPOINT_KEY is not set")
        self.stdout.write(f"checkpoint at seq {checkpoints.write(key, now()).seq}")

    def _epoch(self, _: dict[str, Any]) -> None:
        self.stdout.write(f"epoch {begin(at=now()).epoch}")
