"""Searches for what stands on a network: URLs, e-mail addresses, IP addresses, domains."""

import re
import unicodedata

from csirt.kernel.hosts import MARKS, PUBLIC_MAIL, is_public_mail, to_ascii

from .hosts import (
    Host,
    is_suffix,
    read_cidr,
    read_domain,
    read_ipv4,
    read_ipv6,
)
from .names import look_at_name
from .page import Page
from .types import ObservableType
from .words import FILE_EXTENSIONS, NOT_FILES

MAX_URL = 4096
"""Characters of the longest URL that is an observable."""

_STOP = r"\s<>\"«»“”„`{}|^\\\[\]\u2026"
URL = re.compile(
    r"(?<![^\W_])(https?|ftps?|sftp|wss?|ldaps?|smb|ssh|tcp|udp|telnet)://"
    rf"((?:\[[0-9A-Fa-f:.]{{2,45}}\])?+[^{_STOP}]{{0,8192}}+)"
)
_TAIL = re.compile(rf"(?::[0-9]{{1,5}})?/[^{_STOP}]{{1,4096}}+")
AT = re.compile(rf"@(?<=[\w{MARKS}+-]@)(?=\w)")
_LOCAL_BACKWARDS = re.compile(rf"[\w{MARKS}.+%&~-]{{1,65}}")
_HOST = re.compile(rf"[\w{MARKS}-]++(?:\.[\w{MARKS}-]++)*+")
MESSAGE_ID = re.compile(
    r"[mMiIrR](?<![\w-].)(?i:(?<=m)essage-id|(?<=i)n-reply-to|(?<=r)eferences)[ \t]{0,4}:(?:\s{0,4}<[^<>\s]{3,250}>){1,50}+"
)
_ANGLE = re.compile(r"<[^<>\s@]+@([^<>\s@]+)>")
IPV6 = re.compile(
    r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}"
    r"(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]{0,4})(?:/[0-9]{1,3})?(?![\w:])"
)
GROUPS = re.compile(r"(?::[0-9A-Fa-f]{1,4}){7}")
DOTTED = re.compile(
    rf"[\w{MARKS}-](?<![\w{MARKS}-].)[\w{MARKS}-]*+(?:\(\w{{1,12}}\)[\w{MARKS}-]*+)?+(?:\.[\w{MARKS}-]++)++"
)
_ADDRESSES = re.compile(r"[0-9.-]+")
_PREFIX = re.compile(r"/[0-9]{1,2}(?![\w/.])")
_NOT_AN_ADDRESS = re.compile(
    r"(?:\b(?:version|ver\.|build|release|firmware|r[ée]vision|articles?|art\.|section|chapitre"
    r"|paragraphe|annexe)|§)\s{0,2}[:=]?\s{0,2}$|(?<!ip)(?<=[a-z])/$",
    re.IGNORECASE,
)


def look_at_url(page: Page, match: re.Match[str]) -> bool:
    """A URL, and its host."""
    scheme, body = match[1], trimmed(match[2])
    authority = re.split(r"[/?#]", body, maxsplit=1)[0]
    rest = body[len(authority) :]
    user, at, hostport = authority.rpartition("@")
    bracket = re.fullmatch(r"(\[[^\]]+\])((?::[0-9]*)?)", hostport)
    name, colon, port = (bracket[1], "", bracket[2]) if bracket else hostport.partition(":")
    start = match.start(2) + len(user) + len(at)
    if bracket:
        name, start = name[1:-1], start + 1
    host = read_ipv6(name) if bracket else read_ipv4(name) or read_domain(name, certain=True)
    if host and host.length < len(name):
        if rest or colon:
            host = None
        else:
            body = body[: len(user) + len(at) + host.length]
    if host is None:
        return _odd_url(page, match, body, name)
    page.take(match.start(), match.start(2) + len(body))
    if not _add_host(page, host, start, start + host.length):
        return True
    shown = f"[{host.value}]" if host.type is ObservableType.IPV6 else host.value
    value = f"{scheme}://{user}{at}{shown}{colon}{port}{rest}"
    if body and len(value) <= MAX_URL:
        end = match.start(2) + len(body)
        page.add(ObservableType.URL, value, match.start(), end, internal=host.internal)
    return True


def _odd_url(page: Page, match: re.Match[str], body: str, name: str) -> bool:
    """A URL whose host is no public name: ``http://intranet/``, ``http://3232235521/``."""
    ascii_name = to_ascii(name) if name else None
    if ascii_name is None or len(body) > MAX_URL:
        return True
    number = ascii_name.isdigit() or ascii_name.startswith("0x")
    value = f"{match[1]}://{body.replace(name, ascii_name, 1)}"
    end = match.start(2) + len(body)
    page.take(match.start(), end)
    if not page.own.has_domain(ascii_name):
        page.add(ObservableType.URL, value, match.start(), end, internal=not number)
    return True


