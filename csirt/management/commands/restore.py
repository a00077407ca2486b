"""``manage.py restore``: a backup, put back on a machine that holds nothing yet."""

from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from csirt.journal import checkpoints, ledger
from csirt.journal.verify import Line, Verdict, against
from csirt.kernel.clock import now
from csirt.management.backups import restoring
from csirt.management.backups.archive import Unreadable
from csirt.management.backups.finding import add_arguments, identities_of, opened
from csirt.management.backups.making import fingerprints


class Command(BaseCommand):
    """Put rows and files back, compare, begin a new epoch, erase and revoke again."""

    help = "put a backup back into an empty desk; nothing is ever overwritten"

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_arguments(parser)
        known = parser.add_mutually_exclusive_group(required=True)
        known.add_argument(
            "--ledger", type=Path, metavar="FILE", help="the last copy of the ledger"
        )
        known.add_argument(
            "--no-ledger",
            action="store_true",
            help="there is none: what was erased or revoked since the backup comes back",
        )
        parser.add_argument(
            "--checkpoints",
            type=Path,
            metavar="FILE",
            help="a copy kept elsewhere: compare with it",
        )
        parser.add_argument(
            "--public-key", type=Path, metavar="PEM", help="of who signed ledger and checkpoints"
        )
        parser.add_argument(
            "--resume", action="store_true", help="the rows are back: do only what comes after"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        identities = identities_of(options["identity"])
        entries = list(self._entries(options))
        check = self._check(options)
        name = Path(options["file"]).name
        if not options["resume"]:
            self._put_back(options["file"], identities)
        elif not restoring.unfinished():
            raise CommandError("No restore was cut short here.")
        try:
            done, verdict = restoring.finish(entries, name=name, verify=check, now=now())
        except restoring.Refused as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{len(entries)} lines of the ledger read, {done} done again")
        agreed = f", {verdict.checkpoints} checkpoints agree" if options["checkpoints"] else ""
        self.stdout.write(f"{verdict.events} events verified{agreed}. The desk may start.")

    def _put_back(self, file: str, identities: list[str]) -> None:
        try:
            with opened(file) as sealed:
                seen = restoring.restore(sealed, identities)
        except Unreadable as error:
            raise CommandError(f"This backup cannot be used: {error}.") from error
        except restoring.Refused as error:
            raise CommandError(str(error)) from error
        self._set_aside()
        tables = seen.manifest["tables"]
        self.stdout.write(
            f"{len(tables)} tables with {sum(table['rows'] for table in tables.values())} rows and "
            f"{len(seen.files)} files are as the backup of {seen.about['made_at']} says"
        )
        for missing in seen.manifest["missing"]:
            self.stderr.write(f"{missing}: was not in the store when the backup was made")
        for key, told in fingerprints().items():
            if seen.about["keys"].get(key) not in {None, told}:
                self.stderr.write(f"{key} is not the key of then: see what is lost with it.")

    def _set_aside(self) -> None:
        """Begin new files of checkpoints and of the ledger: the old ones tell another history."""
        for path in (settings.CHECKPOINT_FILE, settings.LEDGER_FILE):
            if path.exists():
                aside = path.with_name(f"{path.name}.before-{now():%Y%m%dT%H%M%SZ}")
                path.rename(aside)
                self.stdout.write(f"{path.name} was put aside as {aside.name}")

    def _check(self, options: dict[str, Any]) -> Callable[[int], Verdict]:
        """Return what verifies the journal, with the checkpoints up to the backup's last event."""
        path, lines = options["checkpoints"], list[Line]()
        if path is not None:
            try:
                lines = checkpoints.read(path, self._key(options["public_key"]))
            except (checkpoints.Forged, OSError, ValueError, KeyError) as error:
                raise CommandError(f"checkpoints: {type(error).__name__} {error}") from error
        return lambda until: against(line for line in lines if line[1] <= until)

    def _entries(self, options: dict[str, Any]) -> Iterator[ledger.Entry]:
        if options["no_ledger"]:
            return
        try:
            yield from ledger.read(options["ledger"], self._key(options["public_key"]))
        except (checkpoints.Forged, OSError, ValueError) as error:
            raise CommandError(f"ledger: {type(error).__name__} {error}") from error

    def _key(self, path: Path | None) -> Ed25519PublicKey:
        if path is not None:
            key = load_pem_public_key(path.read_bytes())
            if not isinstance(key, Ed25519PublicKey):
                raise CommandError("--public-key is not an Ed25519 key.")
            return key
        private = checkpoints.private_key()
        if private is None:
            raise CommandError("Give --public-key, or CSIRT_CHECKPOINT_KEY.")
        return private.public_key()
