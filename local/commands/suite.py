"""`dev.py test`: the test suite. Its fixtures start the services that it needs."""

import os
import sys
from argparse import Namespace

from local.paths import ROOT

_ADDRESSES = ("DATABASE_URL", "AZURE_STORAGE_CONNECTION_STRING", "AzureWebJobsStorage")


def run(options: Namespace) -> int:
    for name in _ADDRESSES:  # tests never touch what these may name
        os.environ.pop(name, None)
    # else every worker, and every process of every stack, compiles what it imports
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.chdir(ROOT)
    arguments = options.arguments or [*_in_parallel(), *_selection(thorough=options.all)]
    # pytest takes the place of this process: Ctrl-C and its exit code are its own
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *arguments])  # noqa: S606


def _selection(*, thorough: bool) -> list[str]:
    return [] if thorough else ["-m", "not thorough"]


def _in_parallel() -> list[str]:
    """A file at a time, each worker on services of its own.

    Half of the time is waiting, so there is one worker more than there are cores.
    """
    workers = len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else 4
    return ["-n", str(workers), "--dist", "loadfile"]
