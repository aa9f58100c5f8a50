"""One attempt at one stage of a job: claimed, kept alive, and ended in every case.

A stage that ends by an exception has given the job back first, so that the host's next try can
take it. A process that dies without a word leaves a lease that runs out.
"""

import logging
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy.orm import Session

from shared.app import App
from shared.database.tables import EventKind, Job, Step
from shared.engines.pool import Cancelled
from shared.jobs import lifecycle
from shared.jobs.lifecycle import Lease, LeaseLostError, WorkDone
from shared.pipeline import ending
from shared.platform import scratch, telemetry
from shared.platform.disk import is_full
from shared.platform.errors import MediaError, Problem
from shared.platform.outages import Log, is_outage
from shared.platform.telemetry import SpanName

PROGRESS_SECONDS: Final = 0.5  # progress is written at most this often
RENEW_SECONDS: Final = 2.0  # and the lease renewed, so a deletion is noticed, this often

NO_ROOM: Final = "There was no room on the disk; it is tried again in some minutes."

_logger = logging.getLogger("avatar.pipeline")

Result = TypeVar("Result")


class _JobLog(logging.LoggerAdapter[logging.Logger]):
    def process(self, msg: Any, kwargs: Any) -> tuple[Any, Any]:
        job = self.extra["job"] if self.extra else "-"
        return f"[job {job}] {msg}", {**kwargs, "extra": {**kwargs.get("extra", {}), "job": job}}


def job_log(job_id: uuid.UUID | str) -> Log:
    """A log in which every line names the job."""
    return _JobLog(_logger, {"job": str(job_id)})


class Heartbeat:
    """A thread that renews the lease and writes progress while the stage works."""

    def __init__(self, app: App, lease: Lease, log: Log) -> None:
        self._app, self._lease, self._log = app, lease, log
        self._progress: WorkDone | None = None
        self._stop = threading.Event()
        self._lost = threading.Event()
        work = telemetry.carried(lambda _: self._run())
        self._thread = threading.Thread(
            target=work, args=(None,), name=f"lease-{lease.job_id}", daemon=True
        )

    def lost(self) -> bool:
        """True once the job is no longer this attempt's."""
        return self._lost.is_set()

    def progress(self, progress: WorkDone) -> None:
        """What the next renewal writes."""
        self._progress = progress

    def __enter__(self) -> "Heartbeat":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        written: WorkDone | None = None
        since_renewal = 0.0
        while not self._stop.wait(PROGRESS_SECONDS):
            since_renewal += PROGRESS_SECONDS
            progress = self._progress
            if progress is written and since_renewal < RENEW_SECONDS:
                continue
            try:
                with self._app.database.begin() as session:
                    lifecycle.renew(
                        session, self._lease, self._app.settings.lease_seconds, progress
                    )
            except LeaseLostError:
                self._lost.set()
                return
            except Exception as error:
                if not is_outage(error):
                    self._log.exception("the lease could not be renewed")
                continue  # the stage itself notices a long outage
            written, since_renewal = progress, 0.0


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a stage works with."""

    app: App
    lease: Lease
    log: Log
    heartbeat: Heartbeat
    observed: telemetry.ObservedAttempt  # is told of a failed job although the stage worked
    folder: Path  # removed when the attempt ends

    @property
    def job_id(self) -> uuid.UUID:
        return self.lease.job_id

    def job(self) -> Job:
        """The job's row. Raises LeaseLostError where it was deleted meanwhile."""
        job = self.transaction(lambda session: lifecycle.get(session, self.job_id))
        if job is None:
            raise LeaseLostError("the job is gone")
        return job

    def patiently(self, action: Callable[[], Result]) -> Result:
        return self.app.patiently(action, self.log)

    def transaction(self, work: Callable[[Session], Result]) -> Result:
        return self.app.transaction(work, self.log)

    def note(self, message: str) -> None:
        """A line of the trace."""
        step, attempt = self.lease.step, self.lease.attempt
        self.transaction(
            lambda session: lifecycle.record(
                session, self.job_id, step, EventKind.NOTE, message, attempt=attempt
            )
        )


def run(app: App, job_id: uuid.UUID, step: Step, work: Callable[[Attempt], None]) -> None:
    """Claim the job and do `work`. Quiet where there is nothing to do or the job was lost.

    The media's fault (MediaError) fails the job at once. Where the disk is full the job is put
    off: the reconcile timer takes it up, perhaps on another instance. Anything else gives the job
    back and is raised, so that the host tries again.
    """
    log = job_log(job_id)
    with telemetry.job(job_id):
        lease = app.transaction(
            lambda session: lifecycle.claim(session, job_id, step, app.settings.lease_seconds), log
        )
        if lease is None:
            log.info("%s: nothing to do, it runs elsewhere or is done", step)
            return
        with telemetry.attempt(
            SpanName(step),
            number=lease.attempt,
            parent=lease.traceparent,
            media_type=lease.type,
        ) as observed:
            log.info("%s: attempt %d", step, lease.attempt)
            _carry_out(app, lease, log, work, observed)
        ending.announce(app, job_id, log)


def _carry_out(
    app: App,
    lease: Lease,
    log: Log,
    work: Callable[[Attempt], None],
    observed: telemetry.ObservedAttempt,
) -> None:
    """Do the work of a claimed job, and end the attempt in every case."""
    step = lease.step
    try:
        with _attempt(app, lease, log, observed) as attempt:
            _keep_trace(attempt)
            work(attempt)
    except (LeaseLostError, Cancelled):
        observed.stopped()
        log.info("%s: stopped, the job was deleted or taken over", step)
    except MediaError as error:
        code, detail = error.code, error.detail
        log.info("%s: failed, %s", step, code)
        app.transaction(
            lambda session: ending.failed(
                session, app.settings, lease.job_id, step, code=code, detail=detail
            ),
            log,
        )
        observed.failed(code)
    except Exception as error:
        observed.retrying(error)
        if is_full(error):
            log.warning("%s: put off, there is no room on the disk: %s", step, error)
            app.transaction(lambda session: lifecycle.put_off(session, lease, NO_ROOM), log)
            return
        message = _in_words(error)
        log.warning("%s: attempt %d failed: %s", step, lease.attempt, message)
        app.transaction(lambda session: lifecycle.give_back(session, lease, message), log)
        raise
    else:
        log.info("%s: done", step)


def _keep_trace(attempt: Attempt) -> None:
    """A job whose upload was not traced has its trace from its first step on."""
    traceparent = attempt.observed.span.traceparent
    if attempt.lease.traceparent is None and traceparent is not None:
        attempt.transaction(
            lambda session: lifecycle.keep_trace(session, attempt.lease, traceparent)
        )


@contextmanager
def _attempt(
    app: App, lease: Lease, log: Log, observed: telemetry.ObservedAttempt
) -> Iterator[Attempt]:
    with (
        scratch.folder(lease.step) as folder,
        Heartbeat(app, lease, log) as heartbeat,
    ):
        yield Attempt(app, lease, log, heartbeat, observed, folder)


def _in_words(error: Exception) -> str:
    if isinstance(error, Problem):
        return error.detail
    if is_outage(error):
        return "Storage or database did not answer."
    return f"An unexpected error ({type(error).__name__}); the log has the details."
