"""The lock of a stack's folder: one stack at a time on the same data.

A file lock: the system gives it up when the last process that has it open is gone. The guards of
all processes keep it open, so it is held as long as anything works on the data, also after the
program that started them was killed. The file says which program that was.
"""

import fcntl
import os
import time
from pathlib import Path

import psutil

from local.errors import StackError

_NAME = "stack.lock"
_LIMIT = 45.0  # [s] that the processes of a killed stack may take to end
_POLL = 0.05  # [s]


def take(directory: Path) -> int:
    """The lock as a file descriptor. Waits for the remains of a killed stack to end.

    Raises StackError at once where the stack that has it is alive.
    """
    directory.mkdir(parents=True, exist_ok=True)
    lock = os.open(directory / _NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    deadline = time.monotonic() + _LIMIT
    while not _try(lock):
        owner = _owner(lock)
        if psutil.pid_exists(owner) or time.monotonic() > deadline:
            os.close(lock)
            raise StackError(
                f"Another dev.py (process {owner}) works on {directory}. Stop it first: "
                "`python3 dev.py down`, or Ctrl-C where it runs."
            )
        time.sleep(_POLL)
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)
    return lock


def release(lock: int) -> None:
    """Give up our part of it; the last guard that ends gives up the rest."""
    os.ftruncate(lock, 0)
    os.close(lock)


def is_held(directory: Path) -> bool:
    """Whether a stack works on the folder."""
    try:
        lock = os.open(directory / _NAME, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not _try(lock)
    finally:
        os.close(lock)


def _try(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _owner(lock: int) -> int:
    """The process id in the file; -1, which is nobody's, where there is none yet."""
    try:
        return int(os.pread(lock, 32, 0))
    except ValueError:
        return -1
