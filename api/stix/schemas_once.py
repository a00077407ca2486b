"""The validator's schemas, read and indexed once a process.

stix2-validator makes a registry of one schema for each object it looks at, and ``referencing`` walks
through it anew at each reference: most of what a check took. Here all schemas of its folder are known
from the beginning. What is checked stays the same, and nothing is fetched.
"""

from functools import cache
from pathlib import Path
from typing import Any

import stix2validator.validator as library
from referencing import Registry
from referencing.jsonschema import DRAFT202012

of_the_library = library.load_validator
_validators: dict[tuple[str, str], Any] = {}


def install() -> None:
    """Have the library take its validators from here."""
    library.load_validator = _validator


def _validator(schema_path: str, schema: dict[str, Any], schema_dir: str) -> Any:
    """Return the validator of one schema, in the library's place."""
    key = (schema_path, schema_dir)
    if key not in _validators:
        patched = library.patch_schema(schema, schema_path)
        # It was changed in memory for this use: it stands before what the folder holds.
        known = _folder(schema_dir).with_resource(
            patched["$id"], DRAFT202012.create_resource(patched)
        )
        _validators[key] = library.STIXValidator(
            patched,
            registry=known.crawl(),
            format_checker=library.Draft202012Validator.FORMAT_CHECKER,
        )
    return _validators[key]


@cache
def _folder(schema_dir: str) -> Registry[Any]:
    uris = [path.as_uri() for path in sorted(Path(schema_dir).rglob("*.json"))]
    found = [(uri, library.retrieve_from_filesystem(uri, schema_dir)) for uri in uris]
    known: Registry[Any] = Registry().with_resources(found)
    return known.crawl()
