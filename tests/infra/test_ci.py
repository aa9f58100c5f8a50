"""Continuous integration: each job is one script of the repository, and does here what it can."""

import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra import ci
from local.paths import ROOT
from tests.infra.test_packaging import functions_package, tracked

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
# what a job may do before its script: tools that the script says are missing
PREPARING = re.compile(
    r"npm install --global azure-functions-core-tools@4.*|python3 -m pip install uv"
)


def jobs() -> dict[str, Any]:
    return {
        name: job
        for path in WORKFLOWS
        for name, job in yaml.safe_load(path.read_text())["jobs"].items()
    }


@pytest.mark.parametrize("name", jobs())
def test_a_job_is_one_script(name: str) -> None:
    commands = [step["run"] for step in jobs()[name]["steps"] if "run" in step]
    (script,) = [command for command in commands if not PREPARING.fullmatch(command)]
    words = script.removeprefix("python3 ").split()
    assert (ROOT / words[0]).is_file()
    if words[0] == "infra/ci.py":
        assert words[1:] == [name]
        assert name in ci.JOBS


def test_every_script_has_its_job() -> None:
    assert ci.JOBS.keys() <= jobs().keys()


@pytest.mark.parametrize("name", jobs())
def test_a_job_ends_and_reads_only(name: str) -> None:
    job = jobs()[name]
    assert 0 < job["timeout-minutes"] <= 90
    actions = [step["uses"] for step in job["steps"] if "uses" in step]
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@v\d+", action) for action in actions)


def test_workflows_may_only_read() -> None:
    for path in WORKFLOWS:
        assert yaml.safe_load(path.read_text())["permissions"] == {"contents": "read"}


def test_every_python_is_tested_on_both_systems() -> None:
    matrix = jobs()["suite"]["strategy"]["matrix"]
    assert matrix["python"] == ["3.11", "3.12", "3.13", "3.14"]
    assert {system.split("-")[0] for system in matrix["os"]} == {"ubuntu", "macos"}


def test_actionlint_has_nothing_to_say() -> None:
    program = shutil.which("actionlint")
    if program is None:
        pytest.skip("There is no actionlint here.")
    result = subprocess.run(
        [program, *map(str, WORKFLOWS)], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout) == (0, "")


@pytest.mark.parametrize(
    ("job", "missing"), [("core-tools", "func"), ("image", "docker"), ("package", "azd")]
)
def test_what_is_missing_is_named(job: str, missing: str, tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, str(ROOT / "infra" / "ci.py"), job],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert result.stderr.startswith(f"There is no {missing} here.")


@pytest.mark.parametrize("stray", ["", "tests/conftest.py"])
def test_the_package_of_azd_is_looked_into(
    stray: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a stand-in for azd, which packs what it is told."""
    content = io.BytesIO()
    names = [*functions_package(tracked()), ".python_packages/lib/site-packages/av/__init__.py"]
    with zipfile.ZipFile(content, "w") as zipped:
        for name in [*names, *filter(None, [stray])]:
            zipped.writestr(name, "x")
    (tmp_path / "packed").write_bytes(content.getvalue())
    azd = tmp_path / "azd"
    azd.write_text(
        f"#!{sys.executable}\nimport shutil, sys\n"
        f"to = sys.argv[sys.argv.index('--output-path') + 1]\n"
        f"shutil.copy({str(tmp_path / 'packed')!r}, to)\n"
    )
    azd.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    if stray:
        with pytest.raises(ci.MissingError, match="It should hold"):
            ci.package()
    else:
        ci.package()


def test_the_devcontainer_starts_what_func_needs() -> None:
    text = (ROOT / ".devcontainer" / "devcontainer.json").read_text()
    container = json.loads(re.sub(r"(?m)(^|\s)//.*$", "", text))
    features = " ".join(container["features"])
    assert "azure-functions-core-tools" in features
    assert "python3 dev.py services" in container["postStartCommand"]
    assert container["remoteUser"] != "root"
    assert "3.13" in container["image"]
