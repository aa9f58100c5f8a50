"""host.json, local.settings.json and app settings."""

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from local.host import HostError
from local.host.settings import (
    QueueLimits,
    connection_string,
    load_host_settings,
    load_local_settings,
    resolve,
)
from local.paths import ROOT


def _app(folder: Path, host: dict[str, Any]) -> Path:
    (folder / "host.json").write_text(json.dumps({"version": "2.0", **host}))
    return folder


def test_defaults_are_the_real_hosts(tmp_path: Path) -> None:
    settings = load_host_settings(_app(tmp_path, {}), {})
    cores = os.cpu_count() or 1
    assert settings.route_prefix == "api"
    assert settings.function_timeout == timedelta(minutes=30)
    assert settings.max_body_bytes == 104_857_600
    assert settings.queues == QueueLimits(16, 8 * cores, 5, timedelta(0), timedelta(minutes=1))
    assert settings.blobs.batch_size + settings.blobs.new_batch_threshold == 8 * cores


def test_the_projects_own_host_json_is_understood() -> None:
    settings = load_host_settings(ROOT, {})
    assert settings.route_prefix == ""
    assert (settings.blobs.batch_size, settings.blobs.new_batch_threshold) == (3, 1)
    assert settings.blobs.max_dequeue_count == 5
    assert settings.queues.retry_delay == timedelta(seconds=10)


def test_the_environment_wins_over_host_json(tmp_path: Path) -> None:
    app = _app(tmp_path, {"extensions": {"queues": {"maxDequeueCount": 3}}})
    environ = {
        "AzureFunctionsJobHost__extensions__queues__MaxDequeueCount": "7",
        "AzureFunctionsJobHost__functionTimeout": "-1",
    }
    settings = load_host_settings(app, environ)
    assert settings.queues.max_dequeue_count == 7
    assert settings.function_timeout is None


@pytest.mark.parametrize(
    ("host", "message"),
    [
        ({"version": "1.0"}, "version"),
        ({"extensions": {"queues": {"batchSize": 33}}}, "batchsize is 33"),
        ({"extensions": {"queues": {"visibilityTimeout": "soon"}}}, "'soon' is not a time"),
        ({"extensions": {"queues": {"messageEncoding": "utf7"}}}, "messageEncoding"),
        ({"extensions": {"queues": {"maxPollingInterval": "00:00:00"}}}, "maxPollingInterval"),
        ({"functionTimeout": "00:00:00"}, "functionTimeout is"),
        ({"functionTimeout": 5}, "not a time"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, host: dict[str, Any], message: str) -> None:
    with pytest.raises(HostError, match=message):
        load_host_settings(_app(tmp_path, host), {})


def test_the_host_id_is_stable_short_and_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    first = load_host_settings(_app(tmp_path, {}), {}).host_id
    assert first == load_host_settings(tmp_path, {}).host_id
    assert first != load_host_settings(_app(tmp_path / "other", {}), {}).host_id
    assert len(first) <= 32
    assert first == first.lower()


def test_values_never_replace_what_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"LOCAL_HOST_TEST_A": "file", "LOCAL_HOST_TEST_B": "file"}
    (tmp_path / "local.settings.json").write_text(json.dumps({"Values": values}))
    monkeypatch.setenv("LOCAL_HOST_TEST_A", "environment")
    monkeypatch.delenv("LOCAL_HOST_TEST_B", raising=False)
    load_local_settings(tmp_path)
    assert os.environ["LOCAL_HOST_TEST_A"] == "environment"
    assert os.environ.pop("LOCAL_HOST_TEST_B") == "file"


def test_encrypted_settings_are_refused(tmp_path: Path) -> None:
    (tmp_path / "local.settings.json").write_text('{"IsEncrypted": true}')
    with pytest.raises(HostError, match="encrypted"):
        load_local_settings(tmp_path)


def test_resolve() -> None:
    assert resolve("a-%X%-%Y%", {"X": "1", "Y": "2"}) == "a-1-2"
    with pytest.raises(HostError, match="no app setting 'Z'"):
        resolve("%Z%", {})


def test_connection_string() -> None:
    full = "AccountName=a;AccountKey=k;"
    assert connection_string("", {"AzureWebJobsStorage": full}) == full
    assert connection_string("DATA", {"DATA": full, "AzureWebJobsDATA": full + "2"}) == full + "2"
    with pytest.raises(HostError, match="'DATA' is missing"):
        connection_string("DATA", {})
    with pytest.raises(HostError, match="full connection string"):
        connection_string("DATA", {"DATA": "UseDevelopmentStorage=true"})
