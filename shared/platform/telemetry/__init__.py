"""Traces, metrics and logs for the operator: one trace per job, from its upload to its report.

Sent to Application Insights where `APPLICATIONINSIGHTS_CONNECTION_STRING` is set and by OTLP where
`OTEL_EXPORTER_OTLP_ENDPOINT` is; to both where both are. Otherwise every function here returns at
once, and OpenTelemetry is not even imported.

A job's trace begins with its upload, which continues the caller's `traceparent`; the job's row and
the media's metadata carry it (`Span.traceparent`) to the steps, which other processes do. Inside of
`job(...)` every span and every log record has the job's id.

Nothing here raises, and nothing waits for a receiver: what cannot be sent is dropped.
"""

from typing import Final

from shared.platform.telemetry import names
from shared.platform.telemetry.attempts import (
    ObservedAttempt,
    attempt,
    job_ended,
    measured,
    set_back,
    webhook_tried,
)
from shared.platform.telemetry.context import carried, job
from shared.platform.telemetry.interface import OpenJobs, Readings, Span
from shared.platform.telemetry.names import SpanName, WebhookOutcome
from shared.platform.telemetry.receivers import wanted
from shared.platform.telemetry.spans import observe, span, start

__all__ = [
    "METADATA",
    "ObservedAttempt",
    "OpenJobs",
    "Readings",
    "Span",
    "SpanName",
    "WebhookOutcome",
    "attempt",
    "carried",
    "job",
    "job_ended",
    "measured",
    "names",
    "observe",
    "set_back",
    "span",
    "start",
    "wanted",
    "webhook_tried",
]

METADATA: Final = "traceparent"
"""Of media and containers: where another program, or another database, finds the job's trace."""
