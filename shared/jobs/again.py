"""A job begins again because its media is another: replaced, or there at last.

Every function takes the session of the caller's transaction.
"""

import datetime as dt
import uuid
from typing import Any, Final

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.database.tables import ENDED, EarlierReport, EventKind, Job, State, Step
from shared.jobs.lifecycle import record
from shared.platform.errors import Code

_BEGUN: Final = (State.EXTRACTING, State.EXTRACTED, State.ANALYSING, *ENDED)


def ask(session: Session, job_id: uuid.UUID) -> bool:
    """Have the media looked at when the job has ended; False where no stage has seen it yet."""
    changed = session.execute(
        update(Job)
        .where(Job.id == job_id, Job.state.in_(_BEGUN), ~Job.deleting)
        .values(look_again=True)
        .returning(Job.id)
    ).one_or_none()
    return changed is not None


def asked(session: Session, limit: int) -> list[uuid.UUID]:
    """Ended jobs whose media has not been looked at, although that was asked for."""
    return list(
        session.scalars(
            select(Job.id)
            .where(Job.look_again, Job.state.in_(ENDED), ~Job.deleting)
            .order_by(Job.updated)
            .limit(limit)
        )
    )


def nothing_new(session: Session, job_id: uuid.UUID) -> None:
    session.execute(update(Job).where(Job.id == job_id).values(look_again=False))


def replaced(session: Session, job: Job, state: State, said: dict[str, Any]) -> bool:
    """ended -> `state`; its report stays, as one of what the media was before.

    `said` is what the new content says of itself. False where the job has begun again already.
    """
    report = job.report_id
    changed = session.execute(
        update(Job)
        .where(
            Job.id == job.id, Job.look_again, Job.state.in_(ENDED), ~Job.deleting,
            Job.report_id.is_not_distinct_from(report),
        )
        .values(
            state=state, look_again=False, attempts=0, report_id=None, media=None,
            error_code=None, error_detail=None, finished=None, updated=func.now(), **said,
        )
        .returning(Job.id)
    ).one_or_none()  # fmt: skip
    if changed is None:
        return False
    message = "the media was replaced, and is measured anew"
    if report is not None:
        session.execute(insert(EarlierReport).values(report_id=report, job_id=job.id))
        message += f"; report {report} is of what it was before"
    step = Step.ANALYSE if state is State.EXTRACTED else Step.EXTRACT
    record(session, job.id, step, EventKind.RETRYING, message)
    return True


def upload_goes_on(session: Session, job_id: uuid.UUID, until: dt.datetime) -> Job | None:
    """The job, created again, where its upload was cut off; None where its media is known to be."""
    given_up = and_(Job.state == State.FAILED, Job.error_code == Code.UPLOAD_INCOMPLETE)
    job = session.scalars(
        update(Job)
        .where(Job.id == job_id, ~Job.deleting, or_(Job.state == State.CREATED, given_up))
        .values(
            state=State.CREATED, upload_until=until, updated=func.now(),
            error_code=None, error_detail=None, finished=None,
        )
        .returning(Job)
    ).one_or_none()  # fmt: skip
    if job is not None:
        record(session, job_id, Step.UPLOAD, EventKind.RETRYING, "sent again with the same key")
    return job
