"""Spans and metrics, handed to the backend where a receiver is named, else to nobody."""

from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Final

from shared.platform.telemetry.interface import Attributes, Backend, Readings, Span, Value
from shared.platform.telemetry.names import Metric, SpanName
from shared.platform.telemetry.receivers import wanted


class _NoSpan:
    traceparent: None = None

    def set(self, attribute: str, value: Value) -> None: ...

    def fail(self, error: str) -> None: ...


_NO_SPAN: Final = _NoSpan()


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


def record(metric: Metric, value: float, attributes: Attributes) -> None:
    if backend := _backend():
        backend.record(metric, value, attributes)
