"""What others wrote and we ship: its licence beside it, its bytes those that were published."""

import hashlib
import json

import pytest

from tools import machine

VENDOR = machine.ROOT / "csirt/web/static/vendor"
MANIFEST = json.loads((VENDOR / "MANIFEST.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("package", MANIFEST, ids=lambda package: package["name"])
def test_each_file_is_the_one_that_was_published(package):
    sums = {
        name: hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() for name in package["files"]
    }

    assert sums == package["files"]


@pytest.mark.parametrize("package", MANIFEST, ids=lambda package: package["name"])
def test_each_package_says_its_version_its_licence_and_the_sum_of_its_archive(package):
    assert package["version"]
    assert package["licence"]
    assert package["integrity"].startswith("sha512-")
    assert any(name.endswith("LICENSE") for name in package["files"])
    assert all(f"{package['version']}/" in name for name in package["files"])


def test_nothing_is_vendored_without_being_listed():
    shipped = {
        path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()
    } - {"MANIFEST.json"}

    assert shipped == {name for package in MANIFEST for name in package["files"]}
