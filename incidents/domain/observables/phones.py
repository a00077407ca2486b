"""Telephone numbers, to E.164."""

import re

_BLANK = r"[ \u00a0\u202f]"
_SEP = rf"(?:{_BLANK}|[.\-/]|{_BLANK}-{_BLANK})"
FRENCH = re.compile(
    r"0(?<![\w+@/]0)(?<![0-9][.]0)(?<!\w-0)"
    rf"(?:[1-9](?P<sep>{_SEP}?)[0-9]{{2}}(?:(?P=sep)[0-9]{{2}}){{3}}"
    rf"|{_BLANK}?8[0-9]{{2}}(?:{_BLANK}?[0-9]{{2}}{_BLANK}?[0-9]{{2}}{_BLANK}?[0-9]{{2}}"
    rf"|{_BLANK}[0-9]{{3}}{_BLANK}[0-9]{{3}}))"
    r"(?![\w@]|[.\-/][0-9])"
)
# 00 only before the codes of countries from which calls come: 0012... is a file number.
INTERNATIONAL = re.compile(
    r"[+0](?<![\w+@.-].)(?:(?<=\+)|(?<=0)0(?=3[1-49]|35[1-9]|4[1-9]|21[236]|22[1-9]|37[67]))[1-9]"
    rf"(?:{_BLANK}?\(0\))?(?:[.()\-]?{_BLANK}?[.()\-]?[0-9]){{7,14}}+(?![\w@])"
)
# Overseas departments answer under their own country code.
_OVERSEAS = {
    "262": "262",
    "692": "262",
    "693": "262",
    "590": "590",
    "690": "590",
    "691": "590",
    "594": "594",
    "694": "594",
    "596": "596",
    "696": "596",
    "697": "596",
}
_ZERO_IN_BRACKETS = re.compile(r"\(0\)")
_NOT_DIGITS = re.compile(r"[^0-9]+")


def e164(written: str) -> str | None:
    """Return *written* as E.164 (``+33536498877``), or None if it is no telephone number.

    A number without country code is French.
    """
    compact = _ZERO_IN_BRACKETS.sub("", written.strip())
    digits = _NOT_DIGITS.sub("", compact)
    if compact.startswith("+"):
        number = digits
    elif compact.startswith("00"):
        number = digits[2:]
    elif len(digits) == 10 and digits[0] == "0" and digits[1] != "0":
        country = _OVERSEAS.get(digits[1:4], "33")
        number = country + digits[1:]
    else:
        return None
    if number.startswith("33"):
        national = number[2:].removeprefix("0")
        if len(national) != 9 or national[0] == "0":
            return None
        number = f"33{national}"
    if not 8 <= len(number) <= 15 or number[0] == "0" or len(set(number)) < 3:
        return None
    return f"+{number}"
