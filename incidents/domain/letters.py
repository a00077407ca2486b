"""A mail's bytes into what the desk reads of it. It never raises, whatever the bytes are.

The library's modern policy raises for some headers, its older one does not: the older one is used, on
a bounded beginning of the mail, and what even that cannot read is read as plain text.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses
from typing import Any

from csirt.kernel.text import clean, clean_line
from incidents.domain.markup import everything, plain

READ = 512 * 1024  # bytes of a mail in which its words are looked for
LONGEST_TEXT = 18_000  # characters: with its subject, a report takes 20,000
CUT = "[…]"
MISSED = 4  # one word in so many may be missing from a part that says the same
_HEADERS = 64 * 1024
_LONGEST_HEADER = 4_000
_MOST_PARTS = 200
_MOST_NESTED = 15  # parts that hold parts: each line of a mail is compared with all of them
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,189}")
_NAME = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{1,250}>")
_MULTIPART = re.compile(rb"content-type[ \t]{0,8}:\s{0,8}multipart/", re.IGNORECASE)
_LINKED = re.compile(r" \[[^\]\s]*\]")  # the address of a link, as ``plain`` writes it
_NOT_CHARSETS = {"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined", "utf_7"}
_BY_MACHINES = {"bulk", "junk", "list", "auto_reply"}


@dataclass(frozen=True)
class Bounce:
    """A report that mail could not be delivered: to whom for good, and which mails of ours."""

    recipients: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True)
class Letter:
    """What is read of a mail. ``automatic`` says why no person seems to have written it.

    ``text`` is what it says; ``seen`` all words that some mail program shows, however long they are.
    """

    fingerprint: str
    name: str = ""  # Message-ID, with its brackets; empty when it has none that is one
    sender: str = ""  # lower case; empty when there is not exactly one
    sender_name: str = ""
    subject: str = ""
    text: str = ""
    seen: str = ""
    language: str = "fr"
    automatic: str = ""
    bounce: Bounce | None = None


def read(raw: bytes) -> Letter:
    """Return what the mail says."""
    head, body = _halves(raw)
    headers = BytesHeaderParser(policy=compat32).parsebytes(head)
    name = _found(_NAME, _raw(headers, "Message-ID"))
    sender, sender_name = _sender(headers)
    whole = _whole(raw)
    text, seen = _text(whole, body)
    printed = "|".join((name, sender, _raw(headers, "Date"), hashlib.sha256(body).hexdigest()))
    return Letter(
        fingerprint=hashlib.sha256(printed.encode("utf-8", "replace")).hexdigest(),
        name=name,
        sender=sender,
        sender_name=sender_name,
        subject=clean_line(_words(_raw(headers, "Subject")))[:200],
        text=text,
        seen=seen,
        language="en" if _raw(headers, "Content-Language").lower().startswith("en") else "fr",
        automatic=_automatic(headers),
        bounce=_bounce(whole),
    )


def _halves(raw: bytes) -> tuple[bytes, bytes]:
    found = re.search(rb"\r?\n\r?\n", raw[:_HEADERS])
    if found is None:
        return raw[:_HEADERS], raw
    return raw[: found.start()] + b"\n\n", raw[found.end() :]


def _whole(raw: bytes) -> Message | None:
    """Return the parsed beginning of the mail, None when it is built to be costly."""
    beginning = raw[:READ]
    if len(_MULTIPART.findall(beginning)) > _MOST_NESTED:
        return None
    try:
        return message_from_bytes(beginning, policy=compat32)
    except Exception:  # noqa: BLE001 - hostile bytes; RecursionError among others
        return None


def _raw(headers: Message, name: str) -> str:
    """Return a header as it stands, bounded; bytes that are no text become U+FFFD."""
    value: Any = headers.get(name, "")
    text = str(value)[:_LONGEST_HEADER]
    return text.encode("utf-8", "replace").decode("utf-8", "replace")


def _found(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[0] if found else ""


def _words(text: str) -> str:
    """Decode the encoded words of a header (RFC 2047)."""
    try:
        parts = decode_header(text)
    except Exception:  # noqa: BLE001 - bad base64 in a word
        return text
    return "".join(
        _decoded(part, charset) if isinstance(part, bytes) else part for part, charset in parts
    )


def _decoded(data: bytes, charset: str | None) -> str:
    name = (charset or "utf-8").lower().replace("-", "_")
    if name not in _NOT_CHARSETS:
        try:
            return data.decode(name)
        except (LookupError, UnicodeError, ValueError):
            pass
    try:
        return data.decode("utf-8")
    except UnicodeError:
        return data.decode("cp1252", "replace")


def _sender(headers: Message) -> tuple[str, str]:
    froms = headers.get_all("From") or []
    if len(froms) != 1:
        return "", ""
    try:
        found = getaddresses([_raw(headers, "From")])
    except Exception:  # noqa: BLE001 - hostile header
        return "", ""
    if len(found) != 1 or not _ADDRESS.fullmatch(found[0][1]):
        return "", ""
    return found[0][1].lower(), clean_line(_words(found[0][0]))[:120]


def _automatic(headers: Message) -> str:
    """Tell why no person seems to have written this (RFC 3834, RFC 2369)."""
    submitted = _raw(headers, "Auto-Submitted").partition(";")[0].strip().lower()
    if submitted not in {"", "no"}:
        return "automatic"
    if _raw(headers, "Precedence").strip().lower() in _BY_MACHINES:
        return "automatic"
    if any(key.lower().startswith("list-") for key in headers.keys()):  # noqa: SIM118 - repeated ones
        return "list"
    if any(
        name in headers for name in ("X-Auto-Response-Suppress", "X-Autoreply", "X-Autorespond")
    ):
        return "automatic"
    if "Return-Path" in headers and not _raw(headers, "Return-Path").strip().strip("<>").strip():
        return "automatic"
    return ""


def _parts(whole: Message) -> Iterator[Message]:
    waiting: list[Any] = [whole]
    for _turn in range(_MOST_PARTS):
        if not waiting:
            return
        part = waiting.pop(0)
        if not isinstance(part, Message):
            continue
        payload = part.get_payload()
        if isinstance(payload, list):
            if part.get_content_type() == "message/delivery-status":
                yield part
            waiting[:0] = payload
        else:
            yield part


def _text(whole: Message | None, body: bytes) -> tuple[str, str]:
    """Return what the mail says, bounded, and all words of it that somebody may have seen."""
    try:
        found = _said(whole) if whole is not None else None
    except Exception:  # noqa: BLE001 - hostile structure
        found = None
    if found is None:
        text = _decoded(body[:READ], None)
        found = (text, text)
    return _bounded(found[0]), clean(found[1])


def _said(whole: Message) -> tuple[str, str]:
    said: dict[str, list[str]] = {"text/plain": [], "text/html": []}
    for part in _parts(whole):
        kind = part.get_content_type()
        if kind in said and (part.get_content_disposition() or "inline") != "attachment":
            said[kind].append(_content(part))
    text = "\n\n".join(filter(str.strip, said["text/plain"]))
    markup = "\n".join(said["text/html"])
    page = plain(markup)
    return _meant(text, page), "\n".join((text, page, everything(markup)))


def _meant(text: str, page: str) -> str:
    """Return the part that says what the other does, as text rather; both when neither does.

    Some programs put beside a page only that it cannot be shown.
    """
    own, other = _words_of(text), _words_of(page)
    if len(other - own) <= len(other) / MISSED:
        return text
    if len(own - other) <= len(own) / MISSED:
        return page
    return "\n\n".join(sorted((text, page), key=len, reverse=True))


def _words_of(text: str) -> set[str]:
    return set(re.findall(r"\w+", _LINKED.sub("", text).lower()))


def _content(part: Message) -> str:
    try:
        data = part.get_payload(decode=True)
        charset = part.get_content_charset()
    except Exception:  # noqa: BLE001 - hostile part
        return ""
    return _decoded(data, charset) if isinstance(data, bytes) else ""


def _bounded(text: str) -> str:
    text = clean(text[: 4 * LONGEST_TEXT]).strip()
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}\n{CUT}"


def _bounce(whole: Message | None) -> Bounce | None:
    try:
        return _delivery_status(whole) if whole is not None else None
    except Exception:  # noqa: BLE001 - hostile structure
        return None


def _delivery_status(whole: Message) -> Bounce | None:
    """Read a delivery-status report (RFC 3464)."""
    if whole.get_content_type() != "multipart/report":
        return None
    recipients: list[str] = []
    names: list[str] = []
    about = False
    for part in _parts(whole):
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            about = True
            blocks: Any = part.get_payload()
            recipients += [address for block in blocks for address in _failed(block)]
        elif kind == "text/rfc822-headers":
            inner = BytesHeaderParser(policy=compat32).parsebytes(_content(part).encode())
            names.append(_found(_NAME, _raw(inner, "Message-ID")))
    inside = (part for part in whole.walk() if part is not whole)
    names += [_found(_NAME, _raw(part, "Message-ID")) for part in inside]
    return Bounce(tuple(recipients), tuple(filter(None, names))) if about else None


def _failed(block: Any) -> Iterator[str]:
    """Yield the address of one block, when mail to it failed for good."""
    if not isinstance(block, Message):
        return
    failed = _raw(block, "Action").strip().lower() == "failed"
    if failed and _raw(block, "Status").strip().startswith("5"):
        for name in ("Original-Recipient", "Final-Recipient"):
            if address := _found(_ADDRESS, _raw(block, name).rpartition(";")[2]):
                yield address.lower()
