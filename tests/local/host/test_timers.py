"""Timers: by schedule, at the start, and after a run was missed."""

import json
from datetime import UTC, datetime, timedelta

from azure.storage.blob import BlobServiceClient

from tests.local.host.conftest import NewHost
from tests.local.host.process import HostProcess, wait_for


def test_a_timer_runs_by_its_schedule(new_host: NewHost) -> None:
    host = new_host(EVERY="00:00:01")
    host.start()
    wait_for(lambda: len(host.calls("tick")) >= 3, "three runs")
    assert not host.calls("tick", past_due=True)


def test_a_timer_that_was_missed_runs_at_the_start(new_host: NewHost) -> None:
    host = new_host(EVERY="0 0 0 * * *")
    _note(host, datetime.now(UTC) - timedelta(days=2))
    host.start()
    wait_for(lambda: host.calls("tick", past_due=True), "the missed run")
    assert len(host.calls("tick")) == 1


def test_a_run_is_noted(new_host: NewHost) -> None:
    host = new_host(EVERY="0 0 0 * * *")
    before = datetime.now(UTC)
    host.start()
    noted = wait_for(lambda: _noted(host), "the note")
    assert before <= noted <= datetime.now(UTC)


def _status(host: HostProcess) -> tuple[BlobServiceClient, str]:
    service = BlobServiceClient.from_connection_string(host.storage)
    return service, f"timers/{host.id}/Host.Functions.tick/status"


def _note(host: HostProcess, moment: datetime) -> None:
    service, path = _status(host)
    container = service.get_container_client("azure-webjobs-hosts")
    if not container.exists():
        container.create_container()
    container.upload_blob(path, json.dumps({"Last": moment.isoformat()}))


def _noted(host: HostProcess) -> datetime | None:
    service, path = _status(host)
    blob = service.get_blob_client("azure-webjobs-hosts", path)
    if not blob.exists():
        return None
    return datetime.fromisoformat(json.loads(blob.download_blob().readall())["Last"])
