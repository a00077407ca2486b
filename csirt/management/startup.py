"""What must hold before anything is served: the desk refuses to start instead of losing a report."""

from uuid import UUID

import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from pyrage import IdentityError, RecipientError, x25519

from csirt.accounts.second_factor import is_loopback
from csirt.journal import checkpoints, triggers
from csirt.management.backups import restoring
from playbooks.exercises.queries import is_here

log = structlog.get_logger()

_SHORTEST_KEY = 32  # characters
_FEWEST_SYMBOLS = 10  # different ones: 32 random hexadecimal digits have some 14
_SAFE_COMMITS = {"on", "local", "remote_write", "remote_apply"}


def problems() -> list[str]:
    """Return, in sentences, what keeps this deployment from being safe; empty when nothing does."""
    found = [*_settings(), *_durability()]
    if not found:
        found += _schema()
    if not found:
        found += _apart()
    return found


def _settings() -> list[str]:
    found = []
    if settings.DEBUG:
        found.append("DEBUG is on. Turn it off.")
    if settings.LOCAL:
        if not all(is_loopback(host) or host == "testserver" for host in settings.ALLOWED_HOSTS):
            found.append(f"CSIRT_HOSTS names another host, and CSIRT_MODE is {settings.MODE}.")
        return found
    root = settings.STATIC_ROOT
    if root is None or not (root / "staticfiles.json").is_file():
        found.append("The pages' files are missing. Run: manage.py collectstatic --noinput")
    found += _keys()
    if not settings.ALLOWED_HOSTS or any(
        "*" in host or host.startswith(".") for host in settings.ALLOWED_HOSTS
    ):
        found.append("CSIRT_HOSTS must name each host exactly, without * or a leading dot.")
    if any(not origin.startswith("https://") or "*" in origin for origin in settings.ORIGINS):
        found.append("CSIRT_ORIGINS must be exact https:// origins.")
    try:
        UUID(settings.DESK_IDENTITY)
    except ValueError:
        found.append(
            "CSIRT_DESK_IDENTITY is not a UUID. Make one, for ever: "
            'python3 -c "import uuid; print(uuid.uuid4())"'
        )
    return found


def _keys() -> list[str]:
    seeds = settings.SEEDS_KEY.decode().split(",")
    keys = {
        "SECRET_KEY": settings.SECRET_KEY,
        **{f"SECRET_KEY, old {n}": key for n, key in enumerate(settings.SECRET_KEY_FALLBACKS, 1)},
        "CODE_KEY": settings.CODE_KEY.decode(),
        "SEEDS_KEY": seeds[0],
        **{f"SEEDS_KEY, old {n}": key for n, key in enumerate(seeds[1:], 1)},
        **{f"PEPPER, number {number}": key.decode() for number, key in settings.PEPPERS.items()},
    }
    found = [
        f"CSIRT_{name} is not a random key of at least {_SHORTEST_KEY} characters. Make a new one."
        for name, key in keys.items()
        if len(key) < _SHORTEST_KEY or _is_made_up(key)
    ]
    if len(set(keys.values())) < len(keys):
        found.append("Two keys are the same. Each CSIRT_... key needs its own.")
    try:
        checkpoints.private_key()
    except (TypeError, ValueError):
        found.append("CSIRT_CHECKPOINT_KEY is not an Ed25519 private key in PEM form.")
    return found + _evidence_keys()


def _evidence_keys() -> list[str]:
    found = []
    try:
        for recipient in settings.EVIDENCE_RECIPIENTS:
            x25519.Recipient.from_str(recipient)
    except RecipientError:
        found.append("CSIRT_EVIDENCE_RECIPIENT is not an age recipient: it begins with age1.")
    if not settings.EVIDENCE_RECIPIENTS:
        found.append("CSIRT_EVIDENCE_RECIPIENT is not set: evidence could not be sealed.")
    try:
        for identity in settings.EVIDENCE_IDENTITIES:
            x25519.Identity.from_str(identity)
    except IdentityError:
        found.append("CSIRT_EVIDENCE_IDENTITY is not an age identity.")
    return found


def _is_made_up(key: str) -> bool:
    """Tell a word typed over and over, or the key of a test, from a random one."""
    return len(set(key)) < _FEWEST_SYMBOLS or key.startswith(("test-", "django-insecure-"))


def _durability() -> list[str]:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA synchronous")
            full = cursor.fetchone()[0] >= 2
            cursor.execute("PRAGMA journal_mode")
            wal = cursor.fetchone()[0] == "wal"
            return [] if full and wal else ["SQLite must run with WAL and synchronous=FULL."]
        found = []
        cursor.execute("SHOW synchronous_commit")
        if cursor.fetchone()[0] not in _SAFE_COMMITS:
            found.append("PostgreSQL: synchronous_commit is off. An answer must mean a commit.")
        for name in ("fsync", "full_page_writes"):
            cursor.execute(f"SHOW {name}")
            if cursor.fetchone()[0] != "on":
                found.append(f"PostgreSQL: {name} is off. A power cut would lose reports.")
        return found


def _schema() -> list[str]:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return ["Migrations are missing. Run: manage.py migrate"]
    if names := triggers.missing():
        return [f"The journal is not guarded ({', '.join(sorted(names))}). Run: manage.py migrate"]
    if restoring.unfinished():
        return ["A restore was cut short. Run the same manage.py restore again, with --resume."]
    return []


def _apart() -> list[str]:
    """An exercise works on the database that it made, and nobody else does."""
    if settings.EXERCISE and not is_here():
        return ["This database is no exercise's. Choose another, and run: make exercise"]
    if not settings.EXERCISE and not settings.TEST and is_here():
        return ["This database belongs to an exercise. Give CSIRT_DATABASE_URL another one."]
    return []


def refuse_if_unsafe() -> None:
    """Raise ``SystemExit`` with every problem, one a line."""
    try:
        found = problems()
    except DatabaseError as error:
        found = [f"The database does not answer ({type(error).__name__}). Is it running?"]
    finally:
        connection.close()
    if found:
        for sentence in found:
            log.error("start.refused", why=sentence)
        raise SystemExit("The desk does not start:\n- " + "\n- ".join(found))
