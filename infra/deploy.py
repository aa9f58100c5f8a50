"""The steps of a deployment that azd leaves to us; azure.yaml calls them as its hooks.

All of them may be repeated:

check      HOSTING and the service that azd deploys belong together
package    the app's packages into .python_packages, for the Python and the Linux that Azure runs
migrate    the database: schema, the app's role and its rights; from this machine, as who deploys
subscribe  blob events to the app's webhook, with the key that the host made when it was loaded

They read azd's environment, which azd gives to its hooks (`eval $(azd env get-values)` elsewhere).
Standard library only. What they call: uv; for `subscribe`, the Azure CLI, signed in.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import quote

ROOT: Final = Path(__file__).resolve().parents[1]
PACKAGES: Final = ROOT / ".python_packages" / "lib" / "site-packages"
ENVIRONMENT: Final = ROOT / ".local" / "deploy"  # virtual environment of `migrate`
PYTHON: Final = "3.13"  # infra/modules/flex-consumption.bicep and the Dockerfile say the same
PLATFORM: Final = "x86_64-manylinux_2_28"
INSTALL: Final = ("--require-hashes", "--only-binary", ":all:")
CONDITIONS: Final = {"DEPLOY_FUNCTIONS": "true", "DEPLOY_CONTAINER": "false"}
"""The variables of azure.yaml's conditions, and what they are where they are not set."""

SERVICES: Final = {
    "flexConsumption": {"DEPLOY_FUNCTIONS": "true", "DEPLOY_CONTAINER": "false"},
    "containerApps": {"DEPLOY_FUNCTIONS": "false", "DEPLOY_CONTAINER": "true"},
}
UNUSED: Final = (
    *("bin", "**/tests", "**/*.pyi", "cv2/data"),
    # of LiteRT, all but the interpreter: other processors, and the tools to make models
    *("ai_edge_litert/libLiteRt*.so", "ai_edge_litert/tools", "ai_edge_litert/vendors"),
    # of others: a second copy of a library, a module for tests, the drawing of text
    *("lib64", "numpy/_core/_simd.*", "PIL/_imagingft.*"),
    *("pillow.libs/libfreetype*", "pillow.libs/libharfbuzz*"),
)
"""What the app never loads, a tenth of the packages."""

KEY_TRIES: Final = 30  # the host makes the key when it first loads the app
SUBSCRIBE_TRIES: Final = 6  # Event Grid asks the webhook, which may still be starting
PAUSE_SECONDS: Final = 10.0


T = TypeVar("T")


class DeployError(Exception):
    """The text says what to do."""


def check(azd: Mapping[str, str]) -> None:
    """Refuse an environment in which azd would deploy another service than is provisioned.

    azure.yaml's conditions cannot compare, so HOSTING and they are variables of their own.
    """
    hosting = azd.get("HOSTING", "") or "flexConsumption"
    wanted = SERVICES.get(hosting)
    if wanted is None:
        raise DeployError(f"HOSTING is {hosting}; it can be {' or '.join(SERVICES)}.")
    if any((azd.get(name, "") or CONDITIONS[name]) != value for name, value in wanted.items()):
        commands = "\n".join(f"  azd env set {name} {value}" for name, value in wanted.items())
        raise DeployError(f"With HOSTING={hosting} say also what is deployed:\n{commands}")


def package(_: Mapping[str, str]) -> None:
    """Fill .python_packages anew. Nothing of another platform, nothing left from before."""
    shutil.rmtree(PACKAGES.parents[1], ignore_errors=True)
    install(PACKAGES)
    size = sum(file.stat().st_size for file in PACKAGES.rglob("*") if file.is_file())
    print(f"{PACKAGES.relative_to(ROOT)}: {size / 1e6:.0f} MB")


def install(packages: Path) -> None:
    """The locked packages for Azure, without what the app never loads."""
    target = ("--target", str(packages), "--python-version", PYTHON, "--python-platform", PLATFORM)
    _run("uv", "pip", "install", *INSTALL, *target, "-r", "requirements.txt")
    prune(packages)


def prune(packages: Path) -> None:
    """Remove what the app never loads."""
    for pattern in UNUSED:
        for found in list(packages.glob(pattern)):
            if found.is_dir():
                shutil.rmtree(found)
            else:
                found.unlink()


