"""HTML of a mail into plain text: nothing is rendered, run or fetched, and it never raises.

Time grows with the length: each expression below forbids what would make it start over.
"""

import html
import re

_HIDDEN = {"script", "style", "title", "template"}
_BLOCKS = {
    *("p", "div", "br", "tr", "table", "ul", "ol", "li", "hr", "pre", "blockquote"),
    *("section", "article", "header", "footer", "h1", "h2", "h3", "h4", "h5", "h6"),
}
_ANY_TAG = re.compile(r"<[^<>]*>")
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,20})([^<>]*)>|<[!?][^<>]*>")
_LINK = re.compile(
    r"""\bhref\s{0,8}=\s{0,8}(?:"([^"<>]{1,2000})"|'([^'<>]{1,2000})'|([^\s"'<>]{1,2000}))"""
)
_ENDS = re.compile(rf"</({'|'.join(sorted(_HIDDEN))})\b", re.IGNORECASE | re.ASCII)
_LINES = re.compile(r"\n{3,}")
_BLANKS = re.compile(r"[ \t\xa0\r\n]+")


def plain(markup: str) -> str:
    """Return what a person would read, the address of each link in brackets after its words.

    What hides its content and is never closed hides nothing: rather a style read as words than a
    mail read as empty.
    """
    said: list[str] = []
    hidden, address, at = "", "", 0
    markup = _without_comments(markup)
    ends = {found[1].lower(): found.start() for found in _ENDS.finditer(markup)}  # the last of each
    for tag in _TAG.finditer(markup):
        if not hidden:
            said.append(_BLANKS.sub(" ", html.unescape(markup[at : tag.start()])))
        at = tag.end()
        closes, name = tag[1] == "/", (tag[2] or "").lower()
        if hidden:
            hidden = "" if closes and name == hidden else hidden
        elif name in _HIDDEN:
            hidden = "" if closes or ends.get(name, -1) < at else name
        elif name in _BLOCKS:
            said.append("\n")
        elif name == "a" and not closes:
            found = _LINK.search(tag[3] or "", 0, 4000)
            address = html.unescape(next(filter(None, found.groups()), "")) if found else ""
        elif name == "a" and address:
            if address not in "".join(said[-2:]):
                said.append(f" [{address}] ")
            address = ""
    if not hidden:
        said.append(_BLANKS.sub(" ", html.unescape(markup[at:])))
    lines = (line.strip(" ") for line in "".join(said).split("\n"))
    return _LINES.sub("\n\n", "\n".join(lines)).strip()


def everything(markup: str) -> str:
    """Return all words of *markup*, also those that one reader shows and another does not."""
    return html.unescape(_ANY_TAG.sub(" ", markup))


def _without_comments(markup: str) -> str:
    kept: list[str] = []
    at = 0
    while (start := markup.find("<!--", at)) >= 0:
        end = markup.find("-->", start + 2)  # <!--> is a whole comment
        if end < 0:
            break
        kept.append(markup[at:start])
        at = end + 3
    kept.append(markup[at:])
    return "".join(kept)
