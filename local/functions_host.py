"""Which Functions host runs the app: Azure Functions Core Tools, or the built-in one."""

import re
import shutil
import subprocess
import sys
from enum import StrEnum
from pathlib import Path

from local.errors import StackError
from local.ports import ADDRESS

OLDEST_CORE_TOOLS = 4


class HostKind(StrEnum):
    """What `--host` takes."""

    AUTO = "auto"
    BUILTIN = "builtin"
    FUNC = "func"


def choose(kind: HostKind) -> tuple[HostKind, str]:
    """The host to start, and a sentence that says which and why."""
    if kind is HostKind.BUILTIN:
        return kind, "the built-in host, as asked for"
    path = shutil.which("func")
    version = _core_tools_version(path) if path else None
    if path is None:
        problem = "Azure Functions Core Tools (func) are not installed"
    elif version is None:
        problem = f"{path} does not say its version"
    elif int(version.split(".")[0]) < OLDEST_CORE_TOOLS:
        problem = f"{path} is version {version}, older than {OLDEST_CORE_TOOLS}"
    else:
        return HostKind.FUNC, f"Azure Functions Core Tools {version} ({path})"
    if kind is HostKind.FUNC:
        raise StackError(f"{problem}. Install version 4, or use --host builtin.")
    return HostKind.BUILTIN, f"the built-in host: {problem}"


def command(kind: HostKind, port: int) -> list[str | Path]:
    """To be run in the project's folder, with the settings in the environment."""
    if kind is HostKind.FUNC:
        return ["func", "start", "--port", str(port)]
    return [sys.executable, "-m", "local.host", "--port", str(port)]


def base_url(port: int) -> str:
    return f"http://{ADDRESS}:{port}"


def _core_tools_version(path: str) -> str | None:
    try:
        result = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"^\d+\.\d+\.\d+", result.stdout, re.MULTILINE)
    return match[0] if match else None
