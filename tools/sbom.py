"""What the desk is made of, as CycloneDX 1.6, and what of it an advisory names; no network is asked.

    python -m tools.sbom                    write docs/sbom.cdx.json again from the lock and the vendored files
    python -m tools.sbom --known FILE       name each locked package that an advisory is about; 1 when there is one

FILE is what OSV publishes for PyPI (``https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip``),
fetched on a machine with the internet, or one record of it.
"""

import argparse
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from tools import machine

BILL = machine.ROOT / "docs" / "sbom.cdx.json"
LOCK = machine.ROOT / "requirements.lock"
VENDOR = machine.ROOT / "csirt" / "web" / "static" / "vendor" / "MANIFEST.json"
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)


def locked() -> list[tuple[str, str]]:
    """Return the name and version of each package of the lock, in its order."""
    found = _PINNED.findall(LOCK.read_text(encoding="utf-8"))
    return [(canonicalize_name(name), version) for name, version in found]


def bill() -> str:
    """Return the bill of materials; the same for the same lock. Hashes are the lock's."""
    components: list[dict[str, Any]] = [
        {"type": "library", "bom-ref": f"pkg:pypi/{name}@{version}", "name": name,
         "version": version, "purl": f"pkg:pypi/{name}@{version}"}
        for name, version in locked()
    ]  # fmt: skip
    for package in json.loads(VENDOR.read_text(encoding="utf-8")):
        name, version = package["name"], package["version"]
        purl = f"pkg:npm/{name.replace('@', '%40')}@{version}"
        components.append(
            {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl,
             "licenses": [{"license": {"name": package["licence"]}}]}
        )  # fmt: skip
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "cyberocc-desk"}},
        "components": components,
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def records(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the advisories of a file: one as JSON, or a zip of many."""
    if not zipfile.is_zipfile(path):
        yield json.loads(path.read_text(encoding="utf-8"))
        return
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".json"):
                yield json.loads(archive.read(name))


def known(path: Path) -> list[str]:
    """Return « package version: advisory » for each advisory that is about a locked package."""
    versions = dict(locked())
    return sorted(
        f"{name} {versions[name]}: {record['id']}"
        for record in records(path)
        if "withdrawn" not in record
        for name in {
            canonicalize_name(about["package"]["name"])
            for about in record.get("affected", ())
            if about.get("package", {}).get("ecosystem") == "PyPI" and _is_about(about, versions)
        }
    )


def _is_about(about: dict[str, Any], versions: dict[str, str]) -> bool:
    version = versions.get(canonicalize_name(about["package"]["name"]))
    if version is None:
        return False
    if version in about.get("versions", ()):
        return True
    ranges = [one for one in about.get("ranges", ()) if one.get("type") == "ECOSYSTEM"]
    return any(_within(Version(version), one["events"]) for one in ranges)


def _within(version: Version, events: list[dict[str, str]]) -> bool:
    """Tell whether *version* lies between an « introduced » and what ends it (OSV schema, evaluation)."""
    try:
        dated = [
            (text != "0", Version(text), kind == "introduced", kind)  # "0" is before all of them
            for event in events
            for kind, text in event.items()
        ]
    except InvalidVersion:
        return True  # rather once too often
    inside = False
    for _, at, _, kind in sorted(dated):
        if kind == "introduced" and version >= at:
            inside = True
        elif (kind == "fixed" and version >= at) or (kind == "last_affected" and version > at):
            inside = False
    return inside


def main() -> int:
    """Write the bill, or compare the lock with advisories."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--known", type=Path, metavar="FILE")
    asked = parser.parse_args()
    if asked.known is None:
        BILL.write_text(bill(), encoding="utf-8")
        return 0
    found = known(asked.known)
    print("\n".join(found) or "No advisory of this file is about a locked package.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