def look_at_message_id(page: Page, match: re.Match[str]) -> bool:
    """The identifiers of a header, with the domain that made them."""
    for found in _ANGLE.finditer(match[0]):
        start, end = match.start() + found.start(), match.start() + found.end()
        page.take(start, end)
        host = read_domain(found[1], certain=True)
        if host and page.own.has_domain(host.value):
            continue
        page.add(ObservableType.MESSAGE_ID, found[0], start, end)
        if host and not is_public_mail(host.value):
            at = match.start() + found.start(1)
            _add_host(page, host, at, at + host.length)
    return False


def look_at_email(page: Page, match: re.Match[str]) -> bool:
    """An e-mail address, and its domain unless anybody may have a mailbox there."""
    at = match.start()
    before = page.text[max(0, at - 66) : at][::-1]
    local = _LOCAL_BACKWARDS.match(before)
    after = _HOST.match(page.text, at + 1, at + 514)
    if not local or not after or len(local[0]) > 64:
        return False
    name = local[0][::-1].lstrip(".-&~%+")
    host = read_domain(after[0], certain=True)
    mailbox = unicodedata.normalize("NFC", name.lower())
    if not name or name.endswith(".") or len(mailbox) > 64 or host is None:
        return False
    start, end = at - len(name), at + 1 + host.length
    if not page.is_free(start, end):
        return False
    page.take(start, end)
    value = f"{mailbox}@{host.value}"
    if page.own.has_email(value):
        return False
    page.add(ObservableType.EMAIL, value, start, end, internal=host.internal)
    if not is_public_mail(host.value):
        _add_host(page, host, at + 1, end)
    return False


def look_at_ipv6(page: Page, match: re.Match[str]) -> bool:
    """An IPv6 address or network."""
    host = read_cidr(match[0]) if "/" in match[0] else read_ipv6(match[0])
    if host:
        page.take(match.start(), match.end())
        _add_host(page, host, match.start(), match.end())
    return True


def look_at_dotted(page: Page, match: re.Match[str]) -> bool:
    """Words joined by dots: IPv4 addresses, file names, domains, or a missing space."""
    if len(match[0]) > 512:
        return False
    if _ADDRESSES.fullmatch(match[0]):
        return _addresses(page, match)
    lead = len(match[0]) - len(match[0].lstrip("-"))
    word, start = match[0][lead:].rstrip("-"), match.start() + lead
    last = word.rpartition(".")[2].lower()
    tail = _TAIL.match(page.text, start + len(word))
    known = last in FILE_EXTENSIONS and last not in NOT_FILES
    certain = (
        word[:4].lower() == "www."
        or page.refanged.was_defanged(start, start + len(word))
        or (tail is not None and is_suffix(last))
    )
    if known and not (certain and is_suffix(last)):
        return look_at_name(page, start, word) and not is_suffix(last)
    host = read_domain(word.lstrip("_"), certain=certain or page.alone == match[0])
    if host is None:
        return look_at_name(page, start, word) and not is_suffix(last)
    start += len(word) - len(word.lstrip("_"))
    end = start + host.length
    if host.value in PUBLIC_MAIL:
        return True
    page.take(start, end)
    if _add_host(page, host, start, end):
        _bare_url(page, host, start, end)
    return tail is None


def _addresses(page: Page, match: re.Match[str]) -> bool:
    start = match.start()
    if _NOT_AN_ADDRESS.search(page.text[max(0, start - 24) : start]):
        return False
    for part in match[0].split("-"):
        host = read_ipv4(part)
        end = start + len(part)
        if host:
            prefix = _PREFIX.match(page.text, end)
            network = read_cidr(part + prefix[0]) if prefix else None
            if network and prefix:
                host, end = network, prefix.end()
            page.take(start, end)
            if _add_host(page, host, start, end) and not network:
                _bare_url(page, host, start, end)
        start += len(part) + 1
    return page.text[match.end() : match.end() + 1] not in (":", "/")


def _bare_url(page: Page, host: Host, start: int, end: int) -> None:
    """Read ``evil.example/login`` as ``http://evil.example/login``."""
    tail = _TAIL.match(page.text, end)
    path = trimmed(tail[0]) if tail else ""
    if not path.partition("/")[2] or not page.is_free(end, end + len(path)):
        return
    page.take(end, end + len(path))
    value = f"http://{host.value}{path}"
    page.add(ObservableType.URL, value, start, end + len(path), internal=host.internal)


def _add_host(page: Page, host: Host, start: int, end: int) -> bool:
    """Note *host* unless it is the victim's; return whether it is not."""
    name = host.type in (ObservableType.DOMAIN, ObservableType.ONION)
    if page.own.has_domain(host.value) if name else page.own.has_ip(host.value):
        return False
    if host.value not in PUBLIC_MAIL:
        page.add(host.type, host.value, start, end, internal=host.internal)
    return True


def trimmed(written: str) -> str:
    """Return an address without the punctuation of the sentence around it.

    A closing bracket that was opened inside the address is part of it.
    """
    opened = written.count("(") - written.count(")")
    end = len(written)
    while end:
        last = written[end - 1]
        if last == ")" and opened < 0:
            opened += 1
        elif last not in ".,;:!?'’*_":
            break
        end -= 1
    return written[:end]
