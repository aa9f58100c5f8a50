"""Become a program that dies with its parent: `python -IS launch.py PARENT PROGRAM [ARGUMENT ...]`.

A step of its own because the engine's process may have threads, between whose fork and exec
nothing may be done. Standard library only; it costs about 15 ms.
"""

import ctypes
import os
import signal
import sys

CANNOT_START = 127  # as a shell's, and the dynamic linker's where a library is missing
_PR_SET_PDEATHSIG = 1


def main() -> int:
    parent, program = int(sys.argv[1]), sys.argv[2]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before the line above
            return CANNOT_START
    try:
        os.execv(program, sys.argv[2:])  # noqa: S606  # no shell is wanted
    except OSError as error:
        sys.stdout.write(f"cannot start: {error.strerror}\n")
        return CANNOT_START


if __name__ == "__main__":
    sys.exit(main())
