"""`dev.py check`: what can be said of the code without running the tests. All checks run."""

import os
import subprocess
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path

from local.azurite import node
from local.commands import requirements
from local.commands.audit import NotAskedError, audit
from local.errors import StackError
from local.paths import NODE, ROOT
from local.ports import ANY
from local.stack import Stack

ESLINT = NODE / "node_modules" / "eslint" / "bin" / "eslint.js"


class _Failed(Exception):
    """The text says what was found."""


def run(_: Namespace) -> int:
    checks: dict[str, Callable[[], None]] = {
        "format (ruff format)": lambda: _module("ruff", "format", "--check", "--quiet", "."),
        "lint (ruff check)": lambda: _module("ruff", "check", "--quiet", "."),
        "types (mypy)": lambda: _module("mypy", "."),
        "arrows (import-linter)": _arrows,
        "pages' scripts (eslint)": _scripts,
        "migrations (alembic check)": _migrations,
        "requirements in step": _requirements,
        "known vulnerabilities (pip-audit)": lambda: audit(ROOT / "requirements-dev.txt"),
    }
    failed = [name for name, check in checks.items() if not _passes(name, check)]
    if failed:
        print(f"\n{len(failed)} of {len(checks)} checks failed: {', '.join(failed)}")
    return 1 if failed else 0


def _passes(name: str, check: Callable[[], None]) -> bool:
    start = time.monotonic()
    try:
        check()
    except NotAskedError:
        print(
            f"-      {time.monotonic() - start:6.1f} s  {name}: the advisory database could not be "
            "asked",
            flush=True,
        )
        return True
    except (_Failed, StackError) as error:
        print(f"FAILED {time.monotonic() - start:6.1f} s  {name}\n{error}\n", flush=True)
        return False
    print(f"ok     {time.monotonic() - start:6.1f} s  {name}", flush=True)
    return True


def _module(*arguments: str, environment: dict[str, str] | None = None) -> None:
    _run([sys.executable, "-m", *arguments], environment)


def _scripts() -> None:
    """`eslint.config.mjs` says what they are held to."""
    _run([node(), ESLINT, "--max-warnings", "0", "web/static"])


def _run(command: Sequence[str | Path], environment: dict[str, str] | None = None) -> None:
    result = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | (environment or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if result.returncode:
        raise _Failed(result.stdout.strip())


def _arrows() -> None:
    """The contracts of pyproject.toml hold: who may import whom, and no circles."""
    program = str(Path(sys.executable).with_name("lint-imports"))
    _run([program, "--no-logo", "--no-cache"], environment={"PYTHONPATH": str(ROOT)})


def _migrations() -> None:
    """The models and the migrations say the same, on a database made for this."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Stack(Path(folder), ports=ANY, throw_away=True) as stack,
    ):
        stack.start_database()
        stack.migrate()
        _module("alembic", "check", environment={"DATABASE_URL": stack.database})


def _requirements() -> None:
    files = requirements.out_of_step()
    if files:
        raise _Failed(
            f"{' and '.join(files)} are not what pyproject.toml asks for: `python3 dev.py lock`."
        )
