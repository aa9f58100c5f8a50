"""The service as its users meet it: over HTTP, on a running stack."""

import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psycopg2
from azure.storage.blob import BlobServiceClient

from local.stack import Stack
from tests.leaks import FUNCTION_KEY

LIMIT = 240.0  # [s] that any job of these tests may take
ENDED = ("done", "failed")

IMPATIENT = {  # settings of a stack in which things break
    "LEASE_SECONDS": "10",
    "RECONCILE_AFTER_SECONDS": "1",
    "OUTAGE_PATIENCE_SECONDS": "240",
    "LOCAL_HOST_MESSAGE_LEASE": "12",  # [s] until the built-in host's queue gives a message again
}

Json = dict[str, Any]
T = TypeVar("T")


class Service:
    """A client of one stack, with a look into its storage and database."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        key = {"x-functions-key": FUNCTION_KEY}  # asked for in Azure only, and never to be logged
        self.http = httpx.Client(base_url=stack.http, timeout=LIMIT, trust_env=False, headers=key)
        self.blobs = BlobServiceClient.from_connection_string(stack.storage)

    def close(self) -> None:
        self.http.close()
        self.blobs.close()

    def post(self, path: Path, /, *, filename: str | None = None, **fields: Any) -> httpx.Response:
        """POST a file as a form, as curl and browsers do."""
        with path.open("rb") as file:
            return self.http.post(
                "/api/upload",
                files={"file": (filename or path.name, file, "application/octet-stream")},
                data={"avatar": "Ada"} | fields,
            )

    def submit(self, path: Path, /, **fields: Any) -> str:
        """POST a good file; the job's id."""
        response = self.post(path, **fields)
        assert response.status_code == 202, response.text
        return str(response.json()["id"])

    def job(self, job_id: str) -> Json:
        response = self.http.get(f"/api/jobs/{job_id}")
        response.raise_for_status()
        found: Json = response.json()
        return found

    def wait(self, job_id: str, state: tuple[str, ...] = ENDED, limit: float = LIMIT) -> Json:
        """The job once it is in one of these states; asks on while the service is away."""
        deadline = time.monotonic() + limit
        seen: Any = None
        while time.monotonic() < deadline:
            try:
                seen = self.job(job_id)
            except httpx.HTTPError as error:
                seen = error
            else:
                if seen["state"] in state:
                    return dict(seen)
            time.sleep(0.1)
        raise AssertionError(f"not {state} after {limit} s, but {seen}\n{self.log()[-4000:]}")

    def wait_for(self, look: Callable[[], T | None], what: str, pause: float = 0.1) -> T:
        """The first true result of `look`; `pause` [s] lies between two looks."""
        deadline = time.monotonic() + LIMIT
        while not (found := look()):
            if time.monotonic() > deadline:
                raise AssertionError(f"no {what} after {LIMIT} s\n{self.log()[-4000:]}")
            time.sleep(pause)
        return found

    def measure(self, path: Path, **fields: Any) -> Json:
        """POST a file and wait for the end of its job."""
        return self.wait(self.submit(path, **fields))

    def begin(self, path: Path) -> str:
        """POST a clip and wait until some of its frames have been measured; the job's id."""
        job_id = self.submit(path)
        self.wait_for(lambda: (self.job(job_id)["progress"] or {}).get("frames_done"), "progress")
        return job_id

    def faces(self, job: Json) -> list[Json]:
        found = self.http.get(job["links"]["action_units"]).json()["faces"]
        assert isinstance(found, list)
        return found

    def sql(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        connection = psycopg2.connect(self.stack.database)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(query, values)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()

    def containers(self) -> set[str]:
        """Of jobs, not the host's."""
        names = {container.name for container in self.blobs.list_containers()}
        return {name for name in names if not name.startswith("azure-webjobs")}

    def rows(self) -> int:
        """Jobs, whatever their state."""
        return int(self.sql("SELECT count(*) FROM job")[0][0])

    def announce(self, container: str, blob: str) -> None:
        """Deliver an upload's event, as Event Grid does."""
        event = {
            "id": str(uuid.uuid4()),
            "topic": "/test",
            "subject": f"/blobServices/default/containers/{container}/blobs/{blob}",
            "eventType": "Microsoft.Storage.BlobCreated",
            "eventTime": "2026-01-01T00:00:00Z",
            "dataVersion": "",
            "metadataVersion": "1",
            "data": {
                "api": "PutBlob",
                "blobType": "BlockBlob",
                "eTag": "0x1",
                "url": f"http://127.0.0.1/devstoreaccount1/{container}/{blob}",
            },
        }
        response = self.http.post(
            "/runtime/webhooks/blobs?functionName=Host.Functions.on_blob_uploaded",
            json=[event],
            headers={"aeg-event-type": "Notification"},
        )
        assert response.status_code in (200, 202), response.text

    def run_timer(self, function: str) -> None:
        """Run a timer's function now."""
        assert self.http.post(f"/admin/functions/{function}", json={}).status_code == 202

    def log(self) -> str:
        return (self.stack.logs / "host.log").read_text(errors="replace")

    def check_rows(self, job: Json) -> None:
        """One report, every frame once, one container."""
        report = job["report"]
        assert self.sql("SELECT count(*) FROM action_unit_report WHERE id = %s", report) == [(1,)]
        frames, distinct = self.sql(
            "SELECT count(*), count(DISTINCT (face, frame)) FROM frame_measurement "
            "WHERE report_id = %s",
            report,
        )[0]
        assert frames == distinct > 0
        (url,) = self.sql("SELECT url FROM action_unit_report WHERE id = %s", report)[0]
        reports = self.sql("SELECT count(*) FROM action_unit_report WHERE url = %s", url)
        assert reports == [(1,)]
