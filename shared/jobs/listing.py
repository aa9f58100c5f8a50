"""Jobs for lists; nothing is changed. Functions take the session of a transaction."""

import uuid
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from pydantic import AwareDatetime
from sqlalchemy import ColumnElement, exists, select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from shared.analysis.report import Verdict
from shared.database.filters import equal
from shared.database.report_tables import AnalysisReport
from shared.database.tables import EventKind, Job, JobEvent, State, Step
from shared.measurements.model import MediaType

Place = tuple[AwareDatetime, uuid.UUID]
"""Of a job in the list: when it was created; its id, where two were at the same time."""


def place(job: Job) -> Place:
    return job.created, job.id


@dataclass(frozen=True, slots=True)
class WantedJobs:
    """What jobs of a list have in common; None: anything."""

    state: State | None = None
    avatar: str | None = None
    name: str | None = None  # of the build
    file: str | None = None  # a part of its name, in any case of letters
    media_type: MediaType | None = None
    verdict: Verdict | None = None  # the worst of its reports

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        yield from equal(
            (Job.state, self.state),
            (Job.avatar, self.avatar),
            (Job.name, self.name),
            (Job.type, self.media_type),
        )
        if self.file is not None:
            yield Job.filename.icontains(self.file, autoescape=True)
        if self.verdict is not None:
            worse = [verdict for verdict in Verdict if verdict.rank < self.verdict.rank]
            yield _held(self.verdict)
            if worse:
                yield ~_held(*worse)


def _held(*verdicts: Verdict) -> ColumnElement[bool]:
    """Whether a job has a report with one of these."""
    return exists().where(
        AnalysisReport.report_id == Job.report_id, AnalysisReport.verdict.in_(verdicts)
    )


def newest(
    session: Session,
    limit: int,
    wanted: WantedJobs = WantedJobs(),
    *,
    only: Collection[uuid.UUID] | None = None,
    before: Place | None = None,
) -> list[Job]:
    """Newest first, those that are older than `before`; with `only`, of these jobs."""
    query = select(Job).where(~Job.deleting, *wanted.conditions())
    query = query.order_by(Job.created.desc(), Job.id.desc())
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