def migrate(azd: Mapping[str, str]) -> None:
    """Bring the schema to this version, and give the app's identity a role and its rights."""
    host, name = _need(azd, "DATABASE_HOST"), _need(azd, "DATABASE_NAME")
    administrator = quote(_need(azd, "DATABASE_ADMIN_NAME"), safe="")
    settings = {
        "DATABASE_URL": f"postgresql://{administrator}@{host}:5432/{name}",
        "DATABASE_AUTH": "entra",
    }
    _run("uv", "venv", "--quiet", "--allow-existing", "--python", PYTHON, str(ENVIRONMENT))
    python = str(ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    _run("uv", "pip", "install", "--python", python, *INSTALL, "-r", "requirements.txt")
    role = _need(azd, "APP_IDENTITY_NAME"), _need(azd, "APP_IDENTITY_PRINCIPAL_ID")
    _run(python, "-m", "migrations.rollout", *role, environment=settings)


def subscribe(azd: Mapping[str, str], pause: float = PAUSE_SECONDS) -> None:
    """Make the event subscription, or bring it up to date."""
    group = _need(azd, "AZURE_RESOURCE_GROUP")
    key = _tried(lambda: _webhook_key(azd, group), KEY_TRIES, pause)
    if not key:
        raise DeployError(
            f"{_need(azd, 'APP_NAME')} has no system key blobs_extension: the host has not loaded "
            "on_blob_uploaded. Look at the app's log, then run `azd hooks run postdeploy`."
        )
    values = {
        "topicName": _need(azd, "EVENT_TOPIC_NAME"),
        "hostname": _need(azd, "APP_HOSTNAME"),
        "webhookKey": key,
        "deadLetterStorageResourceId": _need(azd, "HOST_STORAGE_ID"),
        "deadLetterContainerName": _need(azd, "DEAD_LETTER_CONTAINER"),
    }
    with tempfile.TemporaryDirectory() as folder:  # never an argument: other users see those
        file = Path(folder) / "parameters.json"
        file.touch(mode=0o600)
        file.write_text(
            json.dumps(
                {
                    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#",
                    "contentVersion": "1.0.0.0",
                    "parameters": {name: {"value": value} for name, value in values.items()},
                }
            )
        )
        template = str(ROOT / "infra" / "event-subscription.bicep")
        command = ("deployment", "group", "create", "--resource-group", group, "--only-show-errors")
        files = ("--template-file", template, "--parameters", f"@{file}", "--output", "none")
        name = ("--name", "event-subscription")
        if not _tried(lambda: _az(*command, *name, *files) is not None, SUBSCRIBE_TRIES, pause):
            raise DeployError(
                "The event subscription could not be made; the Azure CLI said why above. "
                "Run `azd hooks run postdeploy` to try again."
            )


def _webhook_key(azd: Mapping[str, str], group: str) -> str | None:
    app = ("--name", _need(azd, "APP_NAME"), "--resource-group", group, "--output", "tsv")
    if _need(azd, "APP_HOSTING") == "containerApps":
        kind = ("--key-type", "systemKey", "--key-name", "blobs_extension", "--query", "value")
        return _az("containerapp", "function", "keys", "show", *app, *kind)
    return _az("functionapp", "keys", "list", *app, "--query", "systemKeys.blobs_extension")


def _tried(action: Callable[[], T], tries: int, pause: float) -> T:
    """The action's first result that is something, or its last one."""
    for _ in range(tries - 1):
        if result := action():
            return result
        time.sleep(pause)
    return action()


def _az(*arguments: str) -> str | None:
    """What the Azure CLI prints; None where it fails (it says why on standard error)."""
    result = subprocess.run(
        [_program("az"), *arguments], stdout=subprocess.PIPE, text=True, check=False
    )
    return None if result.returncode else result.stdout.strip()


def _run(*command: str, environment: Mapping[str, str] | None = None) -> None:
    result = subprocess.run(
        [_program(command[0]), *command[1:]],
        cwd=ROOT,
        env=os.environ | dict(environment or {}),
        check=False,
    )
    if result.returncode:
        raise DeployError(f"`{' '.join(command[:3])} ...` failed; it said why above.")


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise DeployError(f"{name} is not installed. docs/deployment.md lists what is needed.")
    return found


def _need(azd: Mapping[str, str], name: str) -> str:
    value = azd.get(name, "")
    if not value:
        raise DeployError(f"{name} is not set: `azd provision` comes first.")
    return value


def main(arguments: Sequence[str]) -> None:
    steps = {"check": check, "package": package, "migrate": migrate, "subscribe": subscribe}
    parser = argparse.ArgumentParser(prog="infra/deploy.py", description=__doc__)
    parser.add_argument("step", choices=steps)
    try:
        steps[parser.parse_args(arguments).step](os.environ)
    except DeployError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
