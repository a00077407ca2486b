"""The IMAP server: what little of the protocol the desk needs (RFC 3501, MOVE of RFC 6851)."""

import imaplib
import re
import ssl
from contextlib import suppress
from typing import Self

from csirt.environment import MailServer

TIMEOUT = 10  # seconds for each answer: the worker waits meanwhile
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")


class Mailbox:
    """One folder. Mails are named by UID, and stay unread until they are acknowledged."""

    def __init__(self, server: MailServer) -> None:
        self.server = server
        self.name = f"{server.user}@{server.host}/{server.folder}"[:200]
        self.uidvalidity = 0
        self._line: imaplib.IMAP4 | None = None

    @property
    def line(self) -> imaplib.IMAP4:
        assert self._line is not None, "the mailbox is not open"
        return self._line

    def open(self) -> Self:
        """Connect, log in and choose the folder; raises ``OSError`` or ``IMAP4.error``."""
        server, trusted = self.server, ssl.create_default_context()
        if server.security == "tls":
            self._line = imaplib.IMAP4_SSL(
                server.host, server.port, ssl_context=trusted, timeout=TIMEOUT
            )
        else:
            self._line = imaplib.IMAP4(server.host, server.port, timeout=TIMEOUT)
            if server.security == "starttls":
                self._line.starttls(trusted)
        self._line.login(server.user, server.password)
        self._ok(self._line.select(_quoted(server.folder)))
        said = self._line.response("UIDVALIDITY")[1]
        if not said or said[0] is None:
            raise imaplib.IMAP4.error("the server gives no UIDVALIDITY")
        self.uidvalidity = int(said[0])
        return self

    def close(self) -> None:
        """Say good-bye; a line that is cut already does not matter."""
        if self._line is not None:
            with suppress(OSError, imaplib.IMAP4.error):
                self._line.logout()

    def after(self, last: int | None) -> list[int]:
        """Return the UIDs after *last*, lowest first; for None those that nobody has read."""
        wanted = ("UNSEEN",) if last is None else ("UID", f"{last + 1}:*")
        found = self._ok(self.line.uid("SEARCH", *wanted))
        uids = {int(word) for part in found if part for word in part.split()}
        return sorted(
            uid for uid in uids if last is None or uid > last
        )  # n:* gives the last one too

    def fetch(self, uid: int, most: int) -> tuple[int, bytes] | None:
        """Return a mail's size and its first *most* bytes; None when it is gone."""
        found = self._ok(self.line.uid("FETCH", str(uid), f"(RFC822.SIZE BODY.PEEK[]<0.{most}>)"))
        raw = next((part[1] for part in found if isinstance(part, tuple)), None)
        if raw is None:
            return None
        said = b" ".join(part[0] if isinstance(part, tuple) else part for part in found if part)
        size = _SIZE.search(said)
        return (int(size[1]) if size else len(raw)), raw

    def acknowledge(self, uids: list[int]) -> None:
        """Mark mails as read, and move them where the settings say, if the server can."""
        names = ",".join(map(str, uids))
        self._ok(self.line.uid("STORE", names, "+FLAGS.SILENT", r"(\Seen)"))
        if self.server.done and b" MOVE" in self._ok(self.line.capability())[0]:
            self._ok(self.line.uid("MOVE", names, _quoted(self.server.done)))

    def _ok(self, answer: tuple[str, list]) -> list:
        if answer[0] != "OK":
            raise imaplib.IMAP4.error(f"the server said {answer[0]}")
        return answer[1]


def _quoted(folder: str) -> str:
    return '"{}"'.format(folder.replace("\\", "\\\\").replace('"', '\\"'))
