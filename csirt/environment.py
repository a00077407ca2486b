"""Reading the environment: ``X`` or ``X_FILE``, loudly refused when wrong."""

import contextlib
import json
import os
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pyrage
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


class Misconfigured(SystemExit):
    """A setting is missing or wrong; the sentence says which and what to do."""


_QUOTED = re.compile(r"""(["'])((?:(?!\1).)*)\1""", re.DOTALL)  # the whole of a value
_heard: frozenset[str] | None = None  # None: every setting


def hear_only(names: Collection[str]) -> None:
    """Read these settings alone from now on; of all others the defaults hold, whatever is set."""
    global _heard  # noqa: PLW0603 - one environment a process
    _heard = frozenset(names)


def _bare(text: str) -> str:
    quoted = _QUOTED.fullmatch(text)
    return quoted[2] if quoted else text


def read(name: str, default: str | None = None) -> str:
    """Return the setting *name*, from ``name`` or from the file that ``name_FILE`` points to.

    Quotes around a value, which a container's engine leaves where a shell and systemd do not, are none
    of it. Raises ``Misconfigured`` when there is neither and no *default*, or the file cannot be read.
    """
    heard = _heard is None or name in _heard
    if heard and name in os.environ:
        return _bare(os.environ[name])
    if heard and (path := _bare(os.environ.get(f"{name}_FILE", ""))):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise Misconfigured(f"{name}_FILE: cannot read {path}: {error.strerror}") from error
    if default is None:
        raise Misconfigured(f"{name} is not set. Set it, or {name}_FILE, and start again.")
    return default


