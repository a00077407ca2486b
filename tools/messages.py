"""Keep the translations complete: ``python tools/messages.py extract [ROOM ...]|check|compile``.

The French sentence in the code is the msgid; each room holds the English of its own sentences in
``locale/en/LC_MESSAGES/django.po``, with the compiled ``.mo`` beside it. Catalogues are sorted and
bear neither line numbers nor dates, so that two people may add to one and merge.

Sentences are found in calls of the gettext family, in templates, and, where plain Python may not
call gettext, in ``sentence``, ``label``, ``title`` and ``meaning`` given to a call or a dataclass
and in dictionaries named ``..._LABELS``, ``..._MEANINGS``, ``..._TITLES`` or ``..._SENTENCES``.
Everywhere: the sentence and ``fields`` of the desk's errors, also by the name that the module gives
them, what is called ``sentence``, and the titles of panels. An entry is obsolete when its msgid is no string of the project any more.
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polib
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
ROOMS = (
    "csirt/accounts",
    "csirt/web",
    "csirt/directory",
    "incidents",
    "incidents/intake",
    "incidents/console",
    "incidents/notifications",
    "playbooks",
    "api",
)
# Rooms without a catalogue: whose catalogue speaks for them. The longest prefix wins.
HOMES = {room: room for room in ROOMS} | {
    "csirt": "csirt/web",
    "csirt/journal": "incidents",
    "csirt/kernel": "incidents",
    "csirt/reference": "incidents",
    "incidents/templates/console": "incidents/console",
    "incidents/templates/intake": "incidents/intake",
    "incidents/templates/notifications": "incidents/notifications",
    "incidents/models/mail.py": "incidents/notifications",
}
TOPS = ("csirt", "incidents", "playbooks", "api")
LANGUAGE = "en"
METADATA = {
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Language": LANGUAGE,
    "MIME-Version": "1.0",
    "Plural-Forms": "nplurals=2; plural=(n != 1);",
}
FAMILY = re.compile(r"^(?:_|(n?)(p?)gettext(?:_lazy|_noop)?)$")
# Where Django may not be imported, so that sentences are plain strings with a telling name.
PLAIN = re.compile(r"^csirt/(?:journal|kernel|reference)/|/domain/")
SPOKEN = {"sentence", "label", "title", "meaning"}
DICTIONARIES = re.compile(r"(?:^|_)(?:LABELS|MEANINGS|TITLES|SENTENCES)$")
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%[sd]|\{(\w*)\}")
QUOTED = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
IN_TEMPLATE = re.compile(
    rf"\b(?:(n?)(p?)gettext|_)\(\s*({QUOTED}(?:\s*,\s*{QUOTED})*)\s*(?:,\s*count\s*)?\)"
)


@dataclass(frozen=True, order=True)
class Message:
    """One sentence to translate; ``plural`` and ``context`` are empty when it has none."""

    text: str
    plural: str = ""
    context: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What gettext looks it up by."""
        return self.context, self.text


@dataclass
class Found:
    """What the source holds: the messages of each room, and every string anywhere."""

    messages: dict[str, dict[tuple[str, str], Message]] = field(
        default_factory=lambda: {room: {} for room in ROOMS}
    )
    strings: set[str] = field(default_factory=set)

    def add(self, path: Path, message: Message) -> None:
        """File *message* under the room of *path*; a plural form wins over none."""
        if not any(letter.isalpha() for letter in message.text):
            return
        room = self.messages[home(path)]
        if message.plural or message.key not in room:
            room[message.key] = message
        self.strings |= {message.text, message.plural}


def home(path: Path) -> str:
    """Return the room whose catalogue holds the sentences of *path* (relative to the project)."""
    prefixes = ["/".join(path.parts[:length]) for length in range(len(path.parts), 0, -1)]
    return next(HOMES[prefix] for prefix in prefixes if prefix in HOMES)


def catalogue(room: str) -> Path:
    """Return where the room's catalogue stands."""
    return ROOT / room / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po"


def sources(*suffixes: str) -> Iterator[Path]:
    """Every source file with one of *suffixes*, relative to the project, in order."""
    for top in TOPS:
        for path in sorted((ROOT / top).rglob("*")):
            if path.suffix in suffixes and "migrations" not in path.parts:
                yield path.relative_to(ROOT)


