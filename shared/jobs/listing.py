"""Jobs for lists; nothing is changed. Functions take the session of a transaction."""

import uuid
from collections.abc import Collection, Iterable
from typing import Any

from pydantic import AwareDatetime
from sqlalchemy import select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from shared.database.tables import EventKind, Job, JobEvent, State, Step
from shared.measurements.model import MediaType

Place = tuple[AwareDatetime, uuid.UUID]
"""Of a job in the list: when it was created; its id, where two were at the same time."""


def place(job: Job) -> Place:
    return job.created, job.id


def newest(
    session: Session,
    limit: int,
    *,
    state: State | None = None,
    avatar: str | None = None,
    media_type: MediaType | None = None,
    only: Collection[uuid.UUID] | None = None,
    before: Place | None = None,
) -> list[Job]:
    """Newest first, those that are older than `before`; with `only`, of these jobs."""
    query = select(Job).where(~Job.deleting).order_by(Job.created.desc(), Job.id.desc())
    wanted: tuple[tuple[Any, Any], ...] = (
        (Job.state, state),
        (Job.avatar, avatar),
        (Job.type, media_type),
    )
    for column, value in wanted:
        if value is not None:
            query = query.where(column == value)
    if only is not None:
        query = query.where(Job.id.in_(only))
    if before is not None:
        query = query.where(tuple_(Job.created, Job.id) < tuple_(*before))
    return list(session.scalars(query.limit(limit)))


def avatars(session: Session, limit: int) -> list[str]:
    """Names that jobs give, in order."""
    query = select(Job.avatar).distinct().order_by(Job.avatar).limit(limit)
    return list(session.scalars(query))


def failed_steps(session: Session, job_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Step]:
    """In which step these jobs failed; those that did not are missing."""
    query = (
        select(JobEvent.job_id, JobEvent.step)
        .ext(distinct_on(JobEvent.job_id))
        .where(JobEvent.job_id.in_(list(job_ids)), JobEvent.happening == EventKind.FAILED)
        .order_by(JobEvent.job_id, JobEvent.id.desc())
    )
    return {job_id: Step(step) for job_id, step in session.execute(query)}
