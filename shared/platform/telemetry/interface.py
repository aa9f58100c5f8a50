"""What the code that does the work sees of a span, and what is sent for it."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from shared.platform.telemetry.names import Metric

Value = str | int | float
Attributes = Mapping[str, Value]


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
