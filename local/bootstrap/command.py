"""Runs an installer; what it prints goes to a log, and its end into the message of a failure."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.errors import StackError
from local.paths import LOGS

LOG = LOGS / "install.log"
_SHOWN_LINES = 15


def run_installer(
    command: Sequence[object],
    *,
    failure: str,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    lock: int | None = None,
) -> None:
    """Raises StackError: `failure` (what to do) and the last lines that the command printed.

    The command keeps `lock` open: should dev.py be killed, nobody installs beside it.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    arguments = [str(part) for part in command]
    with LOG.open("a+", encoding="utf-8", errors="replace") as log:
        log.write("$ " + " ".join(arguments) + "\n")
        log.flush()
        start = log.tell()
        try:
            result = subprocess.run(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                cwd=directory,
                pass_fds=() if lock is None else (lock,),
                check=False,
            )
        except OSError as error:
            raise StackError(f"{failure}\n{arguments[0]}: {error.strerror}") from None
        if result.returncode:
            log.seek(start)
            lines = [line for line in log.read().splitlines() if line.strip()]
            end = "\n".join(f"    {line}" for line in lines[-_SHOWN_LINES:])
            raise StackError(f"{failure} (exit code {result.returncode}, {LOG}):\n{end}")
