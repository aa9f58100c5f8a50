"""From any Python 3.9 or newer to the virtual environment with everything in it.

These modules use the standard library only and the syntax of Python 3.9. `main` reads the command
line, installs what is missing, starts `dev.py` again with the virtual environment's Python and
there hands over to `local.commands`.
"""

from __future__ import annotations

import os
import signal
import sys
from argparse import Namespace

from local.bootstrap.clean import clean
from local.bootstrap.console import say
from local.bootstrap.packages import install, is_complete
from local.cli import parse
from local.errors import StackError
from local.paths import CLIENT, ROOT, VENV

INTERRUPTED = 130  # the exit code of a command ended by Ctrl-C, as in a shell


def main(arguments: list[str]) -> int:
    """The exit code of `dev.py`."""
    options = parse(arguments)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    try:
        return _run(options, arguments)
    except StackError as error:
        say(f"dev.py: {error}")
        return 1
    except KeyboardInterrupt:
        say("\nInterrupted.")
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output is gone, as in `dev.py ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _run(options: Namespace, arguments: list[str]) -> int:
    if options.command == "clean":
        clean(data=options.data, everything=options.all)
        return 0
    if not is_complete():
        install()
    if os.path.realpath(sys.prefix) != os.path.realpath(VENV):
        python = str(VENV / "bin" / "python")
        os.execv(python, [python, str(ROOT / "dev.py"), *arguments])  # noqa: S606
    sys.path.insert(0, str(CLIENT))  # our own, which is installed nowhere
    from local.commands import run  # noqa: PLC0415  # only this Python has what it imports

    return run(options)


def _end(number: int, _: object) -> None:
    """The signal ends the program as an exception does: what it started is ended first."""
    raise SystemExit(128 + number)
