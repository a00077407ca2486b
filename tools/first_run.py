r"""Write the settings of a new desk, with fresh keys; nothing is ever overwritten.

    .venv/bin/python -m tools.first_run --folder /etc/desk --host csirt.example.org \
        --name "CSIRT Exemple" --email csirt@example.org --phone "05 00 00 00 00" \
        --admin ada@example.org

``desk.env`` is for the web process and the worker, ``worker.env`` for the worker alone, and
``offline/`` for no machine of the desk: move it away. Needs the checkout's ``.venv``, no settings.
"""

import argparse
import os
import sys
import uuid
from pathlib import Path
from secrets import token_urlsafe

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from csirt.environment import age_identity, age_recipient, signing_key

DATABASES = {
    "sqlite": "sqlite:////var/lib/desk/desk.sqlite3",
    "postgresql": "postgresql://desk:PASSWORD@127.0.0.1:5432/desk",
}


def main(words: list[str]) -> int:
    """Write the three parts; return the exit code."""
    given = _parser().parse_args(words)
    folder: Path = given.folder
    if (folder / "desk.env").exists():
        print(f"{folder / 'desk.env'} is there already, with keys in use: nothing was written.")
        return 1
    evidence, backups, signing = age_identity(), age_identity(), signing_key()
    desk = {
        "CSIRT_MODE": "production",  # also in a checkout where make demo ran
        "CSIRT_HOSTS": ",".join(given.host),
        "CSIRT_TRUSTED_PROXIES": "127.0.0.1,::1",
        "CSIRT_VAR": "/var/lib/desk",
        "CSIRT_DATABASE_URL": DATABASES[given.database],
        **({"CSIRT_REDIS_URL": "redis://127.0.0.1:6379/0"} if given.database != "sqlite" else {}),
        "CSIRT_DESK_NAME": given.name,
        "CSIRT_DESK_PHONE": given.phone,
        "CSIRT_DESK_EMAIL": given.email,
        "CSIRT_MAIL_FROM": given.sender or given.email,
        "CSIRT_DESK_IDENTITY": str(uuid.uuid4()),
        "CSIRT_REFERENCE_PREFIX": given.prefix,
        "CSIRT_EVIDENCE_RECIPIENT": age_recipient(evidence),
        "CSIRT_BACKUP_RECIPIENT": age_recipient(backups),
        "CSIRT_SECRET_KEY": token_urlsafe(48),
        "CSIRT_CODE_KEY": token_urlsafe(48),
        "CSIRT_SEEDS_KEY": token_urlsafe(48),
        "CSIRT_PEPPER": f"1:{token_urlsafe(48)}",
    }
    worker = {
        "CSIRT_EVIDENCE_IDENTITY": evidence,
        "CSIRT_CHECKPOINT_KEY_FILE": str(folder / "checkpoint.pem"),
    }
    public = load_pem_private_key(signing.encode(), password=None).public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    for name, text in (
        ("desk.env", _lines(desk)),
        ("worker.env", _lines(worker)),
        ("checkpoint.pem", signing),
        ("offline/backup.key", f"# public key: {age_recipient(backups)}\n{backups}\n"),
        ("offline/checkpoint.pub.pem", pem),
        ("offline/keys-of-the-desk.env", _lines(desk | worker) + f"# checkpoint.pem\n# {signing}"),
    ):
        _write(folder / name, text)
    print(_told(folder, given))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="write the settings of a new desk")
    parser.add_argument("--folder", type=Path, default=Path("/etc/desk"))
    parser.add_argument("--host", action="append", required=True, help="its host name; may repeat")
    parser.add_argument("--name", required=True, help="as pages and mails say it")
    parser.add_argument("--email", required=True, help="where people write to the desk")
    parser.add_argument("--phone", required=True, help="where they call")
    parser.add_argument("--sender", default="", help="of our mails; --email unless given")
    parser.add_argument("--prefix", default="OCC", help="first letters of references")
    parser.add_argument("--admin", required=True, help="the first administrator's address")
    parser.add_argument("--database", choices=sorted(DATABASES), default="sqlite")
    return parser


def _lines(settings: dict[str, str]) -> str:
    """Return lines as systemd's EnvironmentFile and a shell both read them."""
    if odd := [name for name, value in settings.items() if set(value) & set('"\\$`\n')]:
        raise SystemExit(f"{', '.join(odd)}: no quotes, backslashes, dollars or line ends, please.")
    return "".join(f'{name}="{value}"\n' for name, value in settings.items())


def _write(path: Path, text: str) -> None:
    """Write a new file, for its owner only."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def _told(folder: Path, given: argparse.Namespace) -> str:
    return f"""\
{folder}/desk.env       settings and keys of the web process and the worker
{folder}/worker.env     what only the worker may hold: it opens evidence, and signs
{folder}/offline/       for no machine of the desk: the key that opens backups, the public key that
                        checks checkpoints, and a copy of all keys. Move it away now, then delete it here.

What is lost with each key, and how each is replaced: docs/operating.md, « Keys ».

Then:
1. Fill in CSIRT_DATABASE_URL, CSIRT_SMTP_URL, CSIRT_IMAP_URL and CSIRT_LEGAL_... in {folder}/desk.env.
2. manage.py migrate && manage.py load_places && manage.py collectstatic --noinput
   as the desk's own account: runuser -u desk -- .venv/bin/python manage.py ... (deploy/README.md)
3. manage.py invite {given.admin}    a link for the first administrator, who sets the hours under « Réglages »
4. manage.py doctor                  what is still wrong"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
