"""Removes what dev.py made. Runs without the virtual environment, which it may remove."""

from __future__ import annotations

import fcntl
import shutil
from pathlib import Path

from local.bootstrap.console import say
from local.errors import StackError
from local.paths import DATA, LOCAL, LOGS, ROOT, RUN_FILE

_CACHES = (".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis")


def clean(*, data: bool, everything: bool) -> None:
    """Caches and logs; with `data` also storage and database; with `everything` all of .local."""
    _refuse_while_running()
    targets = [ROOT / name for name in _CACHES]
    for folder in ROOT.iterdir():
        if folder.is_dir() and folder not in (LOCAL, ROOT / ".git"):
            targets += folder.rglob("__pycache__")
    targets += [LOGS, LOCAL / "test-runs", RUN_FILE]
    if data or everything:
        targets.append(DATA)
    if everything:
        targets.append(LOCAL)
    for target in targets:
        _remove(target)


def _refuse_while_running() -> None:
    tests = (LOCAL / "test-runs").glob("*/stack.lock")
    for path in (LOCAL / "stack.lock", LOCAL / "install.lock", *tests):
        try:
            with path.open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            continue
        except BlockingIOError:
            raise StackError(
                "The stack or the tests of this checkout run, or are being installed. "
                "Stop them first: `python3 dev.py down`, or Ctrl-C where they run."
            ) from None


def _remove(target: Path) -> None:
    if target.is_dir():
        shutil.rmtree(target)
    elif target.exists():
        target.unlink()
    else:
        return
    shown = target.relative_to(ROOT)
    if target.name != "__pycache__":
        say(f"removed {shown}")
