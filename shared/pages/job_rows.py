"""A job as a row of the list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal
from uuid import UUID

from shared.api.job_bodies import JobSummary
from shared.app import App
from shared.database.tables import State, Step
from shared.jobs import listing

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
    words: str | None = None  # the verdict of a natural set, as said

    @property
    def open(self) -> bool:
        return not self.job.state.ended


def rows(
    app: App, jobs: Sequence[JobSummary], words: Mapping[UUID, str] = MappingProxyType({})
) -> list[JobRow]:
    ended_badly = [job.id for job in jobs if job.state is State.FAILED]
    failed: Mapping[UUID, Step] = {}
    if ended_badly:
        with app.database.begin() as session:
            failed = listing.failed_steps(session, ended_badly)
    return [JobRow(job, _steps(job, failed), words.get(job.id)) for job in jobs]


def _steps(job: JobSummary, failed: Mapping[UUID, Step]) -> Mapping[Step, str]:
    if job.state is not State.FAILED:
        return dict(zip(Step, _REACHED[job.state], strict=True))
    at = list(Step).index(failed.get(job.id, Step.UPLOAD))
    return {
        step: "succeeded" if place < at else "failed" if place == at else "pending"
        for place, step in enumerate(Step)
    }
