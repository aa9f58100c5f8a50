"""Traces, metrics and logs for the operator: one trace per job, from its upload to its report.

Sent to Application Insights where `APPLICATIONINSIGHTS_CONNECTION_STRING` is set and by OTLP where
`OTEL_EXPORTER_OTLP_ENDPOINT` is; to both where both are. Otherwise every function here returns at
once, and OpenTelemetry is not even imported.

A job's trace begins with its upload, which continues the caller's `traceparent`; the job's row and
the media's metadata carry it (`Span.traceparent`) to the steps, which other processes do. Inside of
`job(...)` every span and every log record has the job's id.

Nothing here raises, and nothing waits for a receiver: what cannot be sent is dropped.
"""

import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from functools import cache
from typing import Final, Protocol, TypeVar

from shared.platform.errors import Problem
from shared.platform.telemetry import names
from shared.platform.telemetry.names import Metric, SpanName, StepOutcome

__all__ = ["ObservedAttempt", "OpenJobs", "Readings", "Span", "SpanName", "StepOutcome", "names"]

Item = TypeVar("Item")
Result = TypeVar("Result")
Value = str | int | float
Attributes = Mapping[str, Value]

METADATA: Final = "traceparent"
"""Of media and containers: where another program, or another database, finds the job's trace."""

_job: ContextVar[str | None] = ContextVar("job", default=None)


class Span(Protocol):
    """A piece of work under way."""

    @property
    def traceparent(self) -> str | None:
        """What continues this span elsewhere (W3C Trace Context); None where nothing is sent."""
        ...

    def set(self, attribute: str, value: Value) -> None: ...

    def fail(self, error: str) -> None:
        """The work did not succeed: a code, or an exception's class. Never a message."""
        ...


@dataclass(frozen=True, slots=True)
class OpenJobs:
    """How many jobs of one state and type have not ended."""

    state: str
    type: str | None
    count: int
    longest: float  # [s] that the first of them has waited for a step; 0 where a step runs


class Readings(Protocol):
    """What is looked at once per interval, by a thread of its own."""

    def open_jobs(self) -> list[OpenJobs] | None:
        """None where the database is away."""
        ...

    def restarts(self) -> int: ...


class Backend(Protocol):
    """What sends. `shared.platform.telemetry.sending` is the only one."""

    def span(
        self, name: str, parent: str | None, attributes: Attributes
    ) -> AbstractContextManager[Span]: ...

    def record(self, metric: Metric, value: float, attributes: Attributes) -> None: ...

    def observe(self, readings: Readings) -> None: ...


class _NoSpan:
    traceparent: None = None

    def set(self, attribute: str, value: Value) -> None: ...

    def fail(self, error: str) -> None: ...


_NO_SPAN: Final = _NoSpan()


def wanted(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a receiver is named. `OTEL_SDK_DISABLED` is OpenTelemetry's own switch."""
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    return any(environment.get(name, "").strip() for name in RECEIVERS)


APPLICATION_INSIGHTS: Final = "APPLICATIONINSIGHTS_CONNECTION_STRING"
OTLP: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
RECEIVERS: Final = (APPLICATION_INSIGHTS, OTLP)


@cache
def _backend() -> Backend | None:
    if not wanted():
        return None
    from shared.platform.telemetry.sending import connect  # noqa: PLC0415  # costs half a second

    return connect()


def start() -> None:
    """Begin to send. Otherwise the first span does; log records before that are not sent."""
    _backend()


def observe(readings: Readings) -> None:
    """Have these looked at once per interval. For once per process."""
    if backend := _backend():
        backend.observe(readings)


def span(
    name: SpanName, *, parent: str | None = None, attributes: Attributes | None = None
) -> AbstractContextManager[Span]:
    """A span around the block; an exception that leaves the block fails it, by its class.

    `parent` is a traceparent from elsewhere; one that is malformed is ignored. Without it the span
    belongs to the one that surrounds it, if there is any.
    """
    backend = _backend()
    return backend.span(name, parent, attributes or {}) if backend else nullcontext(_NO_SPAN)


@contextmanager
def job(job_id: uuid.UUID) -> Iterator[None]:
    """Spans and log records of the block are this job's."""
    token = _job.set(str(job_id))
    try:
        yield
    finally:
        _job.reset(token)


def current_job() -> str | None:
    """The id of the job that this thread works for."""
    return _job.get()


def carried(work: Callable[[Item], Result]) -> Callable[[Item], Result]:
    """`work` for other threads, with the job and the span of this one."""
    context = copy_context()
    return lambda item: context.copy().run(work, item)


@dataclass(slots=True)
class ObservedAttempt:
    """One attempt at a step of a job, to be told how it ended; it has succeeded otherwise."""

    span: Span
    type: str | None
    outcome: StepOutcome = StepOutcome.SUCCEEDED
    _job_state: str | None = None
    _code: str | None = None

    def job_ends(self, state: str, media_type: str | None, code: str | None = None) -> None:
        """The job is done or has failed with this step, unless an exception follows.

        May be said again: transactions are repeated.
        """
        self._job_state, self.type, self._code = state, media_type, code

    def failed(self, code: str) -> None:
        """The job has failed."""
        self.job_ends("failed", self.type, code)

    def retrying(self, error: BaseException) -> None:
        self.outcome = StepOutcome.RETRYING
        self.span.fail(type(error).__name__)

    def stopped(self) -> None:
        self.outcome = StepOutcome.STOPPED

    def close(self) -> None:
        """Count what has come of it."""
        if self.outcome is StepOutcome.SUCCEEDED and self._job_state:
            if self._code:
                self.outcome = StepOutcome.FAILED
                self.span.fail(self._code)
            job_ended(self._job_state, self.type, self._code)
        self.span.set(names.OUTCOME, self.outcome.value)


@contextmanager
def attempt(
    step: SpanName, *, number: int = 1, parent: str | None = None, media_type: str | None = None
) -> Iterator[ObservedAttempt]:
    """The span and the duration of an attempt."""
    attributes = {names.STEP: step.value, names.ATTEMPT: number}
    started = time.monotonic()
    with span(step, parent=parent, attributes=attributes) as around:
        made = ObservedAttempt(around, media_type)
        try:
            yield made
        except Problem as error:  # an upload's refusal; of a step, stage.run knows better
            made.outcome = StepOutcome.FAILED if step is SpanName.UPLOAD else StepOutcome.RETRYING
            around.fail(error.code)
            raise
        except Exception as error:
            made.retrying(error)
            raise
        finally:
            made.close()
            outcome = {names.STEP: step.value, names.OUTCOME: made.outcome.value}
            _record(names.STEP_DURATION, time.monotonic() - started, outcome)


def job_ended(state: str, media_type: str | None, code: str | None = None) -> None:
    """Count a job that is done or has failed."""
    attributes = {names.JOB_STATE: state, names.JOB_TYPE: media_type or names.UNKNOWN}
    _record(names.ENDED_JOBS, 1, attributes | ({names.ERROR: code} if code else {}))


def measured(around: Span, engine: str, version: str, frames: int, seconds: float) -> None:
    """Note what an engine did: on the span of the measuring, and for the distribution of rates."""
    rate = round(frames / max(seconds, 1e-3), 1)
    around.set(names.ENGINE_VERSION, version)
    around.set(names.FRAMES, frames)
    around.set(names.FRAME_RATE, rate)
    _record(names.FRAMES_PER_SECOND, rate, {names.ENGINE: engine})


def _record(metric: Metric, value: float, attributes: Attributes) -> None:
    if backend := _backend():
        backend.record(metric, value, attributes)
