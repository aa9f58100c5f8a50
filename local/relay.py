"""The event relay: tells the Functions host of every finished upload, as Event Grid does in Azure.

    python -m local.relay --log AZURITE_LOG --state FILE --webhook URL

Storage is named by `AZURE_STORAGE_CONNECTION_STRING`. Events go out in the order of the log, at
least once: a position is committed after its event was taken, so a relay that was killed sends
its last event again. While the host is down the relay waits; an event that the host refuses for
good, or answers with errors `MAX_TRIES` times, is dropped with a line in the log, as Event Grid
does without a dead-letter container.

The access log has neither length nor ETag: both are asked from the storage. A blob that is gone
by then is announced without them.
"""

import argparse
import os
import signal
import sys
import threading
import time
import uuid
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import httpx
from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.blob import BlobProperties, BlobServiceClient

from local.access_log import LogFollower, Upload, parse_upload

FUNCTION = "Host.Functions.on_blob_uploaded"
POLL = 0.025  # [s] between two looks at the log
MAX_TRIES = 30  # as Event Grid's default retry policy
MAX_PAUSE = 5.0  # [s] between two tries
_REFUSED_FOR_GOOD = {400, 401, 403, 413}
_TOPIC = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local"
    "/providers/Microsoft.Storage/storageAccounts/{account}"
)


def webhook_url(base: str, function: str = FUNCTION) -> str:
    """Where the blob extension of a host takes events."""
    return f"{base}/runtime/webhooks/blobs?functionName={function}"


def blob_created(
    upload: Upload, properties: BlobProperties | None, account: str, endpoint: str
) -> dict[str, Any]:
    """The event in Event Grid's schema. The same upload gives the same id when sent again."""
    url = f"{endpoint.rstrip('/')}/{upload.container}/{quote(upload.blob, safe='/')}"
    data: dict[str, Any] = {
        "api": "PutBlob",
        "clientRequestId": str(uuid.uuid4()),
        "requestId": str(uuid.uuid4()),
        "blobType": "BlockBlob",
        "url": url,
        "sequencer": f"{time.time_ns():032x}",
        "storageDiagnostics": {"batchId": str(uuid.uuid4())},
    }
    if properties is not None:
        data["eTag"] = str(properties.etag).strip('"')
        data["contentType"] = properties.content_settings.content_type
        data["contentLength"] = properties.size
        data["blobType"] = str(getattr(properties.blob_type, "value", properties.blob_type))
    identity = f"{url} {data.get('eTag', '')} {upload.time.isoformat()}"
    return {
        "topic": _TOPIC.format(account=account),
        "subject": f"/blobServices/default/containers/{upload.container}/blobs/{upload.blob}",
        "eventType": "Microsoft.Storage.BlobCreated",
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, identity)),
        "data": data,
        "dataVersion": "",
        "metadataVersion": "1",
        "eventTime": upload.time.isoformat().replace("+00:00", "Z"),
    }


class Relay:
    """Follows one log and delivers to one webhook until `stop` is set."""

    def __init__(
        self,
        follower: LogFollower,
        storage: BlobServiceClient,
        webhook: str,
        stop: threading.Event,
    ) -> None:
        self._follower = follower
        self._storage = storage
        self._webhook = webhook
        self._stop = stop
        # trust_env: a proxy of the user's network must not be asked for this machine
        self._client = httpx.Client(timeout=30, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()
        self._follower.close()

    def run(self) -> None:
        while not self._stop.is_set():
            self.forward()
            self._stop.wait(POLL)

    def forward(self) -> None:
        """Deliver what the log has by now."""
        for line in self._follower.lines():
            upload = parse_upload(line)
            if upload is not None and not self._deliver(upload):
                return  # stopped meanwhile: not committed, so sent at the next start
            self._follower.commit()

    def _deliver(self, upload: Upload) -> bool:
        """True when the event was taken or given up; False when the relay is to stop."""
        refusals = 0
        pause = 0.1
        name = f"{upload.container}/{upload.blob}"
        while not self._stop.is_set():
            outcome = self._try(upload)
            if outcome == "delivered":
                _say(f"{name}: delivered")
                return True
            if outcome == "dropped":
                _say(f"{name}: dropped, it is not for this host")
                return True
            if outcome != "waiting":
                refusals += 1
                if refusals == MAX_TRIES:
                    _say(f"{name}: given up after {refusals} tries; the last answer: {outcome}")
                    return True
                _say(f"{name}: the host answered {outcome}; next try in {pause:.1f} s")
            self._stop.wait(pause)
            pause = min(pause * 2, MAX_PAUSE)
        return False

    def _try(self, upload: Upload) -> str:
        try:
            properties = self._properties(upload)
        except AzureError:
            return "waiting"  # the storage is down
        if properties is not None and properties.blob_type == "AppendBlob":
            return "dropped"  # Event Grid has no BlobCreated for these
        event = blob_created(
            upload, properties, str(self._storage.account_name), str(self._storage.url)
        )
        try:
            response = self._client.post(
                self._webhook, json=[event], headers={"aeg-event-type": "Notification"}
            )
        except httpx.TransportError:
            return "waiting"  # the host is down
        if response.is_success:
            return "delivered"
        if response.status_code in _REFUSED_FOR_GOOD:
            _say(f"refused: {response.status_code} {response.text[:200]}")
            return "dropped"
        return str(response.status_code)

    def _properties(self, upload: Upload) -> BlobProperties | None:
        blob = self._storage.get_blob_client(upload.container, upload.blob)
        try:
            return blob.get_blob_properties()
        except ResourceNotFoundError:
            return None


def _say(text: str) -> None:
    print(time.strftime("%H:%M:%S"), text, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local.relay")
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--webhook", required=True)
    options = parser.parse_args()
    storage = BlobServiceClient.from_connection_string(
        os.environ["AZURE_STORAGE_CONNECTION_STRING"],
        retry_total=0,  # this loop is the retry
        connection_timeout=2,
    )
    _say(f"to {options.webhook}")
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    follower = LogFollower(options.log, options.state)
    with Relay(follower, storage, options.webhook, stop) as relay:
        relay.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
