"""Installing: what is skipped, what is done again, and what is said when it fails."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.bootstrap import command, packages, python, uv
from local.errors import StackError
from tests.local.checkout import copy_project

_NOWHERE = "http://127.0.0.1:9/simple"  # nothing listens there


def test_what_is_installed_is_not_installed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock_file = tmp_path / "package-lock.json"
    stamp = tmp_path / "installed"
    lock_file.write_text("one")
    monkeypatch.setattr(packages, "NODE_FILES", (lock_file,))
    monkeypatch.setattr(packages, "_NODE_STAMP", stamp)
    assert not packages._node_is_complete()
    stamp.write_text(packages._digest(lock_file))
    assert packages._node_is_complete()
    lock_file.write_text("two")
    assert not packages._node_is_complete()


def test_a_python_for_the_app_is_found() -> None:
    found = python.find()
    assert found is not None
    assert python._version(found) in python.WANTED
    assert python._version("/bin/false") == ""
    assert python._version("/nowhere") == ""


def test_a_failed_installer_shows_its_last_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "LOG", tmp_path / "install.log")
    code = "import sys; print(*range(100), sep='\\n'); print('the reason'); sys.exit(3)"
    with pytest.raises(StackError) as error:
        command.run_installer([sys.executable, "-c", code], failure="Look at the network")
    lines = str(error.value).splitlines()
    assert lines[0] == f"Look at the network (exit code 3, {tmp_path / 'install.log'}):"
    assert lines[-1] == "    the reason"
    assert len(lines) < 20
    with pytest.raises(StackError, match="Look here\n/nowhere: No such file or directory"):
        command.run_installer(["/nowhere"], failure="Look here")


@pytest.mark.parametrize("has_uv", [False, True])
def test_a_blocked_network(tmp_path: Path, has_uv: bool) -> None:
    """The real installers, with an index that does not answer: a sentence, no traceback."""
    checkout = copy_project(tmp_path / "checkout")
    tools = tmp_path / "bin"
    tools.mkdir()
    if has_uv:
        found = uv.find()
        if found is None:
            pytest.skip("uv is not installed here; start the tests with dev.py")
        (tools / "uv").symlink_to(found)
    own = {key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "UV_"))}
    settings = {
        "HOME": str(tmp_path / "home"),
        "PATH": f"{tools}:/usr/bin:/bin",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": _NOWHERE,
        "PIP_RETRIES": "0",
        "UV_HTTP_RETRIES": "0",
    }
    result = subprocess.run(
        [sys.executable, checkout / "dev.py", "check"],
        env=own | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    who = "uv could not install the Python packages" if has_uv else "pip could not install uv"
    assert who in result.stderr
    assert "index" in result.stderr
    assert "Traceback" not in result.stderr
