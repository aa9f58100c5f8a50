"""Which Python on this machine can run the app."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

WANTED = ("3.13", "3.12", "3.11", "3.14")  # the deployed one, then others of requires-python
_CHECK = (
    "import ctypes, ssl, sqlite3, struct, sys, zlib;"  # a Python built without one is of no use
    "print('%d.%d' % sys.version_info[:2] if struct.calcsize('P') == 8"
    " and sys.implementation.name == 'cpython' else '')"
)


def find() -> str | None:
    """The first one of a wanted version that works, or None."""
    seen: set[str] = set()
    for path in (sys.executable, *candidates()):
        real = os.path.realpath(path)
        if real in seen:
            continue
        seen.add(real)
        if _version(path) in WANTED:
            return path
    return None


def candidates() -> Iterator[str]:
    """Pythons that may be here: on the PATH (shims of pyenv included), pyenv's, the usual places.

    Some may not start: a shim whose version is not selected, say.
    """
    names = [f"python{version}" for version in WANTED] + ["python3", "python"]
    for name in names:
        found = shutil.which(name)
        if found:
            yield found
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for version in WANTED:
        for installed in sorted(pyenv.glob(f"versions/{version}.*"), reverse=True):
            yield str(installed / "bin" / "python")
    for folder in ("/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"):
        for name in names:
            path = Path(folder) / name
            if path.exists():
                yield str(path)


def _version(path: str) -> str:
    try:
        result = subprocess.run(
            [path, "-I", "-c", _CHECK],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return result.stdout.strip() if result.returncode == 0 else ""
