"""What leaves this machine: the package for Azure Functions and the context of the image.

A checkout full of things that must stay is laid out, and the ignore files are applied to it.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pathspec
import pytest

from local.paths import ROOT

STAYS = [
    # secrets and a developer's own settings
    "local.settings.json",
    "local.settings.json.example",
    ".env",
    ".azure/prod/.env",
    "shared/.env",
    "id_rsa.pem",
    # data, tools and caches
    ".local/data/postgres/PG_VERSION",
    ".local/venv/bin/python",
    ".git/config",
    "node_modules/azurite/package.json",
    ".hypothesis/examples/x",
    "shared/__pycache__/app.cpython-312.pyc",
    # not part of the app
    "tests/conftest.py",
    "benchmarks/pipeline.py",
    "local/stack.py",
    "client/pyproject.toml",
    "dev.py",
    "docs/security.md",
    "infra/main.bicep",
    "media/face.mp4",
    "requirements-dev.txt",
]
GOES = ["function_app.py", "host.json", "shared/app.py", "migrations/env.py", "alembic.ini"]
DOCKER_TOO = ["requirements.txt"]
FUNCTIONS_TOO = [".python_packages/lib/site-packages/numpy/__init__.py"]


def _lines(name: str) -> list[str]:
    lines = (ROOT / name).read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def functions_package(paths: list[str]) -> list[str]:
    """`.funcignore` has the syntax of .gitignore."""
    ignored = pathspec.GitIgnoreSpec.from_lines(_lines(".funcignore"))
    return [path for path in paths if not ignored.match_file(path)]


def docker_context(paths: list[str]) -> list[str]:
    """`.dockerignore`: the last pattern that fits a path or a folder above it decides."""
    kept = []
    for path in paths:
        parts = path.split("/")
        above = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
        ignored = False
        for line in _lines(".dockerignore"):
            pattern = line.removeprefix("!")
            names = parts if pattern.startswith("**/") else above
            if any(fnmatch(name, pattern.removeprefix("**/")) for name in names):
                ignored = not line.startswith("!")
        if not ignored:
            kept.append(path)
    return kept


def test_the_package_holds_the_app_and_nothing_else() -> None:
    goes = GOES + FUNCTIONS_TOO
    assert functions_package(STAYS + goes + DOCKER_TOO) == goes


def test_the_image_is_built_from_the_app_and_nothing_else() -> None:
    goes = GOES + DOCKER_TOO
    assert docker_context(STAYS + goes + FUNCTIONS_TOO) == goes


def test_both_lists_name_the_same_folders() -> None:
    ours = {line.strip("!/") for line in _lines(".funcignore") if line.startswith("!")}
    image = {line.removeprefix("!") for line in _lines(".dockerignore") if line.startswith("!")}
    assert ours - {".python_packages"} == image - {"requirements.txt"}
    assert all((ROOT / name).exists() for name in image)


def tracked() -> list[str]:
    """The project's files, also those that are not committed yet."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return [name for name in listed if (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app's own files, as they are deployed; the packages come from this environment."""
    folder = tmp_path_factory.mktemp("package")
    for name in functions_package(tracked()):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


def test_the_package_is_whole(packed: Path) -> None:
    """All functions load from the package alone, and so does what they import."""
    probe = """
import json, sys
import function_app
from shared.database import schema
from shared.pipeline import events, reconciliation
from shared.reports import reports
from shared.engines import registry, worker
from shared.pages import uploading, templates
names = [f.get_function_name() for f in function_app.app.get_functions()]
files = [m.__file__ for m in list(sys.modules.values()) if getattr(m, "__file__", None)]
print(json.dumps({"names": names, "files": files, "sample": uploading.SAMPLE.is_file(),
                  "revision": schema.REVISION}))
"""
    result = subprocess.run(
        [sys.executable, "-c", probe],
        cwd=packed,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(packed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    seen = json.loads(result.stdout)
    assert {"on_blob_uploaded", "on_poisoned_blob", "upload", "health"} <= set(seen["names"])
    environment = str(Path(sys.prefix))
    strays = [
        name
        for name in seen["files"]
        if name.startswith(str(ROOT)) and not name.startswith((str(packed), environment))
    ]
    assert strays == []
    assert seen["sample"]
    assert seen["revision"] > "0000"


def test_folders_that_are_read_at_run_time_are_packed(packed: Path) -> None:
    """They are found from the app's own folder, `ROOT / "web"`, and from nowhere else."""
    pattern = re.compile(r"\bROOT((?: / \"[^\"]+\")+)")
    found = 0
    for module in (packed / "shared").rglob("*.py"):
        text = module.read_text()
        assert "Path(__file__)" not in text or module.name == "paths.py", module
        for parts in pattern.findall(text):
            target = packed.joinpath(*re.findall(r'"([^"]+)"', parts))
            assert target.exists(), f"{module.name} reads {target.name}"
            found += 1
    assert found >= 5


def test_the_package_holds_no_media_but_the_sample(packed: Path) -> None:
    suffixes = {".jpg", ".jpeg", ".png", ".mp4", ".mov", ".webm", ".mkv"}
    found = [path for path in packed.rglob("*") if path.suffix.lower() in suffixes]
    assert [path.name for path in found] == ["astronaut.jpg"]
