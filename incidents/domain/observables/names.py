"""Searches for traces on a machine: file names, paths, extensions, registry keys."""

import re

from csirt.kernel.hosts import MARKS

from .checks import as_hash
from .hosts import is_suffix, read_domain, read_ipv4
from .page import Page
from .types import ObservableType
from .words import FILE_EXTENSIONS, NOT_FILES, RANSOM_EXTENSIONS

# A segment may hold single spaces ("Program Files"), up to six words; possessive, so linear.
_WORD = r"[^\s\\/:*?\"<>|«»“”]++"
_SEGMENTS = rf"(?:{_WORD}(?:[ ]{_WORD}){{0,5}}+\\{{1,2}})*+"
_LAST = r"[^\s\\/:*?\"<>|«»“”,;]{0,255}+"
WINDOWS = re.compile(
    rf"(?<![^\W_])(?:[A-Za-z]:\\{{1,2}}|%[A-Za-z0-9_()]{{3,30}}%\\{{1,2}}){_SEGMENTS}{_LAST}"
)
UNC = re.compile(rf"\\\\(?<![\w:\\]\\\\)([\w.$-]{{1,253}}+)\\{_SEGMENTS}{_LAST}")
REGISTRY = re.compile(
    r"HK(?<![\w\\]HK)(EY_(?:LOCAL_MACHINE|CURRENT_USER|CLASSES_ROOT|USERS|CURRENT_CONFIG)"
    rf"|LM|CU|CR|U|CC)(?::?)\\{{1,2}}({_SEGMENTS}{_LAST})"
)
UNIX = re.compile(
    r"[~/](?<![\w/.:~%@-].)(?:(?<=~)|(?<=/)(?:etc|tmp|var|home|usr|opt|root|bin|sbin|dev|srv|mnt|media|proc|run"
    r"|boot|lib|lib64|data|sdcard|storage|www|Users|Volumes|Library|Applications|System|private))"
    r"/[^\s<>\"«»“”'`|;,()\[\]{}]{1,1024}+"
)
QUOTED = re.compile(r"[«\"“][ \u00a0\u202f]?+([^«»\"“”\n\\/<>@:]{3,120}+)[»\"”]")
EXTENSION = re.compile(
    r"\.(?<![^\s«\"“'’(*,:]\.)([A-Za-z0-9][A-Za-z0-9_-]{1,14}+)(?![\w@-]|\.[\w@])"
)
_AFTER_EXTENSION = re.compile(
    r"(?:extensions?|suffixe|renomm[ée]e?s? en|finissent (?:par|en)|termin[ée]e?s? (?:par|en))"
    r"[^\n.]{0,24}$",
    re.IGNORECASE,
)
_HIVES = {
    "LM": "HKEY_LOCAL_MACHINE",
    "CU": "HKEY_CURRENT_USER",
    "CR": "HKEY_CLASSES_ROOT",
    "U": "HKEY_USERS",
    "CC": "HKEY_CURRENT_CONFIG",
}
_PUNCTUATION = ".,;:!?'’)]}*`"
_DOUBLED = re.compile(r"(?<=[^\\])\\\\")
_NAME = re.compile(rf"[\w{MARKS}()-]+")


def look_at_windows(page: Page, match: re.Match[str]) -> bool:
    """A path on a drive, or under a variable of the environment."""
    size = _size(match[0])
    value = _single(match[0][:size])
    if value[-2:] != ":\\" and not value.endswith(":"):
        _add_path(page, ObservableType.FILEPATH, value, match.start(), size)
    return True


def look_at_unc(page: Page, match: re.Match[str]) -> bool:
    """A path on a file server, and the server when it is an address."""
    size = _size(match[0])
    value = _single(match[0][:size])
    if size <= match.end(1) - match.start() + 1:
        return True
    host = read_ipv4(match[1]) or read_domain(match[1], certain=True)
    if host and host.length == len(match[1]):
        named = host.type is ObservableType.DOMAIN
        if page.own.has_domain(host.value) if named else page.own.has_ip(host.value):
            page.take(match.start(), match.end())
            return True
        page.add(host.type, host.value, match.start(1), match.end(1), internal=host.internal)
    _add_path(page, ObservableType.FILEPATH, value, match.start(), size)
    return True


