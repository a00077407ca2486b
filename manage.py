#!/usr/bin/env python3
"""The desk's command line."""

import os
import sys
from pathlib import Path


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "csirt.settings")
    demo = Path(__file__).resolve().parent / "var" / "demo"
    if "CSIRT_MODE" not in os.environ and (demo / "keys").is_dir():
        os.environ["CSIRT_MODE"] = "demo"  # a checkout with a demo: its settings
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