def find() -> Found:
    """Read the whole project."""
    found = Found()
    trees = {path: ast.parse((ROOT / path).read_text(encoding="utf-8")) for path in sources(".py")}
    errors = error_names(trees.values())
    for path, tree in trees.items():
        for message in in_python(tree, errors, plain=bool(PLAIN.search(path.as_posix()))):
            found.add(path, message)
        found.strings |= {text for node in ast.walk(tree) if (text := _text(node)) is not None}
    for path in sources(".html", ".txt"):
        source = (ROOT / path).read_text(encoding="utf-8")
        for message in in_template(source):
            found.add(path, message)
    return found


def in_template(source: str) -> Iterator[Message]:
    """Yield the messages of a template: translate, blocktranslate and ``_("...")``."""
    for match in IN_TEMPLATE.finditer(templatize(source)):
        plural, context, arguments = match.groups()
        texts = [ast.literal_eval(text) for text in re.findall(QUOTED, arguments)]
        # Templates double each % for Python's formatting; so does Django when it looks them up.
        yield _message(texts, plural=bool(plural), context=bool(context))


def _message(texts: list[str], *, plural: bool, context: bool) -> Message:
    said = texts.pop(0) if context else ""
    return Message(texts[0], texts[1] if plural else "", said)


def _text(node: ast.AST) -> str | None:
    """Return the string that an expression is, concatenations included, else None."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _text(node.left), _text(node.right)
        return None if left is None or right is None else left + right
    return None


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def error_names(trees: Iterable[ast.Module]) -> set[str]:
    """Return the names of the desk's errors: DeskError and whatever comes from it."""
    classes = [
        (node.name, {_name(base) for base in node.bases})
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    ]
    names = {"DeskError"}
    while grown := {name for name, bases in classes if bases & names} - names:
        names |= grown
    return names


def in_python(tree: ast.Module, errors: set[str], *, plain: bool) -> Iterator[Message]:
    """Yield the messages of a module; *errors* are the names of the desk's errors."""
    shapes = _dataclasses(tree) if plain else {}
    ours = _ours(tree)
    called = {_name(one.targets[0]): one.value for one in tree.body if isinstance(one, ast.Assign)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name, owner = _name(node.func), _name(getattr(node.func, "value", node))
            if match := FAMILY.match(name):
                yield from _call(node, plural=bool(match[1]), context=bool(match[2]))
            elif name in errors and (name in ours or owner == "errors"):
                yield from _error(node, called)
            elif name == "register" and owner == "panels":
                yield from _plain(node.args[2:3])
            elif plain:
                yield from _labelled(node, shapes.get(name, []))
        elif isinstance(node, ast.Assign) and _name(node.targets[0]) == "sentence":
            yield from _plain([node.value])  # of an error that is made, or that is declared
        elif plain and isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(node.value, ast.Dict) and DICTIONARIES.search(_name(target)):
                yield from _plain(node.value.values)


def _dataclasses(tree: ast.Module) -> dict[str, list[str]]:
    """Return the fields of each decorated class of a module, in order."""
    return {
        node.name: [_name(item.target) for item in node.body if isinstance(item, ast.AnnAssign)]
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and node.decorator_list
    }


def _ours(tree: ast.Module) -> set[str]:
    """Return the names that a module took from the project, or defines: not another NotFound."""
    taken = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in TOPS
        for alias in node.names
    }
    return taken | {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}


def _plain(nodes: Iterable[ast.expr]) -> Iterator[Message]:
    for node in nodes:
        if text := _text(node):
            yield Message(text)


def _call(node: ast.Call, *, plural: bool, context: bool) -> Iterator[Message]:
    """A call of the gettext family, when its sentences stand in it."""
    wanted = 1 + plural + context
    texts = [text for argument in node.args[:wanted] if (text := _text(argument)) is not None]
    if len(texts) == wanted:
        yield _message(texts, plural=plural, context=context)


def _error(node: ast.Call, called: Mapping[str, ast.expr]) -> Iterator[Message]:
    """The sentence of one of the desk's errors, and those of its fields; by name, the module's own."""
    said = node.args[:1]
    for keyword in node.keywords:
        if keyword.arg == "sentence":
            said.append(keyword.value)
        elif keyword.arg == "fields" and isinstance(keyword.value, ast.Dict):
            said += keyword.value.values
    yield from _plain(called.get(one.id, one) if isinstance(one, ast.Name) else one for one in said)


