"""Receivers that are not there, or not named."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from local.paths import ROOT
from local.ports import wait_until
from shared.platform import telemetry
from shared.platform.telemetry import names
from tests.calls import calls
from tests.end_to_end.service import LIMIT, Service
from tests.leaks import INSIGHTS_KEY
from tests.platform.telemetry.insights import ingesting
from tests.stack import MakeStack

pytestmark = pytest.mark.thorough

CONNECTION = "InstrumentationKey={key};IngestionEndpoint={address}/;LiveEndpoint={address}/"


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": " "}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, True),
        ({"APPLICATIONINSIGHTS_CONNECTION_STRING": "InstrumentationKey=x"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "true"}, False),
    ],
)
def test_what_turns_it_on(environment: dict[str, str], wanted: bool) -> None:
    assert telemetry.wanted(environment) is wanted


def test_without_a_receiver_nothing_is_loaded() -> None:
    """Neither by the app nor by what it uses."""
    program = (
        "import json, sys, uuid, function_app\n"
        "from shared.platform import telemetry\n"
        "with telemetry.job(uuid.uuid4()), telemetry.span(telemetry.SpanName.EXTRACT) as span:\n"
        "    assert span.traceparent is None\n"
        "print(json.dumps([name for name in sys.modules if name.startswith('opentelemetry')]))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env={"PATH": ""}, capture_output=True, check=True
    )
    assert json.loads(result.stdout) == []


def test_a_span_costs_nothing_without_a_receiver() -> None:
    for _ in range(2):  # the first looks for a receiver
        with calls() as made, telemetry.span(telemetry.SpanName.MEASURE):
            pass
    assert made.count < 10


def test_receivers_that_do_not_answer_break_nothing(
    make_stack: MakeStack, files: Path, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nowhere = f"http://127.0.0.1:{taken.getsockname()[1]}"
    settings = _azure(nowhere, tmp_path) | {
        "OTEL_EXPORTER_OTLP_ENDPOINT": nowhere,
        "OTEL_EXPORTER_OTLP_TIMEOUT": "2",
        "OTEL_BSP_SCHEDULE_DELAY": "100",
        "OTEL_METRIC_EXPORT_INTERVAL": "500",
    }
    with make_stack(settings) as stack:
        stack.start()
        service = Service(stack)
        for file in ("secret-face.jpg", "secret-clip.mp4"):
            response = service.post(files / file)
            assert response.status_code == 202
            assert service.wait(response.json()["id"])["state"] == "done"
        service.close()
        (host,) = (process for process, _ in stack.parts() if process.pid == stack.host_pid)
        os.kill(host.pid, signal.SIGTERM)
        wait_until(lambda: not host.running, lambda: True, LIMIT, "The end of the host")
        assert host.exit_code() == 0
        assert "Failed to export" in service.log()


def test_application_insights_gets_what_the_queries_look_for(
    make_stack: MakeStack, files: Path, tmp_path: Path
) -> None:
    with ingesting() as insights, make_stack(_azure(insights.address, tmp_path)) as stack:
        stack.start()
        service = Service(stack)
        done, failed = (service.measure(files / f"secret-{name}.jpg") for name in ("face", "wall"))
        service.close()
        stack.stop_host()  # which sends what is left

    dependencies = {
        (row["name"], row["properties"].get(names.JOB)): row
        for row in insights.rows("RemoteDependencyData")
    }
    extract = dependencies["extract", failed["id"]]
    assert extract["success"] is False
    assert extract["properties"][names.ERROR] == "no_face_found"
    assert dependencies["analyse", done["id"]]["properties"][names.OUTCOME] == "succeeded"
    upload = dependencies["upload", done["id"]]
    assert upload["operation_Id"] == dependencies["engine.join", done["id"]]["operation_Id"]

    ended = [
        (point["properties"], point["metrics"][0]["value"])
        for point in insights.rows("MetricData")
        if point["metrics"][0]["name"] == names.ENDED_JOBS.name
    ]
    states = {(p[names.JOB_STATE], p.get(names.ERROR)): value for p, value in ended}
    assert states == {("done", None): 1, ("failed", "no_face_found"): 1}

    texts = {
        row["message"]: row
        for row in insights.rows("MessageData")
        if row["properties"].get(names.JOB) == done["id"]
    }
    assert texts[f"[job {done['id']}] analyse: done"]["operation_Id"] == upload["operation_Id"]


def _azure(address: str, folder: Path) -> dict[str, str]:
    return {
        "APPLICATIONINSIGHTS_CONNECTION_STRING": CONNECTION.format(
            key=INSIGHTS_KEY, address=address
        ),
        "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true",  # it would go to its makers
        "TMPDIR": str(folder),  # where the exporter keeps what it could not send
    }
