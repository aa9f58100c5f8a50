"""The packaged app in Microsoft's own worker library (Python 3.13), with the settings of a
deployment: indexed, and its functions called, with Flex Consumption's and the image's environment.

What is not the deployment's: where storage and database are (Azurite and PostgreSQL of this run,
with the connection strings that those take).
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra import deploy
from local.bootstrap import python, uv
from local.paths import ROOT
from shared.platform.settings import STORAGE
from tests.infra.bicep import Deployment
from tests.infra.test_dockerfile import last_stage, of
from tests.infra.test_packaging import functions_package, tracked
from tests.stack import Services

pytestmark = pytest.mark.thorough

LIBRARY = "azure-functions-runtime==1.3.0"
GOLDEN = Path(__file__).parent / "golden" / "bindings.json"
MEGABYTE = 1024 * 1024
PLATFORM_SETS = {"FUNCTIONS_WORKER_RUNTIME": "python", "FUNCTIONS_WORKER_RUNTIME_VERSION": "3.13"}
ELSEWHERE = {  # what names a service in Azure: here it is another
    *(f"{STORAGE}__{name}" for name in ("blobServiceUri", "queueServiceUri", "credential")),
    *(f"{STORAGE}__clientId", "DATABASE_URL", "DATABASE_AUTH", "AZURE_CLIENT_ID"),
}


@dataclass(frozen=True)
class Worker:
    """The library beside a packaged app, on an interpreter of its version."""

    interpreter: str
    library: Path
    app: Path

    def run(
        self, folder: Path, environment: Mapping[str, str], *calls: dict[str, Any], flex: bool
    ) -> Any:
        plan, answer = folder / "plan.json", folder / "answer.json"
        answer.unlink(missing_ok=True)
        plan.write_text(
            json.dumps(
                {
                    "app": str(self.app),
                    "library": str(self.library),
                    "app_packages": flex,
                    "calls": calls,
                    "modules": ["azure.functions", "numpy", "azurefunctions.extensions.base"],
                }
            )
        )
        program = Path(__file__).with_name("official_worker.py")
        result = subprocess.run(
            [self.interpreter, "-S", str(program), str(plan), str(answer)],
            env={"PATH": os.environ["PATH"], "HOME": str(folder), **environment},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert answer.exists(), result.stderr[-5000:]
        return json.loads(answer.read_text())


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Worker:
    """Packed as `infra/deploy.py package` packs, and filtered as azd filters."""
    interpreter = next((path for path in python.candidates() if _is_3_13(path)), None)
    if interpreter is None:
        pytest.skip("There is no Python 3.13 here: the official worker library needs it.")
    program = uv.find()
    if program is None:
        pytest.skip("There is no uv here.")
    folder = tmp_path_factory.mktemp("official-worker")
    app, library, filled = folder / "app", folder / "library", folder / "filled"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in uv.environment().items():
            patch.setenv(name, value)
        patch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
        try:
            deploy.install(filled)
        except deploy.DeployError:
            pytest.skip("The packages cannot be installed here: the package index is away.")
        command = (str(program), "pip", "install", "--quiet", "--target", str(library))
        subprocess.run([*command, "--python-version", "3.13", LIBRARY], check=True)
    inside = Path(".python_packages") / "lib" / "site-packages"
    packages = [str(inside / path.relative_to(filled)) for path in files(filled)]
    for name in functions_package(packages):
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        (filled / Path(name).relative_to(inside)).rename(app / name)
    for name in functions_package(tracked()):
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, app / name)
    return Worker(interpreter, library, app)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _is_3_13(interpreter: str) -> bool:
    command = [interpreter, "-c", "import sys; print(*sys.version_info[:2])"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout == "3 13\n"


def settings(deployment: Deployment, services: Services, database: str) -> dict[str, str]:
    """What `main.bicep` sets; expressions are what only Azure knows."""
    given = {name: text for name, text in deployment.settings().items() if name not in ELSEWHERE}
    known = {name: "unknown" if text.startswith("[") else text for name, text in given.items()}
    known["APPLICATIONINSIGHTS_CONNECTION_STRING"] = (
        "InstrumentationKey=00000000-0000-0000-0000-000000000000;"
        "IngestionEndpoint=http://127.0.0.1:9/"
    )
    return {**PLATFORM_SETS, **known, STORAGE: services.storage, "DATABASE_URL": database}


@pytest.fixture(params=["flex", "image"])
def environment(
    request: pytest.FixtureRequest,
    worker: Worker,
    deployments: dict[str, Deployment],
    services: Services,
    database: str,
) -> tuple[dict[str, str], bool]:
    """The variables of the worker, and whether it looks for the app's packages by itself."""
    if request.param == "flex":
        return settings(deployments["functions"], services, database), True
    found = dict(pair.split("=", 1) for pair in of("ENV", last_stage())[0].split())
    image = {
        name: text.replace("/home/site/wwwroot", str(worker.app)) for name, text in found.items()
    }
    given = settings(deployments["container"], services, database)
    # `entra` is refused where nobody signs in; who may call is not what is looked at here
    return {**given, **image, "API_ACCESS": "keys", "HOME": "/tmp"}, False