def _labelled(node: ast.Call, shape: list[str]) -> Iterator[Message]:
    """What is given as a label: by name, or by place to a dataclass of the same module."""
    for name, argument in zip(shape, node.args, strict=False):
        if name in SPOKEN:
            yield from _plain([argument])
    yield from _plain(keyword.value for keyword in node.keywords if keyword.arg in SPOKEN)


def load(room: str) -> polib.POFile:
    """Return the room's catalogue; an empty one when there is none yet."""
    path = catalogue(room)
    if path.is_file():
        return polib.pofile(str(path), wrapwidth=0)
    return polib.POFile(wrapwidth=0)


def problems(found: Found) -> list[str]:
    """Say everything that is wrong with the catalogues; an empty list when nothing is."""
    said: list[str] = []
    english: dict[tuple[str, str], tuple[str, str]] = {}
    for room in ROOMS:
        entries = {(entry.msgctxt or "", entry.msgid): entry for entry in load(room)}
        wanted = found.messages[room]
        said += [f'{room}: missing "{text}"' for _, text in sorted(wanted.keys() - entries.keys())]
        for (context, text), entry in entries.items():
            plural = wanted[context, text].plural if (context, text) in wanted else ""
            said += [f'{room}: {why} "{text}"' for why in _faults(entry, plural, found)]
            other, words = english.setdefault((context, text), (room, entry.msgstr))
            if words != entry.msgstr:
                said.append(f'{room}: "{text}" is "{entry.msgstr}", but "{words}" in {other}')
        if entries and not _compiled(room):
            said.append(f"{room}: the compiled catalogue is stale (make messages)")
    return said


def _faults(entry: polib.POEntry, plural: str, found: Found) -> Iterator[str]:
    translations = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
    if entry.obsolete or entry.msgid not in found.strings:
        yield "obsolete"
    if entry.fuzzy:
        yield "fuzzy"
    if plural != (entry.msgid_plural or "") and plural:
        yield "other plural of"
    if not translations or not all(text.strip() for text in translations):
        yield "empty"
    elif any(_holes(text) - _holes(entry.msgid + entry.msgid_plural) for text in translations) or (
        not entry.msgid_plural and _holes(entry.msgstr) != _holes(entry.msgid)
    ):
        yield "other placeholders in"


def _holes(text: str) -> set[str]:
    return {match[0] for match in PLACEHOLDER.finditer(text)}


def _compiled(room: str) -> bool:
    path = catalogue(room).with_suffix(".mo")
    return path.is_file() and path.read_bytes() == load(room).to_binary()


def extract(rooms: Iterable[str]) -> None:
    """Bring the catalogues up to date: what is new stands with an empty translation."""
    found = find()
    for room in rooms:
        old = {
            (entry.msgctxt or "", entry.msgid): entry
            for entry in load(room)
            if entry.msgid in found.strings and not entry.obsolete
        }
        for key, message in found.messages[room].items():
            if key not in old or (old[key].msgid_plural or "") != message.plural:
                old[key] = polib.POEntry(
                    msgid=message.text,
                    msgctxt=message.context or None,
                    msgid_plural=message.plural,
                    msgstr_plural={0: "", 1: ""} if message.plural else {},
                )
        if not old and not catalogue(room).is_file():
            continue
        new = polib.POFile(wrapwidth=0)
        new.metadata = METADATA
        for key in sorted(old, key=lambda key: (key[1], key[0])):
            entry = old[key]
            entry.occurrences, entry.flags = [], [flag for flag in entry.flags if flag == "fuzzy"]
            new.append(entry)
        path = catalogue(room)
        path.parent.mkdir(parents=True, exist_ok=True)
        new.save(str(path))


def compile_all() -> None:
    """Write the compiled catalogue beside each catalogue."""
    for room in ROOMS:
        if catalogue(room).is_file():
            catalogue(room).with_suffix(".mo").write_bytes(load(room).to_binary())


def main(arguments: list[str]) -> int:
    """Do what the command line asks; 1 when the check finds something."""
    match arguments:
        case ["extract", *rooms] if set(rooms) <= set(ROOMS):
            extract(rooms or ROOMS)
        case ["compile"]:
            compile_all()
        case ["check"]:
            said = problems(find())
            print("\n".join(said) or "translations: complete")
            return 1 if said else 0
        case _:
            print("python tools/messages.py extract [ROOM ...] | check | compile")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
