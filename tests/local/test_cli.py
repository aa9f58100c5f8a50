"""`dev.py` starts on any Python from 3.9 on, and says so on an older one."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from local.cli import parse
from local.commands import _MODULES
from local.paths import ROOT

_COMMANDS = [*_MODULES, "clean"]
_PYENV = Path.home() / ".pyenv" / "versions"


def _dev(python: Path | str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, ROOT / "dev.py", *arguments], capture_output=True, text=True, check=False
    )


def _python(version: str) -> Path:
    found = sorted(_PYENV.glob(f"{version}.*/bin/python"))
    if not found:
        pytest.skip(f"no Python {version} in pyenv's folder")
    return found[-1]


@pytest.mark.parametrize("command", _COMMANDS)
def test_each_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        parse([command, "--help"])
    assert end.value.code == 0
    assert f"usage: dev.py {command}" in capsys.readouterr().out


def test_the_help_names_each_command() -> None:
    text = _dev(sys.executable, "--help").stdout
    assert re.findall(r"^    (\w+) ", text, re.MULTILINE) == [
        "demo",
        "up",
        "down",
        "services",
        "test",
        "check",
        "migrate",
        "lock",
        "bench",
        "clean",
    ]


def test_arguments_go_on_to_pytest() -> None:
    arguments = ["-x", "-k", "a or b", "tests/local", "--help"]
    assert parse(["test", *arguments]).arguments == arguments


@pytest.mark.parametrize("version", ["3.9", "3.10", "3.13"])
def test_the_help_needs_nothing_installed(version: str) -> None:
    result = _dev(_python(version), "demo", "--help")
    assert result.returncode == 0
    assert result.stderr == ""
    assert "--avatar" in result.stdout


@pytest.mark.parametrize("version", ["2.7", "3.6", "3.8"])
def test_an_older_python_says_which_is_needed(version: str) -> None:
    result = _dev(_python(version), "demo")
    assert result.returncode == 1
    assert f"dev.py needs Python 3.9 or newer to start; this is {version}" in result.stderr
    assert "Traceback" not in result.stderr
