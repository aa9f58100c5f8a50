"""OpenTelemetry's providers, and the exporters of the receivers that the environment names.

The providers are this module's own and not the process's: libraries that find global ones (the
Azure SDK does) would write spans with addresses of blobs and their signatures.

Every job is traced, whatever the caller's `traceparent` says of sampling, so that a job can be
looked up by its id; `OTEL_TRACES_SAMPLER` changes that. All other `OTEL_*` variables (headers,
time-outs, intervals, limits) mean what OpenTelemetry says. Of the OTLP protocols there is one,
HTTP with protobuf.
"""

import atexit
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.metrics import CallbackOptions, Counter, Histogram, Observation
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor, LogRecordExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricExporter, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Span as SdkSpan
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import Link, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared.platform.errors import Problem
from shared.platform.telemetry import logs as log_records
from shared.platform.telemetry.context import current_job
from shared.platform.telemetry.interface import Attributes, OpenJobs, Readings, Value
from shared.platform.telemetry.names import (
    ENDED_JOBS,
    ENGINE_RESTARTS,
    ERROR,
    FRAMES_PER_SECOND,
    JOB,
    JOB_STATE,
    JOB_TYPE,
    OLDEST_WAITING,
    OPEN_JOBS,
    SCOPE,
    SERVICE,
    SETBACKS,
    STEP_DURATION,
    UNKNOWN,
    WEBHOOKS,
    Metric,
)
from shared.platform.telemetry.receivers import APPLICATION_INSIGHTS, OTLP

CLOSING_SECONDS: Final = 4.0  # for what is left when the process ends; hosts wait for ten

_PROPAGATOR: Final = TraceContextTextMapPropagator()


def connect() -> "Sender":
    """Providers with an exporter for each receiver that is named; for once per process."""
    environment = os.environ
    resource = Resource.create(
        {
            "service.name": environment.get("OTEL_SERVICE_NAME")
            or environment.get("WEBSITE_SITE_NAME")  # as the Functions host calls itself
            or SERVICE,
            "service.instance.id": environment.get("WEBSITE_INSTANCE_ID") or socket.gethostname(),
        }
    )
    sampler = None if environment.get("OTEL_TRACES_SAMPLER") else ALWAYS_ON
    tracers = TracerProvider(sampler, resource, shutdown_on_exit=False)
    loggers = LoggerProvider(resource, shutdown_on_exit=False)
    tracers.add_span_processor(_NamesTheJob())
    exporters = _exporters(tracers)
    for each in exporters:
        tracers.add_span_processor(BatchSpanProcessor(each.spans))
        loggers.add_log_record_processor(BatchLogRecordProcessor(each.records))
    readers = [PeriodicExportingMetricReader(each.metrics) for each in exporters]
    meters = MeterProvider(readers, resource, shutdown_on_exit=False)
    log_records.attach(loggers)
    for library in ("opentelemetry", "azure.monitor.opentelemetry"):
        logging.getLogger(library).setLevel(logging.ERROR)  # not a line for every try
    _close_at_exit(tracers.shutdown, loggers.shutdown, meters.shutdown)
    return Sender(tracers, meters)


def _close_at_exit(*closings: Callable[[], None]) -> None:
    """Send what is left when the process ends, all at once and for a limited time.

    By itself each provider would wait for its exporters' retries, one after the other. The threads
    are there from the start, because a process that ends cannot start any.
    """
    ending = threading.Event()

    def wait_and(close: Callable[[], None]) -> None:
        ending.wait()
        close()

    threads = [
        threading.Thread(target=wait_and, args=(close,), name="telemetry-end", daemon=True)
        for close in closings
    ]
    for thread in threads:
        thread.start()

    def end() -> None:
        ending.set()
        deadline = time.monotonic() + CLOSING_SECONDS
        for thread in threads:
            thread.join(max(deadline - time.monotonic(), 0))

    atexit.register(end)


@dataclass(frozen=True, slots=True)
class _Exporters:
    """Those of one receiver."""

    spans: SpanExporter
    metrics: MetricExporter
    records: LogRecordExporter


def _exporters(tracers: TracerProvider) -> list[_Exporters]:
    found = []
    if os.environ.get(OTLP, "").strip():
        from opentelemetry.exporter.otlp.proto.http._log_exporter import (  # noqa: PLC0415
            OTLPLogExporter,
        )
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import (  # noqa: PLC0415
            OTLPMetricExporter,
        )
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )

        found.append(_Exporters(OTLPSpanExporter(), OTLPMetricExporter(), OTLPLogExporter()))
    if os.environ.get(APPLICATION_INSIGHTS, "").strip():
        # They read the connection string, and from APPLICATIONINSIGHTS_AUTHENTICATION_STRING the
        # identity to send with: Application Insights takes no key from us.
        from azure.monitor.opentelemetry.exporter import (  # noqa: PLC0415
            AzureMonitorLogExporter,
            AzureMonitorMetricExporter,
            AzureMonitorTraceExporter,
        )

        found.append(
            _Exporters(
                AzureMonitorTraceExporter(tracer_provider=tracers),
                AzureMonitorMetricExporter(),
                AzureMonitorLogExporter(),
            )
        )
    return found