def look_at_unix(page: Page, match: re.Match[str]) -> bool:
    """A path on Unix, a Mac or a telephone."""
    value = match[0].rstrip(_PUNCTUATION)
    if not value.endswith("/") or value.count("/") > 2:
        _add_path(page, ObservableType.FILEPATH, value, match.start(), len(value))
    return True


def look_at_registry(page: Page, match: re.Match[str]) -> bool:
    """A key of Windows' registry, its hive written in full."""
    size = _size(match[2])
    if size:
        hive = _HIVES.get(match[1], f"HK{match[1]}")
        value = f"{hive}\\{_single(match[2][:size])}"
        before = match.start(2) - match.start()
        _add_path(page, ObservableType.REGISTRY_KEY, value, match.start(), before + size)
    return True


def look_at_quoted(page: Page, match: re.Match[str]) -> bool:
    """A file name with spaces, known by the quotation marks around it."""
    name = match[1].rstrip()
    stem, _, last = name.rpartition(".")
    if " " in stem and stem[-1:] != " " and "." not in stem[:-5] and _is_extension(last):
        start = match.start(1)
        page.take(start, start + len(name))
        page.add(ObservableType.FILENAME, name, start, start + len(name))
    return True


def look_at_name(page: Page, start: int, word: str) -> bool:
    """A file name, and the extension that ransomware put behind it."""
    if page.text[start - 1 : start] in ("/", "\\", "@") and start:
        return False
    labels = word.split(".")
    if not labels[0] or not _NAME.fullmatch(labels[0]):
        return True
    if len(labels) > 2 and not _is_extension(labels[-1]) and _is_extension(labels[-2]):
        if not _is_appended(labels[-1]):
            word = word[: -len(labels[-1]) - 1]
        else:
            at = start + len(word) - len(labels[-1]) - 1
            page.add(ObservableType.FILE_EXTENSION, f".{labels[-1].lower()}", at, start + len(word))
    elif not _is_extension(labels[-1]):
        return True
    end = start + len(word)
    page.take(start, end)
    page.add(ObservableType.FILENAME, word, start, end)
    digest = as_hash(labels[0])
    if digest:
        page.add(*digest, start, start + len(labels[0]))
    return True


def look_at_extension(page: Page, match: re.Match[str]) -> bool:
    """An extension standing by itself: ``.l0ckd24``, ``*.akira``, "extension .weaxor"."""
    word = match[1].lower()
    if word in FILE_EXTENSIONS or word.isdigit():
        return True
    before = page.text[max(0, match.start() - 60) : match.start()]
    named = not page.text[: match.start()].strip("* \n\t") if match.start() < 8 else False
    told = named or _AFTER_EXTENSION.search(before) is not None
    if _is_appended(match[1]) or (told and (not is_suffix(word) or named)):
        page.take(match.start(), match.end())
        page.add(ObservableType.FILE_EXTENSION, f".{word}", match.start(), match.end())
    return False


def _is_extension(word: str) -> bool:
    return word.lower() in FILE_EXTENSIONS and word.lower() not in NOT_FILES


def _is_appended(word: str) -> bool:
    """Return whether *word* can be an extension only of ransomware: known, or "l0ckd24"."""
    lower = word.lower()
    if lower in RANSOM_EXTENSIONS:
        return True
    return (
        len(word) >= 4
        and word[0].isalpha()
        and any(c.isdigit() for c in word)
        and lower not in FILE_EXTENSIONS
    )


def _size(written: str) -> int:
    return len(written.rstrip(_PUNCTUATION))


def _single(written: str) -> str:
    """Return a path without the doubled backslashes of source code."""
    return _DOUBLED.sub(r"\\", written)


def _add_path(page: Page, kind: ObservableType, value: str, start: int, size: int) -> None:
    page.take(start, start + size)
    page.add(kind, value, start, start + size)
