"""Folders for the files of one call. They go with it, also where the process is killed: the next
process removes what a dead one left.

All of a process's are inside one folder, on which it holds a lock as long as it lives. The system
gives up the lock with the process, however that ends. So another process's are never touched, be
it older, newer, or of another host on the same machine.
"""

import atexit
import fcntl
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

PREFIX: Final = "avatar-process-"

_making = threading.Lock()
_made: list[Path] = []


@contextmanager
def folder(purpose: str) -> Iterator[Path]:
    """An empty folder, removed at the end. `purpose` is for people who look at the disk."""
    with tempfile.TemporaryDirectory(prefix=f"{purpose}-", dir=home()) as name:
        yield Path(name)


def home() -> Path:
    """The folder of this process."""
    with _making:
        if not _made or not _made[-1].is_dir():  # somebody may clear the temporary files
            _made.append(_locked())
        return _made[-1]


def sweep() -> None:
    """Remove what processes left that have ended."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:  # gone meanwhile, or not ours to read
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path, ignore_errors=True)
        except BlockingIOError:  # its process lives
            continue
        finally:
            os.close(lock)


def _locked() -> Path:
    """A new folder with a lock on it, which stays open until this process ends."""
    while True:
        path = Path(tempfile.mkdtemp(prefix=PREFIX))
        lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(lock, fcntl.LOCK_EX)
        if path.is_dir():
            atexit.register(shutil.rmtree, path, ignore_errors=True)
            return path
        os.close(lock)  # swept between the two lines
