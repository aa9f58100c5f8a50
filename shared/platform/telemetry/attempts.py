"""What the work reports: attempts at a step, jobs that have ended, what was measured."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from shared.platform.errors import Problem
from shared.platform.telemetry import names
from shared.platform.telemetry.interface import Span
from shared.platform.telemetry.names import SpanName, StepOutcome, WebhookOutcome
from shared.platform.telemetry.spans import record, span


@dataclass(slots=True)
class ObservedAttempt:
    """One attempt at a step of a job. It is told how it ended; untold, it has succeeded."""

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
        observed = ObservedAttempt(around, media_type)
        try:
            yield observed
        except Problem as error:  # an upload's refusal; of a step, the pipeline knows better
            observed.outcome = (
                StepOutcome.FAILED if step is SpanName.UPLOAD else StepOutcome.RETRYING
            )
            around.fail(error.code)
            raise
        except Exception as error:
            observed.retrying(error)
            raise
        finally:
            observed.close()
            outcome = {names.STEP: step.value, names.OUTCOME: observed.outcome.value}
            record(names.STEP_DURATION, time.monotonic() - started, outcome)


def job_ended(state: str, media_type: str | None, code: str | None = None) -> None:
    """Count a job that is done or has failed."""
    attributes = {names.JOB_STATE: state, names.JOB_TYPE: media_type or names.UNKNOWN}
    record(names.ENDED_JOBS, 1, attributes | ({names.ERROR: code} if code else {}))


def measured(around: Span, engine: str, version: str, frames: int, seconds: float) -> None:
    """Note what an engine did: on the span of the measuring, and for the distribution of rates."""
    rate = round(frames / max(seconds, 1e-3), 1)
    around.set(names.ENGINE_VERSION, version)
    around.set(names.FRAMES, frames)
    around.set(names.FRAME_RATE, rate)
    record(names.FRAMES_PER_SECOND, rate, {names.ENGINE: engine})


def set_back(timer: str, error: BaseException) -> None:
    """A timer could not deal with a thing, and went on with the next."""
    record(names.SETBACKS, 1, {names.TIMER: timer, names.ERROR: type(error).__name__})


def webhook_tried(outcome: WebhookOutcome) -> None:
    """Count a try to send a webhook."""
    record(names.WEBHOOKS, 1, {names.WEBHOOK_OUTCOME: outcome.value})
