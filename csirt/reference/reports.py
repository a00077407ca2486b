"""The given reports: what the demonstration is filled with, and what the rules are held against."""

from typing import Any

import yaml

from csirt.reference.bundle import DATA
from csirt.reference.reading import LOADER


def given_reports() -> list[dict[str, Any]]:
    """Return the reports of ``reports.yaml``, read anew: the caller may change them."""
    text = (DATA / "reports.yaml").read_text(encoding="utf-8")
    reports: list[dict[str, Any]] = yaml.load(text, LOADER)["reports"]  # noqa: S506 - a safe loader
    return reports
