"""Runs the client as its users do: as a process, with nothing of ours in its environment.

`Within` calls it in this process, for the many small mistakes that need no process of their own.
"""

import json
import os
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import pytest

from avatar_validation.cli import main
from local.paths import ROOT

LIMIT = 240  # [s] for any run

Run = subprocess.CompletedProcess[str]


class Runner(ABC):
    """The client in a folder, for the service at an address."""

    folder: Path

    @abstractmethod
    def run(self, *arguments: str | Path) -> Run: ...

    def json(self, *arguments: str | Path) -> Any:
        """What `--json` prints, after the exit code was found to be the one in it."""
        run = self.run(*arguments, "--json")
        found = json.loads(run.stdout)
        if "exit_code" in found:
            assert found["exit_code"] == run.returncode, run.stderr
        return found


class Within(Runner):
    """By `main()`."""

    def __init__(
        self,
        address: str,
        folder: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        self.folder = folder
        self._capsys = capsys
        monkeypatch.chdir(folder)
        monkeypatch.setenv("AVATAR_VALIDATION_URL", address)
        for name in ("AVATAR_VALIDATION_KEY", "AVATAR_VALIDATION_TOKEN"):
            monkeypatch.delenv(name, raising=False)

    def run(self, *arguments: str | Path) -> Run:
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as ended:  # argparse's, of wrong arguments
            code = int(str(ended.code))
        said = self._capsys.readouterr()
        return Run(arguments, code, said.out, said.err)


class Client(Runner):
    """By `python -m avatar_validation`."""

    def __init__(self, address: str, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT / "client" / "src"),
            "AVATAR_VALIDATION_URL": address,
        } | environment

    def run(self, *arguments: str | Path, stdout: int = subprocess.PIPE) -> Run:
        return subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            timeout=LIMIT,
            check=False,
        )

    def interrupt(self, *arguments: str | Path, when: str) -> Run:
        """A run that is ended by Ctrl-C as soon as this stands on standard error."""
        with subprocess.Popen(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stderr is not None
            seen = ""
            deadline = time.monotonic() + LIMIT
            while when not in seen and time.monotonic() < deadline:
                seen += process.stderr.readline()
            process.send_signal(signal.SIGINT)
            stdout, stderr = process.communicate(timeout=LIMIT)
        return Run(process.args, process.returncode, stdout, seen + stderr)

    @staticmethod
    def command(*arguments: str | Path) -> list[str]:
        return [sys.executable, "-W", "error", "-m", "avatar_validation", *map(str, arguments)]
