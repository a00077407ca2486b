"""Make ``.venv`` and install the locked dependencies in it. Standard library only.

Runs under the machine's own ``python3``, does nothing when the lock has not changed, and works
where Debian ships Python without ``ensurepip``: with the machine's pip, or by installing
``python3-venv`` as root; else it says the one line to type. pip brings uv, and uv the rest in a
tenth of pip's time; where uv does not run, pip brings all. With ``--run`` only what a desk runs with,
without what tests and checks need.
"""

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tools import machine

VENV = machine.ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = machine.ROOT / "requirements.lock"
RUN = machine.ROOT / "deploy" / "requirements.lock"
STAMPS = {
    LOCK: VENV / "installed",
    RUN: VENV / "installed-run",
}  # a lock's sum, and the Python it is for
OLDEST = (3, 11)


def main(lock: Path) -> int:
    """Bring ``.venv`` in line with *lock*; return the exit code."""
    if sys.version_info < OLDEST:
        print(f"Python {'.'.join(map(str, OLDEST))} or newer is needed.", file=sys.stderr)
        return 1
    if not _runs() or (lock == RUN and STAMPS[LOCK].exists()):
        shutil.rmtree(VENV, ignore_errors=True)
    state = f"{hashlib.sha256(lock.read_bytes()).hexdigest()} {sys.version}"
    stamp = STAMPS[lock]
    if stamp.exists() and stamp.read_text(encoding="utf-8") == state:
        stamp.touch()
        return 0
    for one in STAMPS.values():
        one.unlink(missing_ok=True)
    print("Installing the locked dependencies in .venv", flush=True)
    if not (_with_uv(lock) or _with_pip(lock)):
        print(
            "No way to install Python packages was found. As root, type once:\n"
            "  apt-get install -y python3-venv\nthen start again.",
            file=sys.stderr,
        )
        return 1
    stamp.write_text(state, encoding="utf-8")
    return 0


def _runs() -> bool:
    """Tell whether ``.venv`` holds a Python that still starts."""
    try:
        return _call(PYTHON, "-c", "") == 0
    except OSError:
        return False


def _with_uv(lock: Path) -> bool:
    """Install with the machine's uv, or with the one of the lock."""
    uv = shutil.which("uv") or _locked_uv()
    if uv is None:
        return False
    if not _runs() and _call(sys.executable, "-m", "venv", "--without-pip", VENV):
        return False
    how = ["sync"] if lock == RUN else ["install", "-r"]  # who wants less wants the rest gone
    return not _call(
        uv, "pip", how[0], "-q", "--require-hashes", "--python", PYTHON, *how[1:], lock
    )


def _locked_uv() -> str | None:
    """Install the uv of the lock alone; return its path."""
    entry = re.search(r"^uv==.*(?:\n .*)*", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    if entry is None:
        return None
    with TemporaryDirectory() as folder:
        alone = Path(folder) / "uv.txt"
        alone.write_text(entry[0], encoding="utf-8")
        return str(PYTHON.with_name("uv")) if _with_pip(alone) else None


def _with_pip(lock: Path) -> bool:
    """Install with the pip of the environment, or with the machine's own."""
    pip = _pip()
    if pip is None and machine.may_install() and machine.install("python3-venv"):
        shutil.rmtree(VENV, ignore_errors=True)
        pip = _pip()
    return pip is not None and not _call(
        *pip,
        "install",
        "-q",
        "--no-compile",
        "--disable-pip-version-check",
        "--require-hashes",
        "-r",
        lock,
    )


def _pip() -> list[str | Path] | None:
    """Return a pip that installs into ``.venv``, making the environment when needed."""
    own: list[str | Path] = [PYTHON, "-m", "pip"]
    machines: list[str | Path] = [sys.executable, "-m", "pip", "--python", PYTHON]
    if not _runs():
        if not _call(sys.executable, "-m", "venv", VENV, quiet=True):
            return own
        shutil.rmtree(VENV, ignore_errors=True)  # ensurepip is missing: half an environment
        if _call(sys.executable, "-m", "venv", "--without-pip", VENV):
            return None
    return next((pip for pip in (own, machines) if not _call(*pip, "--version", quiet=True)), None)


def _call(*command: str | Path, quiet: bool = False) -> int:
    """Run *command* and return its exit code."""
    output = subprocess.DEVNULL if quiet else None
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main(RUN if "--run" in sys.argv else LOCK))
