"""Known vulnerabilities of the locked packages, by pip-audit. Part of `dev.py check`.

Asks PyPI's advisory database about each package of requirements-dev.txt, which has those of the app
too. Where that database cannot be reached (no network, or a mirror in its place, which has packages
but no advisories) nothing is known of anything: that is said, and is no failure. So that it takes
no time then, one package is asked about first.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from local.errors import StackError

PROBE_SECONDS: Final = 15  # for one package
LIMIT_SECONDS: Final = 90  # for all of them
ANSWER_SECONDS: Final = 5  # that one answer may take

WHAT_TO_DO: Final = (
    "Upgrade to a version that fixes it with `python3 dev.py lock --upgrade`; what does not "
    "concern this project goes into ACCEPTED in local/commands/audit.py."
)

ACCEPTED: Final[dict[str, str]] = {}
"""Advisories that do not concern this project, by their id, each with the reason."""


class NotAskedError(Exception):
    """The advisory database did not answer."""


def audit(requirements: Path, service: Sequence[str] = ()) -> None:
    """Raises StackError naming each vulnerable package, its version and what fixes it.

    Raises NotAskedError where the database cannot be asked. `service` are further arguments of
    pip-audit: another database than PyPI's.
    """
    with tempfile.TemporaryDirectory() as folder:
        probe = Path(folder) / "probe.txt"
        probe.write_text(_first(requirements))
        if not _known(_asked(probe, ["--no-deps", *service], PROBE_SECONDS)):
            raise NotAskedError
    ignored = [argument for name in ACCEPTED for argument in ("--ignore-vuln", name)]
    arguments = ["--require-hashes", *ignored, *service]
    known = _known(_asked(requirements, arguments, LIMIT_SECONDS))
    found = [line for item in known for line in _lines(item)]
    if found:
        raise StackError("\n".join([*sorted(found), WHAT_TO_DO]))


def _asked(requirements: Path, arguments: Sequence[str], seconds: float) -> list[dict[str, Any]]:
    """What pip-audit says of each package."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "-r", str(requirements)]
    options = ["--format", "json", "--progress-spinner", "off", "--timeout", str(ANSWER_SECONDS)]
    try:
        result = subprocess.run(
            [*command, *options, *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )
        found: list[dict[str, Any]] = json.loads(result.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError):  # it writes no JSON where it got no answer
        raise NotAskedError from None
    return found


def _known(packages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without those that the database does not know."""
    return [item for item in packages if "skip_reason" not in item]


def _lines(package: dict[str, Any]) -> list[str]:
    return [
        f"{package['name']} {package['version']}: {', '.join([item['id'], *item['aliases']])}; "
        f"fixed in {', '.join(item['fix_versions']) or 'no version yet'}"
        for item in package["vulns"]
    ]


def _first(requirements: Path) -> str:
    """The first package with its version, without hashes and markers."""
    lines = requirements.read_text().splitlines()
    line = next(line for line in lines if "==" in line and not line.startswith((" ", "#")))
    return line.partition(";")[0].rstrip(" \\") + "\n"
