"""`dev.py lock`: the lock files, from pyproject.toml. They hold no registry's address."""

import os
import shutil
import subprocess
import tempfile
from argparse import Namespace
from pathlib import Path

from local.bootstrap import uv
from local.errors import StackError
from local.paths import ROOT

_COMPILE = ("pip", "compile", "pyproject.toml", "--universal")
_LOCKS = {
    "requirements.txt": ("--generate-hashes", "--no-emit-index-url"),
    "requirements-dev.txt": ("--group", "dev", "--generate-hashes", "-c", "requirements.txt"),
}


def run(options: Namespace) -> int:
    for name, content in compiled(upgrade=options.upgrade).items():
        changed = content != (ROOT / name).read_bytes()
        if changed:
            (ROOT / name).write_bytes(content)
        print(f"{name}: {'written' if changed else 'in step'}")
    return 0


def out_of_step() -> list[str]:
    """The lock files that `dev.py lock` would change without an upgrade."""
    return [name for name, text in compiled().items() if text != (ROOT / name).read_bytes()]


def compiled(*, upgrade: bool = False) -> dict[str, bytes]:
    """What the lock files should hold; pins that still fit stay as they are."""
    program = uv.find()
    if program is None:
        raise StackError("uv is missing. `python3 dev.py clean --all` and start again.")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in ("pyproject.toml", *_LOCKS):
            shutil.copy(ROOT / file, folder)
        for file, options in _LOCKS.items():
            _compile(program, folder, [*options, "-o", file, *(["--upgrade"] if upgrade else [])])
        return {file: (folder / file).read_bytes() for file in _LOCKS}


def _compile(program: Path, folder: Path, options: list[str]) -> None:
    result = subprocess.run(
        [program, *_COMPILE, *options],
        cwd=folder,
        env=os.environ | uv.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise StackError(f"uv could not resolve the requirements:\n{result.stderr.strip()}")
