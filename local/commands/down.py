"""`dev.py down`: stop what runs in this checkout, here or in another terminal."""

import os
import signal
from argparse import Namespace

import psutil

from local import runfile
from local.errors import StackError
from local.lock import is_held
from local.paths import LOCAL
from local.ports import wait_until

LIMIT = 60.0  # [s]


def run(_: Namespace) -> int:
    run = runfile.read()
    if run is None:
        if is_held(LOCAL):
            raise StackError("Something is being started or stopped here just now. Try again.")
        print("Nothing runs in this checkout.")
        return 0
    os.kill(run.pid, signal.SIGTERM)
    wait_until(
        lambda: not is_held(LOCAL) and _has_ended(run.pid),  # it gives up the lock before it ends
        lambda: True,
        LIMIT,
        f"Process {run.pid}",
    )
    print("Stopped.")
    return 0


def _has_ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
