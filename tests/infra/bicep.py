"""The Bicep CLI: templates compiled, and evaluated for given parameters, without any account.

`snapshot` gives every resource that a deployment would make, with its expressions worked out as far
as they can be without Azure; what only Azure knows stays an expression in brackets.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.paths import ROOT

INFRA = ROOT / "infra"
SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
TENANT = "00000000-0000-0000-0000-000000000002"

SECRET = "[parameters('webhooks')."  # how a template writes the value of a secure parameter

Resource = dict[str, Any]


def command() -> str:
    """The CLI's path; the test is skipped where there is none."""
    places = (
        shutil.which("bicep"),
        Path.home() / ".azure" / "bin" / "bicep",  # where `az bicep install` puts it
        ROOT.parent / "shared" / "tools" / "bicep",
    )
    for place in places:
        if place and Path(place).is_file():
            return str(place)
    pytest.skip("There is no Bicep CLI here: `az bicep install`, or one on the PATH.")


def run(
    *arguments: str | Path, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [command(), *arguments],
        env=os.environ | {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"} | (environment or {}),
        capture_output=True,
        text=True,
        check=False,
    )


def build(template: Path) -> Resource:
    result = run("build", template, "--stdout")
    assert result.returncode == 0, result.stderr
    compiled: Resource = json.loads(result.stdout)
    return compiled


def snapshot(folder: Path, variables: dict[str, str]) -> None:
    """Work out what `main.bicep` would make with these variables of the azd environment."""
    copied = shutil.copytree(INFRA, folder / "infra")  # the CLI writes beside its input
    azd = {"AZURE_ENV_NAME": "test", "AZURE_LOCATION": "westeurope"}
    result = run(
        *("snapshot", copied / "main.bicepparam", "--mode", "overwrite"),
        *("--subscription-id", SUBSCRIPTION, "--tenant-id", TENANT),
        *("--location", "westeurope"),
        environment=azd | variables,
    )
    assert result.returncode == 0, result.stderr


class Deployment:
    """What a `snapshot` in this folder found."""

    def __init__(self, folder: Path) -> None:
        found = json.loads((folder / "infra" / "main.snapshot.json").read_text())
        assert found["diagnostics"] == []
        self.resources: list[Resource] = found["predictedResources"]
        self.outputs: dict[str, Any] = found["outputs"]

    def of(self, kind: str) -> list[Resource]:
        return [item for item in self.resources if item["type"].lower() == kind.lower()]

    def one(self, kind: str, name: str = "") -> Resource:
        """The one resource of this type whose name begins so."""
        found = [item for item in self.of(kind) if item["name"].startswith(name)]
        assert len(found) == 1, [item["name"] for item in found]
        return found[0]

    def settings(self) -> dict[str, str]:
        """The app's settings, wherever it runs, but for secret ones."""
        return {
            name: value
            for name, value in self._all_settings().items()
            if not value.startswith(SECRET)
        }

    def secret_settings(self) -> set[str]:
        """Names of the settings whose values only a deployment knows."""
        return self._all_settings().keys() - self.settings().keys()

    def _all_settings(self) -> dict[str, str]:
        if self.of("Microsoft.App/containerApps"):
            container = self.one("Microsoft.App/containerApps")["properties"]["template"]
            return {
                item["name"]: item["value"] if "value" in item else SECRET + item["secretRef"]
                for item in container["containers"][0]["env"]
            }
        values: dict[str, str] = next(
            item["properties"]
            for item in self.of("Microsoft.Web/sites/config")
            if item["name"].endswith("/appsettings")
        )
        return values


def walk(value: Any) -> Iterator[tuple[str, Any]]:
    """Every key with its value, at any depth."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key, inner
            yield from walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner)
