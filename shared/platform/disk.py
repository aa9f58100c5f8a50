"""Room on the disk: asked for before anything is written.

An instance of Flex Consumption has 0.8 GB for temporary files, shared by all that it does at once.
A lack of room is no fault of the media and no crash: whoever meets it tries again later.
"""

import errno
import os
import shutil
from pathlib import Path
from typing import Final

RESERVE_BYTES: Final = 64 * 1024 * 1024  # for what is measured of the media, which is smaller
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


class DiskFullError(Exception):
    """There is no room now; there will be when others have ended."""


class DiskTooSmallError(Exception):
    """There would be no room on an empty disk either. The text says how large it is."""


def ask(folder: Path, size: int) -> None:
    """Raises DiskFullError and DiskTooSmallError where `size` bytes and the reserve do not fit."""
    usage = shutil.disk_usage(folder)
    needed = size + RESERVE_BYTES
    if usage.total < needed:
        raise DiskTooSmallError(f"{usage.total} bytes")
    if usage.free < needed:
        raise DiskFullError(f"{needed} bytes are needed, {usage.free} are free")


def take(file: Path, size: int) -> None:
    """Make `file` with `size` bytes that are its own from now on. Raises as `ask` does.

    Where the system cannot set room aside (macOS), the file is made and has only been asked for:
    two that ask at the same time are then told the same.
    """
    ask(file.parent, size)
    with file.open("wb") as made:
        if size and hasattr(os, "posix_fallocate"):
            try:
                os.posix_fallocate(made.fileno(), 0, size)
            except OSError as error:
                file.unlink()
                if not is_full(error):
                    raise
                raise DiskFullError(f"{size} bytes were taken by another") from None


def is_full(error: BaseException) -> bool:
    """Whether it is the lack of room that an error tells of."""
    return isinstance(error, DiskFullError) or (isinstance(error, OSError) and error.errno in _FULL)
