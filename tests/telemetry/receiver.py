"""A receiver of OTLP (HTTP, protobuf) that keeps what comes, in the place of a Collector."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.telemetry.listening import listening

LIMIT = 60.0  # [s] until what was done must have been sent
Json = dict[str, Any]
Found = TypeVar("Found")

_REQUESTS: Final[dict[str, type[Message]]] = {
    "traces": ExportTraceServiceRequest,
    "metrics": ExportMetricsServiceRequest,
    "logs": ExportLogsServiceRequest,
}


@dataclass(frozen=True, slots=True)
class SpanSeen:
    """A finished span."""

    name: str
    trace: str
    id: str
    parent: str
    attributes: Json
    failed: bool
    seconds: float
    events: int


@dataclass(frozen=True, slots=True)
class RecordSeen:
    """A log record."""

    text: str
    trace: str
    attributes: Json


@dataclass(slots=True)
class Receiver:
    """What has arrived at `address` so far."""

    address: str
    bodies: list[tuple[str, Json]]

    def spans(self) -> list[SpanSeen]:
        return [
            SpanSeen(
                item["name"],
                _hex(item["traceId"]),
                _hex(item["spanId"]),
                _hex(item.get("parentSpanId", "")),
                attributes_of(item),
                item.get("status", {}).get("code") == 2,
                (int(item["endTimeUnixNano"]) - int(item["startTimeUnixNano"])) / 1e9,
                len(item.get("events", [])),
            )
            for item in self._items("traces", "resourceSpans", "scopeSpans", "spans")
        ]

    def records(self) -> list[RecordSeen]:
        return [
            RecordSeen(
                item["body"]["stringValue"], _hex(item.get("traceId", "")), attributes_of(item)
            )
            for item in self._items("logs", "resourceLogs", "scopeLogs", "logRecords")
        ]

    def points(self, metric: str) -> list[Json]:
        """Every data point of a metric that has come, oldest first."""
        found: list[Json] = []
        for item in self._items("metrics", "resourceMetrics", "scopeMetrics", "metrics"):
            if item["name"] == metric:
                kind = next(item[key] for key in ("sum", "gauge", "histogram") if key in item)
                found += kind["dataPoints"]
        return found

    def metric_names(self) -> set[str]:
        every = self._items("metrics", "resourceMetrics", "scopeMetrics", "metrics")
        return {item["name"] for item in every}

    def resource(self) -> Json:
        _, body = next(each for each in self.bodies if each[0] == "traces")
        return attributes_of(body["resourceSpans"][0]["resource"])

    def text(self) -> str:
        """All of it, as it came."""
        return json.dumps(self.bodies, ensure_ascii=False)

    def wait(self, question: Callable[[], Found | None], limit: float = LIMIT) -> Found:
        """The first answer that is one."""
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline:
            if (answer := question()) is not None and answer is not False:
                return answer
            time.sleep(0.1)
        raise AssertionError(f"not within {limit} s; spans: {[s.name for s in self.spans()]}")

    def _items(self, signal: str, resources: str, scopes: str, items: str) -> Iterator[Json]:
        for path, body in list(self.bodies):
            if path == signal:
                for resource in body[resources]:
                    for scope in resource[scopes]:
                        yield from scope[items]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on a port of its own."""
    bodies: list[tuple[str, Json]] = []

    def take(path: str, body: bytes) -> tuple[str, bytes]:
        signal = path.rpartition("/")[2]
        request = _REQUESTS[signal].FromString(body)
        bodies.append((signal, MessageToDict(request, use_integers_for_enums=True)))
        return "application/x-protobuf", b""

    with listening(take) as address:
        yield Receiver(address, bodies)


def _hex(identifier: str) -> str:
    """An identifier as everybody writes it; protobuf's JSON has bytes in base64."""
    return base64.b64decode(identifier).hex()


def attributes_of(item: Json) -> Json:
    """OTLP's list of attributes as a dictionary."""
    found = {}
    for each in item.get("attributes", []):
        (kind, value), *_ = each["value"].items()
        found[each["key"]] = int(value) if kind == "intValue" else value
    return found
