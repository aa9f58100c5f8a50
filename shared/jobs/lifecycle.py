"""The job's row and its trace. Every function takes the session of the caller's transaction.

A stage first *claims* the job in one UPDATE that sets state and lease; without a claim it returns
quietly. While it works it *renews* the lease. If it cannot, it has lost the job, which was deleted
or taken over after a pause, and stops. All times are the database's.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.database.tables import ENDED, EventKind, Job, JobEvent, State, Step
from shared.engines.base import Outline
from shared.media.formats import MediaFacts
from shared.platform.blob_names import OUR_FOLDER
from shared.platform.errors import Code

MAX_ATTEMPTS: Final = 5  # as the host's poisonBlobThreshold
MAX_MESSAGE: Final = 500  # characters of a trace message

_WAITING: Final = {
    Step.EXTRACT: (State.CREATED, State.UPLOADED),
    # CREATED and UPLOADED: measurements made elsewhere arrived before ours were begun
    Step.ANALYSE: (State.EXTRACTED, State.UPLOADED, State.CREATED),
}
_RUNNING: Final = {Step.EXTRACT: State.EXTRACTING, Step.ANALYSE: State.ANALYSING}


class LeaseLostError(Exception):
    """The job was deleted or taken over while this stage worked on it."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a job, until it is released or runs out."""

    job_id: uuid.UUID
    owner: uuid.UUID
    step: Step
    attempt: int  # from 1
    type: str | None = None  # the job's, as far as it is known
    traceparent: str | None = None  # the job's


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """What a job's row begins with; what is None is not known yet, or not asked for."""

    id: uuid.UUID
    container: str
    state: State
    avatar: str
    name: str
    filename: str
    blob: str
    upload_until: dt.datetime
    foreign_uuid: bool = False
    folder: str = OUR_FOLDER
    etag: str | None = None
    type: str | None = None
    engine: str | None = None
    parameter_sets: Sequence[str] = ()
    declared_size: int | None = None  # [bytes]
    media: MediaFacts | None = None
    idempotency_key: str | None = None
    digest: str | None = None
    traceparent: str | None = None
    webhook: str | None = None
    report_id: int | None = None  # of a measurement that is there already
    created: dt.datetime | None = None  # None: now
    finished: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageResult:
    """What a stage has found out about its job: it goes into the row."""

    type: str | None = None
    media: MediaFacts | None = None
    etag: str | None = None
    report_id: int | None = None


@dataclass(frozen=True, slots=True)
class WorkDone:
    """How far a stage is; what the job's `progress` says."""

    frames_done: int
    frames_expected: int | None = None
    frames_per_second: float | None = None
    seconds_left: float | None = None
    at: float | None = None  # [s] in the clip, of the newest frame
    outline: Outline | None = None  # of the faces in it; for the pages, and gone at the end


def keep_trace(session: Session, lease: Lease, traceparent: str) -> None:
    """Let the job's later steps continue this trace; does nothing if the lease is lost."""
    session.execute(
        update(Job)
        .where(Job.id == lease.job_id, Job.lease_owner == lease.owner)
        .values(traceparent=traceparent)
    )


def get(session: Session, job_id: uuid.UUID) -> Job | None:
    """The job, also one that is being deleted."""
    return session.get(Job, job_id)


def visible(session: Session, job_id: uuid.UUID) -> Job | None:
    """The job, unless it is being deleted."""
    return session.scalar(select(Job).where(Job.id == job_id, ~Job.deleting))


def by_key(session: Session, idempotency_key: str) -> Job | None:
    return session.scalar(select(Job).where(Job.idempotency_key == idempotency_key))


def create(session: Session, job: NewJob) -> Job | None:
    """A new row; None where the id, the blob or the idempotency key has one already."""
    values = _known(job) | {"parameter_sets": list(job.parameter_sets)}
    statement = insert(Job).values(**values).on_conflict_do_nothing().returning(Job)
    return session.scalars(statement).one_or_none()


def record(
    session: Session,
    job_id: uuid.UUID,
    step: Step,
    happening: EventKind,
    message: str = "",
    *,
    attempt: int = 1,
) -> None:
    """Append to the trace."""
    session.add(
        JobEvent(
            job_id=job_id,
            step=step,
            happening=happening,
            attempt=attempt,
            message=message[:MAX_MESSAGE],
        )
    )


