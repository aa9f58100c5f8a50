"""What happens on an event. Triggers call these functions; all of them may be called again.

blob_uploaded    a blob appeared: media -> extract, openface.csv -> analyse
resume           go on with a job where it stands
give_up          the host has tried often enough

What no event will take up is for `shared.pipeline.reconciliation`.
"""

import uuid

from sqlalchemy.orm import Session

from shared.app import App
from shared.database.tables import Job, State, Step
from shared.jobs import lifecycle
from shared.pipeline import adoption, ending
from shared.pipeline.analyse import analyse
from shared.pipeline.attempt import job_log, run
from shared.pipeline.extract import extract
from shared.platform import blob_names, telemetry
from shared.platform.errors import Code
from shared.platform.settings import Settings
from shared.platform.telemetry import SpanName


def blob_uploaded(app: App, container: str, blob: str) -> None:
    """Do what a finished upload asks for. What is not the pipeline's is left alone, cheaply."""
    if not blob_names.wants_event(container, blob):
        return
    job = _find(app, container) or app.patiently(
        lambda: adoption.adopt(app, container, blob), job_log(container)
    )
    if job is None:
        return
    if blob == blob_names.MEASUREMENT_BLOB:
        run(app, job.id, Step.ANALYSE, analyse)
    elif blob == job.blob:
        if job.state == State.CREATED:
            app.transaction(
                lambda session: lifecycle.mark_uploaded(session, job.id, job.filename),
                job_log(job.id),
            )
        run(app, job.id, Step.EXTRACT, extract)


def resume(app: App, job_id: uuid.UUID) -> None:
    """Go on with a job from where it stands; quiet where it has ended or is gone."""
    with app.database.begin() as session:
        job = lifecycle.get(session, job_id)
    if job is None or job.deleting or State(job.state).ended:
        return
    measured = State(job.state) in (State.ANALYSING, State.EXTRACTED)
    if measured and beginning(app, job.container) is State.EXTRACTED:
        run(app, job.id, Step.ANALYSE, analyse)
        return
    with app.database.begin() as session:
        lifecycle.back_to_uploaded(session, job_id)
    run(app, job.id, Step.EXTRACT, extract)


def beginning(app: App, container: str) -> State:
    """Where a job begins again: at the analysis if its measurement is there."""
    there = app.storage.has(container, blob_names.MEASUREMENT_BLOB)
    return State.EXTRACTED if there else State.UPLOADED


def give_up(app: App, job_id: uuid.UUID) -> None:
    """The host has tried MAX_ATTEMPTS times: the job has failed, with its last error.

    Unless none of the tries got as far as an attempt, because the database was away or refused:
    then nothing has been found out about this job, and reconciliation takes it up.
    """

    def record(session: Session) -> Job | None:
        job = lifecycle.get(session, job_id)
        if job is None or job.attempts == 0 or not _fail_exhausted(session, app.settings, job):
            return None
        return job

    log = job_log(job_id)
    job = app.transaction(record, log)
    if job is None:
        return
    code = Code.ATTEMPTS_EXHAUSTED
    with telemetry.job(job_id), telemetry.span(SpanName.GIVE_UP, parent=job.traceparent) as span:
        span.fail(code)
        telemetry.job_ended(State.FAILED, job.type, code)
        log.error("failed: every attempt met an error")
        ending.announce(app, job_id, log)


def give_up_container(app: App, container: str) -> None:
    """As `give_up`, for the job of a container; quiet where it has none."""
    job = _find(app, container)
    if job is not None:
        give_up(app, job.id)


def _find(app: App, container: str) -> Job | None:
    return app.transaction(
        lambda session: lifecycle.by_container(session, container), job_log(container)
    )


def _fail_exhausted(session: Session, settings: Settings, job: Job) -> bool:
    step = Step.ANALYSE if job.state in (State.EXTRACTED, State.ANALYSING) else Step.EXTRACT
    last = job.error_detail or "The process ended without a word."
    return ending.failed(
        session,
        settings,
        job.id,
        step,
        code=Code.ATTEMPTS_EXHAUSTED,
        detail=f"Failed in {job.attempts} attempts. The last error: {last}",
    )
