"""``python -m bench [NAME...]``: run the named measurements, or all; each in a process of its own."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
NAMES = sorted(path.stem for path in HERE.glob("[a-z]*.py"))

if __name__ == "__main__":
    wanted = sys.argv[1:] or NAMES
    if unknown := set(wanted) - set(NAMES):
        sys.exit(
            f"No such measurement: {', '.join(sorted(unknown))}. There are: {', '.join(NAMES)}"
        )
    codes = [
        subprocess.run([sys.executable, "-m", f"bench.{name}"], cwd=HERE.parent, check=False)
        for name in wanted
    ]
    sys.exit(max(done.returncode for done in codes))