def events(session: Session, job_id: uuid.UUID) -> list[JobEvent]:
    """The trace, oldest first."""
    return list(
        session.scalars(select(JobEvent).where(JobEvent.job_id == job_id).order_by(JobEvent.id))
    )


def mark_uploaded(session: Session, job_id: uuid.UUID, message: str) -> bool:
    """created -> uploaded; False where the job has gone on already."""
    changed = session.execute(
        update(Job)
        .where(Job.id == job_id, Job.state == State.CREATED, ~Job.deleting)
        .values(state=State.UPLOADED, updated=func.now())
        .returning(Job.id)
    ).one_or_none()
    if changed is None:
        return False
    record(session, job_id, Step.UPLOAD, EventKind.SUCCEEDED, message)
    return True


def claim(session: Session, job_id: uuid.UUID, step: Step, seconds: int) -> Lease | None:
    """Take the job for a stage, for `seconds` at first; None where there is nothing to do.

    A running stage can be taken over once its lease has run out. The count of attempts starts
    anew with each stage.
    """
    owner = uuid.uuid4()
    running = _RUNNING[step]
    statement = (
        update(Job)
        .where(
            Job.id == job_id,
            ~Job.deleting,
            or_(
                Job.state.in_(_WAITING[step]),
                and_(Job.state == running, Job.lease_until < func.clock_timestamp()),
            ),
        )
        .values(
            state=running,
            lease_owner=owner,
            lease_until=func.clock_timestamp() + dt.timedelta(seconds=seconds),
            attempts=Job.attempts + 1,
            updated=func.now(),
            error_code=None,
            error_detail=None,
        )
        .returning(Job.attempts, Job.type, Job.traceparent)
    )
    row = session.execute(statement).one_or_none()
    if row is None:
        return None
    attempt, kind, traceparent = row
    lease = Lease(job_id, owner, step, attempt, kind, traceparent)
    record(session, job_id, step, EventKind.STARTED, attempt=attempt)
    return lease


def renew(session: Session, lease: Lease, seconds: int, progress: WorkDone | None = None) -> None:
    """Prolong the lease and say how far the work is. Raises LeaseLostError."""
    values: dict[str, Any] = {
        "lease_until": func.clock_timestamp() + dt.timedelta(seconds=seconds),
        "updated": func.now(),
    }
    if progress is not None:
        values["progress"] = asdict(progress)
    _change(session, lease, values)


def keep(session: Session, job_id: uuid.UUID, result: StageResult) -> None:
    """Store what was found while the stage goes on, or although it fails."""
    session.execute(update(Job).where(Job.id == job_id).values(**_known(result)))


def advance(
    session: Session, lease: Lease, state: State, message: str, result: StageResult | None = None
) -> None:
    """The stage is done: release the job in its next state. Raises LeaseLostError."""
    values = _known(result) if result else {}
    if state.ended:
        values["finished"] = func.clock_timestamp()
    _change(
        session,
        lease,
        {
            "state": state,
            "lease_owner": None,
            "lease_until": None,
            "attempts": 0,
            "progress": None,
            "updated": func.now(),
            **values,
        },
    )
    record(session, lease.job_id, lease.step, EventKind.SUCCEEDED, message, attempt=lease.attempt)


def reopen(session: Session, lease: Lease, message: str) -> None:
    """extracted -> uploaded: the measurement could not be stored after all."""
    changed = session.execute(
        update(Job)
        .where(Job.id == lease.job_id, Job.state == State.EXTRACTED, Job.lease_owner.is_(None))
        .values(state=State.UPLOADED, attempts=lease.attempt, error_detail=message[:MAX_MESSAGE])
        .returning(Job.id)
    ).one_or_none()
    if changed is not None:
        record(
            session, lease.job_id, lease.step, EventKind.RETRYING, message, attempt=lease.attempt
        )


def back_to_uploaded(session: Session, job_id: uuid.UUID) -> None:
    """To the first stage: its measurement is missing, or its blob is there before its event."""
    session.execute(
        update(Job)
        .where(
            Job.id == job_id,
            or_(
                Job.state.in_((State.CREATED, State.EXTRACTED)),
                and_(Job.state == State.ANALYSING, Job.lease_until < func.clock_timestamp()),
            ),
        )
        .values(state=State.UPLOADED, lease_owner=None, lease_until=None)
    )


