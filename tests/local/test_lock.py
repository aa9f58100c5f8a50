"""One stack at a time on the same data."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from local import lock
from local.errors import StackError
from local.paths import ROOT


def test_it_excludes_and_is_given_up(tmp_path: Path) -> None:
    assert not lock.is_held(tmp_path)
    taken = lock.take(tmp_path)
    assert lock.is_held(tmp_path)
    with pytest.raises(StackError, match=re.escape(f"process {os.getpid()}) works on {tmp_path}")):
        lock.take(tmp_path)
    lock.release(taken)
    assert not lock.is_held(tmp_path)
    lock.release(lock.take(tmp_path))


def test_that_of_a_killed_program_is_waited_for(tmp_path: Path) -> None:
    """Killed, but a process that it started still works on the data for a moment."""
    code = (
        "import os, subprocess, sys, time; from pathlib import Path; from local import lock;"
        "fd = lock.take(Path(sys.argv[1]));"
        "subprocess.Popen(['sleep', '1'], pass_fds=[fd], stdout=subprocess.DEVNULL);"
        "print(flush=True); time.sleep(60)"
    )
    program = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert program.stdout is not None
    with program.stdout:
        program.stdout.readline()
    program.kill()
    program.wait()
    assert lock.is_held(tmp_path)
    lock.release(lock.take(tmp_path))