def made_once(path: Path, make: Callable[[], str] = lambda: token_urlsafe(48)) -> str:
    """Return the secret in *path*; the first to ask makes it, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(make(), encoding="utf-8")
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)  # whole or not at all, and never over somebody else's
        fresh.unlink()
    return path.read_text(encoding="utf-8")


EXERCISE_MARK = "exercise.json"  # in the folder of an exercise, and of nothing else


def exercise_folder(folder: Path) -> dict[str, str]:
    """Return what the folder of an exercise says of it; a fresh one is made and says nothing yet.

    Raises ``Misconfigured`` for a folder in which another desk keeps something.
    """
    mark = folder / EXERCISE_MARK
    if not mark.exists():
        if folder.is_dir() and any(folder.iterdir()):
            raise Misconfigured(
                f"CSIRT_VAR is {folder}, where another desk keeps its files. Give the exercise a "
                "folder of its own."
            )
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        mark.write_text("{}", encoding="utf-8")
    said: dict[str, str] = json.loads(mark.read_text(encoding="utf-8"))
    return said


def refuse_exercise_folder(folder: Path) -> None:
    """Raise ``Misconfigured`` when *folder* is that of an exercise."""
    if (folder / EXERCISE_MARK).exists():
        raise Misconfigured(f"CSIRT_VAR is {folder}, the folder of an exercise. Give another one.")


def signing_key() -> str:
    """Return a new Ed25519 private key as PEM text."""
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def age_identity() -> str:
    """Return a new age identity, the private key of evidence."""
    return str(pyrage.x25519.Identity.generate())


def age_recipient(identity: str) -> str:
    """Return the recipient, the public key, of an age identity."""
    return str(pyrage.x25519.Identity.from_str(identity).to_public())


def number(name: str, default: int) -> int:
    """Return the whole number *name*; raises ``Misconfigured`` when it is none."""
    text = read(name, str(default))
    try:
        return int(text)
    except ValueError as error:
        raise Misconfigured(f"{name} must be a whole number, not {text!r}.") from error


def switch(name: str, *, default: bool) -> bool:
    """Tell whether *name* is ``on``; raises ``Misconfigured`` for anything but on and off."""
    text = read(name, "on" if default else "off")
    if text not in {"on", "off"}:
        raise Misconfigured(f"{name} must be on or off, not {text!r}.")
    return text == "on"


def words(name: str, default: str) -> list[str]:
    """Return the comma-separated words of *name*, without empty ones."""
    return [word.strip() for word in read(name, default).split(",") if word.strip()]


def numbered(name: str, text: str) -> dict[int, bytes]:
    """Return the numbered secrets of ``1:secret,2:secret``; one bare secret is number 1.

    Raises ``Misconfigured`` when it reads otherwise.
    """
    if ":" not in text:
        return {1: text.encode()}
    secrets = {}
    for item in text.split(","):
        number, _, secret = item.strip().partition(":")
        if not number.isdigit() or not secret:
            raise Misconfigured(f"{name} must read 1:secret,2:secret.")
        secrets[int(number)] = secret.encode()
    return secrets


def database(url: str) -> dict[str, Any]:
    """Turn ``sqlite:///path`` or ``postgresql://user:pass@host:port/name`` into Django's form.

    SQLite: BEGIN IMMEDIATE, WAL, full sync (acknowledged means durable); ``timeout`` is what a
    writer waits for the others, in seconds. PostgreSQL: a pool, never CONN_MAX_AGE (under ASGI it
    leaves connections open); ``host`` may be a query parameter, for a socket folder; ``min_size``
    and ``max_size`` bound the pool.
    """
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "csirt.sqlite",
            "NAME": parts.path.removeprefix("/") if parts.path.startswith("//") else parts.path,
            "OPTIONS": {
                "timeout": int(query.get("timeout", 20)),
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;"
                "PRAGMA foreign_keys=ON",
            },
        }
    if parts.scheme not in {"postgresql", "postgres"}:
        raise Misconfigured("CSIRT_DATABASE_URL must begin with sqlite:/// or postgresql://.")
    from csirt.postgresql import Connection  # for who has one

    pool = {
        "connection_class": Connection,
        "min_size": int(query.get("min_size", 1)),
        "max_size": int(query.get("max_size", 12)),
        "timeout": 4,
        "reconnect_timeout": 2,  # then forgets its growing pauses: back as soon as the server is
        "max_idle": 60,
    }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "pool": pool,
            "connect_timeout": 3,
            "tcp_user_timeout": 10_000,  # ms; a server whose machine or network is gone
            "keepalives_idle": 10,
            "keepalives_interval": 3,
            "keepalives_count": 3,
            "options": "-c idle_in_transaction_session_timeout=60000 -c timezone=UTC",
        },
    }


LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True)
class MailServer:
    """A mail server and how to talk to it. ``security`` is ``tls``, ``starttls`` or ``none``."""

    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    security: str = "none"
    folder: str = ""  # of a mailbox: what is read
    done: str = ""  # of a mailbox: where a mail goes once it is kept

    def __bool__(self) -> bool:
        return bool(self.host)


_MAIL_PORTS = {"smtp": 587, "smtps": 465, "imap": 143, "imaps": 993}


def issuer(name: str) -> str:
    """Return the address of an OpenID Connect issuer, empty without one; https but on loopback."""
    text = read(name, "").rstrip("/")
    parts = urlsplit(text)
    here = parts.hostname in {"127.0.0.1", "localhost", "::1"}
    if text and (
        not parts.hostname or (parts.scheme != "https" and not (here and parts.scheme == "http"))
    ):
        raise Misconfigured(f"{name} must be an https:// address.")
    return text


def mail_server(name: str, scheme: str) -> MailServer:
    """Read ``smtps://user:password@host:465`` or ``imaps://…/FOLDER?done=FOLDER``; empty: none.

    ``smtp://`` and ``imap://`` ask for STARTTLS, and fail without it, unless the server is on this
    machine or ``?tls=off`` says otherwise. A password never travels in clear to another machine.
    """
    parts = urlsplit(read(name, ""))
    if not parts.scheme and not parts.path:
        return MailServer()
    if parts.scheme not in {scheme, f"{scheme}s"} or not parts.hostname:
        raise Misconfigured(f"{name} must read {scheme}s://user:password@host:port.")
    query = dict(parse_qsl(parts.query))
    here = parts.hostname in LOOPBACK
    security = "none" if query.get("tls", "off" if here else "on") == "off" else "starttls"
    if parts.scheme == f"{scheme}s":
        security = "tls"
    if security == "none" and parts.password and not here:
        raise Misconfigured(f"{name} would send a password in clear. Leave out tls=off.")
    try:
        port = parts.port or _MAIL_PORTS[parts.scheme]
    except ValueError as error:
        raise Misconfigured(f"{name} has a port that is no number.") from error
    return MailServer(
        host=parts.hostname,
        port=port,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        security=security,
        folder=unquote(parts.path.lstrip("/")) or "INBOX",
        done=query.get("done", ""),
    )
