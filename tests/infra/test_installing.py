"""The locked packages: installed as a deployment does, and by plain pip on every Python here."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from infra import deploy
from local.bootstrap import python, uv
from local.paths import ROOT
from tests.infra.test_packaging import functions_package, tracked

PROBE = """
import pathlib
import tempfile

import function_app
from shared.engines.base import Task
from shared.engines.pool import EnginePool
from shared.measurements.model import MediaType

assert function_app.app.get_functions()
task = Task(pathlib.Path("samples/astronaut.jpg").absolute(), MediaType.IP)
pool = EnginePool(1)
(segment,) = pool.plan("mediapipe", task, 1, deadline=120)
measured = pathlib.Path(tempfile.mkdtemp()) / "measured"
pool.measure("mediapipe", task, segment, measured, deadline=120)
facts = pool.join("mediapipe", task, [(segment, measured)], measured.parent, deadline=120)
pool.close()
print(facts.frames, facts.faces)
"""

SLOW = pytest.mark.skipif(
    not os.environ.get("SLOW_TESTS"), reason="installs 500 MB: set SLOW_TESTS=1 to run it"
)


def install(target: Path, *options: str) -> str:
    """The command of `package`, to another place; what uv said. Skips where it cannot work."""
    program = uv.find()
    if program is None:
        pytest.skip("There is no uv here.")
    place = ("--target", str(target), "--python-version", deploy.PYTHON)
    platform = ("--python-platform", deploy.PLATFORM)
    command = (*("pip", "install", *deploy.INSTALL, *place, *platform), *options)
    result = subprocess.run(
        [str(program), *command, "-r", "requirements.txt"],
        cwd=ROOT,
        env=os.environ | uv.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if "error sending request" in result.stderr:
        pytest.skip("The package index cannot be reached.")
    assert result.returncode == 0, result.stderr
    return result.stderr


def test_every_package_has_a_wheel_for_azure(tmp_path: Path) -> None:
    said = install(tmp_path, "--dry-run")
    planned = {line[3:].split("==")[0] for line in said.splitlines() if line.startswith(" + ")}
    assert {"azure-functions", "ai-edge-litert", "psycopg2-binary"} <= planned
    assert not planned & {"mediapipe", "matplotlib", "jax", "opencv-contrib-python"}


@pytest.mark.thorough
@pytest.mark.parametrize("version", sorted(python.WANTED))
def test_plain_pip_installs_it(version: str, tmp_path: Path) -> None:
    """Into an empty environment; with SLOW_TESTS=1 for real, and a face is measured there."""
    wanted = tuple(int(part) for part in version.split("."))
    interpreter = next((path for path in python.candidates() if _version(path) == wanted), None)
    if interpreter is None:
        pytest.skip(f"There is no Python {version} here.")
    subprocess.run([interpreter, "-m", "venv", str(tmp_path / "venv")], check=True)
    own = str(tmp_path / "venv" / "bin" / "python")
    really = bool(os.environ.get("SLOW_TESTS"))
    options = ("--quiet",) if really else ("--quiet", "--dry-run")
    result = subprocess.run(
        [own, "-m", "pip", "install", *options, "-r", "requirements.txt"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if "Failed to establish a new connection" in result.stderr:
        pytest.skip("The package index cannot be reached.")
    assert result.returncode == 0, result.stderr
    if really:
        told = subprocess.check_output([own, "-c", PROBE], cwd=ROOT, text=True)
        assert told.split() == ["1", "1"]


@SLOW
def test_the_package_measures_a_face(tmp_path: Path) -> None:
    """The package as it is deployed, on the Python of Azure, with nothing else installed."""
    wanted = tuple(int(part) for part in deploy.PYTHON.split("."))
    interpreter = next((path for path in python.candidates() if _version(path) == wanted), None)
    if interpreter is None:
        pytest.skip(f"There is no Python {deploy.PYTHON} here.")
    packages = tmp_path / ".python_packages" / "lib" / "site-packages"
    install(packages)
    deploy.prune(packages)
    for name in functions_package(tracked()):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    result = subprocess.run(
        [interpreter, "-S", "-c", PROBE],
        cwd=tmp_path,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "PYTHONPATH": f"{packages}{os.pathsep}{tmp_path}",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ["1", "1"]


def _version(interpreter: str) -> tuple[int, ...]:
    told = subprocess.run(
        [interpreter, "-c", "import sys; print(*sys.version_info[:2])"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    return tuple(int(part) for part in told.split())