def http(method: str, path: str, **more: Any) -> dict[str, Any]:
    return {"http": {"method": method, "url": f"https://app.example.net{path}", **more}}


def blob(container: str, name: str) -> dict[str, Any]:
    content = {"Connection": STORAGE, "ContainerName": container, "BlobName": name}
    return {
        "function": "on_blob_uploaded",
        "parameter": "client",
        "data": {
            "model_binding_data": {
                "version": "1.0",
                "source": "AzureStorageBlobs",
                "content_type": "application/json",
                "content": json.dumps(content),
            }
        },
    }


def test_every_function_is_indexed_as_its_golden_file_says(
    worker: Worker, environment: tuple[dict[str, str], bool], tmp_path: Path
) -> None:
    """`AVATAR_WRITE_GOLDEN=1` writes the file anew."""
    answer = worker.run(tmp_path, environment[0], flex=environment[1])
    assert answer["failure"] == ""
    assert "WorkerOpenTelemetryEnabled" not in answer["capabilities"]
    triggers = {
        name: bindings
        for name, bindings in answer["functions"].items()
        if not any(each["type"] == "httpTrigger" for each in bindings)
    }
    text = json.dumps(triggers, indent=2, sort_keys=True) + "\n"
    if os.environ.get("AVATAR_WRITE_GOLDEN"):
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()


def test_the_blob_trigger_is_what_the_extension_asks_for() -> None:
    (binding,) = json.loads(GOLDEN.read_text())["on_blob_uploaded"]
    assert binding["type"] == "blobTrigger"
    assert binding["source"] == "EventGrid"
    assert re.fullmatch(r"[^{}]+/\{name\}", binding["path"]), "a token in the container is refused"
    assert binding["connection"] == STORAGE
    assert binding["properties"]["SupportsDeferredBinding"] is True


def test_a_clip_from_upload_to_report(
    worker: Worker, environment: tuple[dict[str, str], bool], tmp_path: Path
) -> None:
    """Each trigger once, as the host would call it; the body is larger than one gRPC frame."""
    variables, flex = environment
    body = tmp_path / "body"
    picture = (ROOT / "samples" / "astronaut.jpg").read_bytes()
    body.write_bytes(picture.ljust(5 * MEGABYTE, b"\0"))  # readers of JPEG stop at its end
    upload = {
        "function": "upload",
        "parameter": "req",
        "data": http(
            "POST",
            "/api/upload?avatar=Ada&filename=ada.jpg",
            headers={"content-length": str(5 * MEGABYTE), "content-type": "image/jpeg"},
            query={"avatar": "Ada", "filename": "ada.jpg"},
            body=str(body),
        ),
    }
    first = worker.run(tmp_path, variables, upload, flex=flex)
    packages = str(worker.app / ".python_packages")
    assert first["failure"] == ""
    assert all(path.startswith(packages) for path in first["origins"].values()), first["origins"]
    (taken,) = first["calls"]
    assert taken["failure"] == ""
    assert taken["status"] == 202, taken["body"]
    job = json.loads(taken["body"])
    name = str(job["id"])
    timer = {
        "function": "reconcile",
        "parameter": "timer",
        "data": {"json": json.dumps({"IsPastDue": False, "Schedule": {}})},
    }
    queue = {"function": "on_retry", "parameter": "message", "data": {"string": name}}
    look = {
        "function": "get_job",
        "parameter": "req",
        "data": http("GET", f"/api/jobs/{name}", params={"id": name}),
    }
    page = {"function": "page_jobs", "parameter": "req", "data": http("GET", "/")}
    events = [blob(name, "ada.jpg"), blob(name, "openface.csv")]
    answer = worker.run(tmp_path, variables, *events, timer, queue, look, page, flex=flex)
    assert [call["failure"] for call in answer["calls"]] == [""] * 6
    *_, looked, shown = answer["calls"]
    found = json.loads(looked["body"])
    assert (looked["status"], found["state"], found.get("error")) == (200, "done", None), found
    assert shown["status"] == 200
    assert "Ada" in shown["body"]


def test_the_app_that_is_not_told_where_its_packages_are_does_not_start(
    worker: Worker, deployments: dict[str, Deployment], services: Services, tmp_path: Path
) -> None:
    """What the image's PYTHONPATH is for: without it there are no functions."""
    given = settings(deployments["container"], services, "")
    answer = worker.run(tmp_path, given, flex=False)
    assert "ModuleNotFoundError" in answer["failure"]