class _NamesTheJob(SpanProcessor):
    """Gives every span that begins within `telemetry.job` the job's id."""

    def on_start(
        self,
        span: SdkSpan,
        parent_context: Context | None = None,  # noqa: ARG002  # called by this name
    ) -> None:
        if job := current_job():
            span.set_attribute(JOB, job)


class _Span:
    """`shared.platform.telemetry.interface.Span` around OpenTelemetry's."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    @property
    def traceparent(self) -> str | None:
        carrier: dict[str, str] = {}
        _PROPAGATOR.inject(carrier, trace.set_span_in_context(self._span))
        return carrier.get("traceparent")

    def set(self, attribute: str, value: Value) -> None:
        self._span.set_attribute(attribute, value)

    def fail(self, error: str) -> None:
        self._span.set_attribute(ERROR, error)
        self._span.set_attribute("error.type", error)  # not shown by Application Insights
        self._span.set_status(StatusCode.ERROR)


class Sender:
    """`shared.platform.telemetry.interface.Backend`."""

    def __init__(self, tracers: TracerProvider, meters: MeterProvider) -> None:
        self._tracer = tracers.get_tracer(SCOPE)
        self._meter = meters.get_meter(SCOPE)
        self._counters: dict[str, Counter] = {
            metric.name: self._meter.create_counter(metric.name, metric.unit, metric.help)
            for metric in (ENDED_JOBS, SETBACKS, WEBHOOKS)
        }
        self._histograms = {
            metric.name: self._histogram(metric) for metric in (STEP_DURATION, FRAMES_PER_SECOND)
        }

    def _histogram(self, metric: Metric) -> Histogram:
        return self._meter.create_histogram(
            metric.name,
            metric.unit,
            metric.help,
            explicit_bucket_boundaries_advisory=metric.buckets,
        )

    @contextmanager
    def span(self, name: str, parent: str | None, attributes: Attributes) -> Iterator[_Span]:
        context, links = _place(parent)
        with self._tracer.start_as_current_span(
            name,
            context,
            attributes=attributes,
            links=links,
            record_exception=False,  # its message may quote what users typed
            set_status_on_exception=False,
        ) as started:
            span = _Span(started)
            try:
                yield span
            except Exception as error:
                if started.is_recording():
                    span.fail(error.code if isinstance(error, Problem) else type(error).__name__)
                raise

    def record(self, metric: Metric, value: float, attributes: Attributes) -> None:
        if counter := self._counters.get(metric.name):
            counter.add(value, attributes)
        else:
            self._histograms[metric.name].record(value, attributes)

    def observe(self, readings: Readings) -> None:
        seen: list[OpenJobs] | None = None

        def open_jobs(_: CallbackOptions) -> Iterable[Observation]:
            nonlocal seen
            seen = readings.open_jobs()
            for found in seen or []:
                attributes = {JOB_STATE: found.state, JOB_TYPE: found.type or UNKNOWN}
                yield Observation(found.count, attributes)

        def oldest(_: CallbackOptions) -> Iterable[Observation]:
            if seen is not None:  # just read: callbacks are called in the order of their making
                yield Observation(max((found.longest for found in seen), default=0.0))

        def restarts(_: CallbackOptions) -> Iterable[Observation]:
            yield Observation(readings.restarts())

        gauge = self._meter.create_observable_gauge
        gauge(OPEN_JOBS.name, [open_jobs], OPEN_JOBS.unit, OPEN_JOBS.help)
        gauge(OLDEST_WAITING.name, [oldest], OLDEST_WAITING.unit, OLDEST_WAITING.help)
        self._meter.create_observable_counter(
            ENGINE_RESTARTS.name, [restarts], ENGINE_RESTARTS.unit, ENGINE_RESTARTS.help
        )


def _place(parent: str | None) -> tuple[Context | None, list[Link]]:
    """Where a span belongs: to `parent`, or to the span around it where that is of the same trace.

    In Azure the Functions host has a span around each call. That of a request continues the
    caller's trace; that of a blob's event has a trace of its own, and is linked.
    """
    around = trace.get_current_span().get_span_context()
    if parent is None:
        return None, []
    given = _PROPAGATOR.extract({"traceparent": parent}, Context())
    said = trace.get_current_span(given).get_span_context()
    if not said.is_valid or said.trace_id == around.trace_id:
        return None, []
    return given, [Link(around)] if around.is_valid else []
