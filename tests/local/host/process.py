"""Starts the host as a process of its own, and looks at it from outside."""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from azure.storage.blob import BlobServiceClient, ContainerClient
from azure.storage.queue import QueueClient, TextBase64DecodePolicy, TextBase64EncodePolicy

from local.paths import ROOT
from local.ports import ANY

SAMPLE_APP = Path(__file__).parent / "sample_app"
PATIENCE = 90.0  # [s] until what must happen has happened

Facts = dict[str, Any]
T = TypeVar("T")


def wait_for(look: Callable[[], T | None], what: str, patience: float = PATIENCE) -> T:
    """The first true result of `look`."""
    deadline = time.monotonic() + patience
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {patience} s: {what}"
        time.sleep(0.02)
    return found


class HostProcess:
    """A host with queues of its own in the storage account; the sample app writes to `record`."""

    def __init__(self, folder: Path, storage: str, settings: Mapping[str, str]) -> None:
        self.id = uuid.uuid4().hex
        self.storage = storage
        self.work_queue = f"work-{self.id}"
        self.url = f"http://127.0.0.1:{ANY.available().http}"
        self.log = folder / f"{self.id}.log"
        self.record = folder / f"{self.id}.jsonl"
        self.record.touch()
        self._environment = dict(os.environ) | {
            "AzureWebJobsStorage": storage,
            "DATA": storage,
            "AzureFunctionsWebHost__hostid": self.id,
            "WORK_QUEUE": self.work_queue,
            "EVERY": "0 0 0 1 1 *",
            "RECORD": str(self.record),
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self.client = httpx.Client(base_url=self.url, timeout=PATIENCE, trust_env=False)

    def start(self, *arguments: str, app: Path = SAMPLE_APP) -> None:
        """Start it and wait until it answers."""
        port = self.url.rpartition(":")[2]
        command = [sys.executable, "-m", "local.host", "--app", str(app), "--port", port]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *arguments], cwd=ROOT, env=self._environment, stdout=log, stderr=log
            )
        wait_for(self._answers, "the host answers")

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text()
        try:
            return bool(self.client.get("/admin/host/status").json()["state"] == "Running")
        except httpx.TransportError:
            return False

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait; the exit code."""
        if self._process is None:
            return 0
        self._process.send_signal(number)
        code = self._process.wait(PATIENCE)
        self._process = None
        return code

    def close(self) -> None:
        """Leave nothing behind."""
        self.client.close()
        self.stop(signal.SIGKILL)

    def let_go(self) -> None:
        """Functions that `hold` end from now on."""
        self.record.with_suffix(".go").touch()

    def calls(self, function: str, **facts: object) -> list[Facts]:
        """What the app recorded of a function, where it agrees with `facts`."""
        lines = [json.loads(line) for line in self.record.read_text().splitlines()]
        wanted = {"function": function, **facts}.items()
        return [line for line in lines if wanted <= line.items()]

    def queue(self, name: str) -> QueueClient:
        """A queue as the app's own code would open it."""
        return QueueClient.from_connection_string(
            self.storage,
            name,
            message_encode_policy=TextBase64EncodePolicy(),
            message_decode_policy=TextBase64DecodePolicy(),
        )

    def container(self) -> ContainerClient:
        """A new container with a name of its own."""
        service = BlobServiceClient.from_connection_string(self.storage)
        return service.create_container(uuid.uuid4().hex)

    def notify(self, function: str, container: str, blob: str) -> httpx.Response:
        """Tell the host of a blob as Event Grid does."""
        endpoint = dict(part.split("=", 1) for part in self.storage.rstrip(";").split(";"))
        data = {
            "api": "PutBlob",
            "eTag": "0x8D4BCC2E4835CD0",
            "blobType": "BlockBlob",
            "url": f"{endpoint['BlobEndpoint']}/{container}/{quote(blob)}",
        }
        event = {"id": "1", "eventType": "Microsoft.Storage.BlobCreated", "data": data}
        return self.client.post(
            "/runtime/webhooks/blobs",
            params={"functionName": f"Host.Functions.{function}"},
            headers={"aeg-event-type": "Notification"},
            json=[event],
        )