def give_back(session: Session, lease: Lease, message: str) -> None:
    """This attempt failed, not because of the media: the next may claim the job at once.

    Does nothing if the lease is lost: another process has the job then.
    """
    _release(session, lease, message, {})


def put_off(session: Session, lease: Lease, message: str) -> None:
    """As `give_back`, but it does not count as an attempt: it could not begin.

    What gives the job its next try is the reconciliation, once it has waited long enough.
    """
    _release(session, lease, message, {"attempts": lease.attempt - 1})


def _release(session: Session, lease: Lease, message: str, values: dict[str, Any]) -> None:
    back = State.UPLOADED if lease.step is Step.EXTRACT else State.EXTRACTED
    try:
        _change(
            session,
            lease,
            {
                "state": back,
                "lease_owner": None,
                "lease_until": None,
                "updated": func.now(),
                "error_detail": message[:MAX_MESSAGE],
                **values,
            },
        )
    except LeaseLostError:
        return
    record(session, lease.job_id, lease.step, EventKind.RETRYING, message, attempt=lease.attempt)


def fail(session: Session, job_id: uuid.UUID, step: Step, code: Code, detail: str) -> bool:
    """The job has failed for good; False where it had ended already or is gone."""
    attempt = session.scalar(
        update(Job)
        .where(Job.id == job_id, Job.state.not_in(ENDED), ~Job.deleting)
        .values(
            state=State.FAILED,
            lease_owner=None,
            lease_until=None,
            progress=None,
            error_code=code,
            error_detail=detail,
            updated=func.now(),
            finished=func.clock_timestamp(),
        )
        .returning(Job.attempts)
    )
    if attempt is None:
        return False
    record(session, job_id, step, EventKind.FAILED, detail, attempt=max(attempt, 1))
    return True


def restart(session: Session, job_id: uuid.UUID, state: State) -> bool:
    """failed -> `state`, with all its attempts before it again; False where it had not failed."""
    changed = session.execute(
        update(Job)
        .where(Job.id == job_id, Job.state == State.FAILED, ~Job.deleting)
        .values(
            state=state,
            attempts=0,
            error_code=None,
            error_detail=None,
            finished=None,
            updated=func.now(),
        )
        .returning(Job.id)
    ).one_or_none()
    return changed is not None


def begin_again(session: Session, job_id: uuid.UUID, state: State, message: str) -> bool:
    """done -> `state`, for a job without its report; False where it is not done any more."""
    changed = session.execute(
        update(Job)
        .where(Job.id == job_id, Job.state == State.DONE, ~Job.deleting)
        .values(state=state, attempts=0, finished=None, updated=func.now())
        .returning(Job.id)
    ).one_or_none()
    if changed is None:
        return False
    step = Step.ANALYSE if state is State.EXTRACTED else Step.EXTRACT
    record(session, job_id, step, EventKind.RETRYING, message)
    return True


def is_last_of_build(session: Session, job: Job) -> bool:
    """Whether no job of the build is open any more.

    Two that end at the same moment would each take the other for open: the lock lets the second
    look when the first has been committed.
    """
    build = func.hashtextextended(f"{job.avatar}\n{job.name}", 0)
    session.execute(select(func.pg_advisory_xact_lock(build)))
    open_one = select(Job.id).where(
        Job.state.not_in(ENDED), ~Job.deleting, Job.avatar == job.avatar, Job.name == job.name
    )
    return session.scalar(open_one.limit(1)) is None


def _known(request: NewJob | StageResult) -> dict[str, Any]:
    """Columns and values of what is not None."""
    values = {item.name: getattr(request, item.name) for item in fields(request)}
    return {name: value for name, value in values.items() if value is not None}


def _change(session: Session, lease: Lease, values: dict[str, Any]) -> None:
    changed = session.execute(
        update(Job)
        .where(Job.id == lease.job_id, Job.lease_owner == lease.owner, ~Job.deleting)
        .values(**values)
        .returning(Job.id)
    ).one_or_none()
    if changed is None:
        raise LeaseLostError(f"job {lease.job_id} is no longer this attempt's")
