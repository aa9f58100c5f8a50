"""A job as a row of the list."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from shared.api.job_bodies import JobSummary
from shared.app import App
from shared.database.tables import EventKind, JobEvent, State, Step

Pip = Literal["pending", "running", "succeeded", "failed"]

_REACHED: Final = {
    State.CREATED: ("running", "pending", "pending"),
    State.UPLOADED: ("succeeded", "pending", "pending"),
    State.EXTRACTING: ("succeeded", "running", "pending"),
    State.EXTRACTED: ("succeeded", "succeeded", "pending"),
    State.ANALYSING: ("succeeded", "succeeded", "running"),
    State.DONE: ("succeeded", "succeeded", "succeeded"),
}


@dataclass(frozen=True, slots=True)
class JobRow:
    job: JobSummary
    steps: Mapping[Step, str]  # of `Pip`

    @property
    def open(self) -> bool:
        return not self.job.state.ended


def rows(app: App, jobs: Sequence[JobSummary]) -> list[JobRow]:
    failed = _failed_steps(app, [job.id for job in jobs if job.state is State.FAILED])
    return [JobRow(job, _steps(job, failed)) for job in jobs]


def _steps(job: JobSummary, failed: Mapping[UUID, Step]) -> Mapping[Step, str]:
    if job.state is not State.FAILED:
        return dict(zip(Step, _REACHED[job.state], strict=True))
    at = list(Step).index(failed.get(job.id, Step.UPLOAD))
    return {
        step: "succeeded" if place < at else "failed" if place == at else "pending"
        for place, step in enumerate(Step)
    }


def _failed_steps(app: App, ids: Iterable[UUID]) -> dict[UUID, Step]:
    wanted = list(ids)
    if not wanted:
        return {}
    query = (
        select(JobEvent.job_id, JobEvent.step)
        .ext(distinct_on(JobEvent.job_id))
        .where(JobEvent.job_id.in_(wanted), JobEvent.happening == EventKind.FAILED)
        .order_by(JobEvent.job_id, JobEvent.id.desc())
    )
    with app.database.begin() as session:
        return {job_id: Step(step) for job_id, step in session.execute(query)}
