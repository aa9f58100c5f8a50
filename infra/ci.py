"""The jobs of continuous integration that need what a developer's machine may not have.

core-tools  the app in Azure Functions Core Tools (`func start`), one clip end to end
image       the image built, run with Container Apps' limits and a small disk, one clip end to end
package     the package for Azure as azd makes it, and what is in it

Each says what is missing and exits with 1 where it cannot run; nothing is left running. The rest of
continuous integration is `dev.py check` and `dev.py test --all`. Standard library only.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
SAMPLE: Final = ROOT / "samples" / "astronaut.jpg"
IMAGE: Final = "avatar-validation:ci"
PORT: Final = 7071
KEY: Final = "only-for-this-run"  # of the host in the container, which asks for one
START_SECONDS: Final = 180.0  # the first start of a host fetches its extensions
JOB_SECONDS: Final = 600.0
LIMITS: Final = ("--cpus", "2", "--memory", "4g", "--tmpfs", "/tmp:size=800m,exec")  # noqa: S108
MAX_PACKAGE_MB: Final = 500

Json = dict[str, Any]


class MissingError(Exception):
    """The job cannot run here; the text says what is missing."""


def core_tools() -> None:
    """`dev.py demo` starts storage, database, relay and `func`, and exits with 1 if a job fails."""
    need("func", "Install Azure Functions Core Tools 4.")
    run(sys.executable, "dev.py", "demo", "--host", "func", str(SAMPLE))


def image() -> None:
    """The container takes the place of the host on the machine's own network.

    No event reaches it: the relay has no key. The reconcile timer does what events would have, a
    minute or two later, which is the way of lost events in production too.
    """
    need("docker", "Install Docker.")
    run("docker", "build", "--tag", IMAGE, ".")
    with services() as running, tempfile.TemporaryDirectory() as folder, container(running, folder):
        wait(lambda: ask("GET", "/api/health/live") is not None, START_SECONDS, "The host")
        job = ask("POST", "/api/upload?avatar=ci&filename=sample.jpg", SAMPLE.read_bytes())
        if job is None:
            raise MissingError("The upload was not taken.")
        address = f"/api/jobs/{job['id']}"
        wait(lambda: (ask("GET", address) or {}).get("state") == "done", JOB_SECONDS, "The job")


def package() -> None:
    """What azd would upload: the app, its packages, and nothing else."""
    need("azd", "Install the Azure Developer CLI.")
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "functions.zip"
        run("azd", "package", "functions", "--output-path", str(archive), "--no-prompt")
        found = archive if archive.exists() else next(Path(folder).rglob("*.zip"))
        with zipfile.ZipFile(found) as zipped:
            names = {name.split("/")[0] for name in zipped.namelist()}
            size = sum(item.file_size for item in zipped.infolist()) / 1e6
    listed = (ROOT / ".funcignore").read_text().splitlines()
    allowed = {line.strip("!/") for line in listed if line.startswith("!")}
    print(f"{size:.0f} MB: {', '.join(sorted(names))}")
    if names != allowed or size > MAX_PACKAGE_MB:
        raise MissingError(
            f"It should hold {', '.join(sorted(allowed))}, below {MAX_PACKAGE_MB} MB."
        )


@contextlib.contextmanager
def services() -> Iterator[Json]:
    """Storage and database of `dev.py services`, and what it says of them."""
    file = ROOT / ".local" / "run.json"
    process = subprocess.Popen([sys.executable, "dev.py", "services"], cwd=ROOT)
    try:
        wait(file.exists, START_SECONDS, "dev.py services")
        running: Json = json.loads(file.read_text())
        yield running
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


@contextlib.contextmanager
def container(running: Json, folder: str) -> Iterator[None]:
    """The image on the machine's network, so that it reaches the services where they are."""
    secret = {"name": "default", "value": KEY, "encrypted": False}
    keys = {"masterKey": {**secret, "name": "master"}, "functionKeys": [secret], "systemKeys": []}
    (Path(folder) / "host.json").write_text(json.dumps(keys))
    Path(folder).chmod(0o777)  # the app's user in the container is another
    settings = {
        "AzureWebJobsStorage": running["storage"],
        "AzureWebJobsSecretStorageType": "files",
        "AZURE_STORAGE_CONNECTION_STRING": running["storage"],
        "DATABASE_URL": running["database"],
        "ASPNETCORE_URLS": f"http://+:{PORT}",
        "ENGINE_MEMORY_MB": "640",
        "MAX_MEDIA_MB": "256",
        "RECONCILE_AFTER_SECONDS": "1",
    }
    given = [part for name, value in settings.items() for part in ("--env", f"{name}={value}")]
    secrets = ("--volume", f"{folder}:/azure-functions-host/Secrets")
    started = ("docker", "run", "--detach", "--network", "host", *LIMITS, *secrets, *given, IMAGE)
    name = subprocess.check_output(started, text=True).strip()
    try:
        yield
    finally:
        subprocess.run(["docker", "logs", "--tail", "100", name], check=False)
        subprocess.run(["docker", "rm", "--force", name], check=False, stdout=subprocess.DEVNULL)


def ask(method: str, path: str, body: bytes | None = None) -> Json | None:
    """The answer; None where there is none, or one that tells of an error."""
    headers = {"x-functions-key": KEY, "Content-Type": "application/octet-stream"}
    request = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310  # it is ours
            found: Json = json.load(answer)
    except (OSError, urllib.error.HTTPError, ValueError):
        return None
    return found


def wait(condition: Callable[[], bool], seconds: float, what: str) -> None:
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise MissingError(f"{what} was not ready after {seconds:.0f} s.")
        time.sleep(2)


def need(program: str, otherwise: str) -> None:
    if shutil.which(program) is None:
        raise MissingError(f"There is no {program} here. {otherwise}")


def run(*command: str) -> None:
    result = subprocess.run(command, cwd=ROOT, env=os.environ, check=False)
    if result.returncode:
        raise MissingError(f"`{' '.join(command[:3])} ...` failed; it said why above.")


JOBS: Final = {"core-tools": core_tools, "image": image, "package": package}


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="infra/ci.py", description=__doc__)
    parser.add_argument("job", choices=JOBS)
    try:
        JOBS[parser.parse_args(arguments).job]()
    except MissingError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
