"""The installer uv: the one on the PATH when it is new enough, else one of our own from PyPI."""

from __future__ import annotations

import os
import re
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

from local.bootstrap.command import run_installer
from local.bootstrap.console import step
from local.bootstrap.python import candidates
from local.errors import StackError
from local.paths import TOOLS

OLDEST = (0, 10, 0)  # older ones write other lock files
_OWN = TOOLS / "uv"
_PIP_ENVIRONMENT = {
    "PIP_USER": "0",  # cannot go with --target
    "PIP_REQUIRE_VIRTUALENV": "0",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_INPUT": "1",
}


def find() -> Path | None:
    """A uv that is there and new enough."""
    on_path = shutil.which("uv")
    for path in (on_path, _OWN / "bin" / "uv"):
        if path is not None and (_version(path) or ()) >= OLDEST:
            return Path(path)
    return None


def find_or_install(lock: int) -> Path:
    found = find()
    if found is not None:
        return found
    with step("uv, the installer"):
        pip = _pip()
        if pip is None:
            raise StackError(
                "No Python on this machine has pip, which is needed once to install uv. "
                "Install it (on Debian: apt-get install python3-pip), or install uv itself."
            )
        shutil.rmtree(_OWN, ignore_errors=True)
        wanted = "uv>=" + ".".join(map(str, OLDEST))
        run_installer(
            [*pip, "install", "--quiet", "--target", _OWN, "--only-binary", ":all:", wanted],
            failure="pip could not install uv. Is the Python package index reachable, and does "
            "pip's configuration (PIP_INDEX_URL, proxy) name the right one?",
            environment=_PIP_ENVIRONMENT,
            lock=lock,
        )
        found = find()
    if found is None:
        raise StackError(f"The uv in {_OWN} does not start on this machine. Install uv yourself.")
    return found


def environment() -> dict[str, str]:
    """Variables for uv, so that it works where pip and the rest of the machine do.

    The package index that pip is set to use, unless uv has one of its own; and the system's
    certificates where there are any, because a company's network may have a root of its own.
    """
    variables = {}
    if not {"UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_CONFIG_FILE"} & set(os.environ):
        index = os.environ.get("PIP_INDEX_URL") or _pip_index()
        if index:
            variables["UV_DEFAULT_INDEX"] = index
    if ssl.create_default_context().cert_store_stats()["x509_ca"]:
        # the old and the new name of one option
        variables.update({"UV_NATIVE_TLS": "1", "UV_SYSTEM_CERTS": "1"})
    return variables


def _pip_index() -> str:
    pip = _pip()
    if pip is None:
        return ""
    result = subprocess.run(
        [*pip, "config", "get", "global.index-url"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    return result.stdout.strip()


def _pip() -> list[str] | None:
    """The command of a pip: of any Python here, else one that comes with a fresh environment."""
    for python in (sys.executable, *candidates()):
        command = [python, "-m", "pip"]
        if _succeeds([*command, "--version"]):
            return command
    own = TOOLS / "pip"
    if _succeeds([sys.executable, "-m", "venv", str(own)]):  # fails on Debian without python3-venv
        return [str(own / "bin" / "python"), "-m", "pip"]
    return None


def _succeeds(command: list[str]) -> bool:
    try:
        result = subprocess.run(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
        )
    except OSError:
        return False
    return result.returncode == 0


def _version(path: object) -> tuple[int, ...] | None:
    try:
        result = subprocess.run(
            [str(path), "--version"], stdout=subprocess.PIPE, text=True, check=False
        )
    except OSError:
        return None
    match = re.match(r"uv (\d+)\.(\d+)\.(\d+)", result.stdout)
    return tuple(int(part) for part in match.groups()) if match else None
