"""Which Functions host is started, and that the stack works with what is called `func`."""

import os
import sys
from pathlib import Path

import httpx
import pytest

from local.errors import StackError
from local.functions_host import HostKind, choose
from local.ports import ANY
from local.stack import Stack

_STAND_IN = f"""#!/bin/sh
# Core Tools for the stack: a version, and `start --port N`
if [ "$1" = --version ]; then echo 4.0.5455; exit; fi
[ "$1" = start ] && shift && exec {sys.executable} -m local.host "$@"
"""


def _install(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    func = folder / "func"
    func.write_text(text)
    func.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")
    return func


def test_without_core_tools(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    kind, why = choose(HostKind.AUTO)
    assert kind is HostKind.BUILTIN
    assert why == ("the built-in host: Azure Functions Core Tools (func) are not installed")
    with pytest.raises(StackError, match="Install version 4, or use --host builtin"):
        choose(HostKind.FUNC)


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("#!/bin/sh\necho 3.0.4900\n", "is version 3.0.4900, older than 4"),
        ("#!/bin/sh\nexit 1\n", "does not say its version"),
        ("no program", "does not say its version"),
    ],
)
def test_core_tools_that_cannot_be_used(
    script: str, problem: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _install(tmp_path, script, monkeypatch)
    kind, why = choose(HostKind.AUTO)
    assert kind is HostKind.BUILTIN
    assert problem in why


def test_core_tools_are_preferred(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    func = _install(tmp_path, _STAND_IN, monkeypatch)
    assert choose(HostKind.AUTO) == (
        HostKind.FUNC,
        f"Azure Functions Core Tools 4.0.5455 ({func})",
    )
    assert choose(HostKind.BUILTIN)[0] is HostKind.BUILTIN


def test_the_stack_starts_func(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With a stand-in: what `func start` is given, and where the app is then."""
    _install(tmp_path, _STAND_IN, monkeypatch)
    with Stack(tmp_path / "stack", ports=ANY, throw_away=True) as stack:
        assert stack.host_kind is HostKind.FUNC
        stack.start()
        health = httpx.get(f"{stack.http}/api/health", timeout=240).json()
    assert health["storage"]["reachable"]
    assert health["database"]["reachable"]
