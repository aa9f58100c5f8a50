"""What happens on an event. Triggers call these functions; all of them may be called again.

blob_uploaded    a blob appeared: media -> extract, openface.csv -> analyse
resume           go on with a job where it stands
give_up          the host has tried often enough

Events come late, twice and out of order: what counts is the blob's content as it is by then.

What no event will take up is for `shared.pipeline.reconciliation`.
"""

import uuid

from sqlalchemy.orm import Session

from shared.app import App
from shared.database.tables import Job, State, Step
from shared.jobs import again, containers, lifecycle
from shared.jobs.outputs import of
from shared.pipeline import adoption, ending, replacement
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
    job = (
        _find(app, container, blob)
        or app.patiently(lambda: adoption.adopt(app, container, blob), job_log(container))
        or _find(app, container, blob)  # another delivery may have been quicker
    )
    if job is None:
        return
    if job.is_foreign and blob == job.blob:
        app.transaction(lambda session: again.ask(session, job.id), job_log(job.id))
    if blob == blob_names.MEASUREMENT_BLOB:
        _work(app, job.id, Step.ANALYSE)
        return
    if job.state == State.CREATED:
        app.transaction(
            lambda session: lifecycle.mark_uploaded(session, job.id, job.filename), job_log(job.id)
        )
    _work(app, job.id, Step.EXTRACT)


def resume(app: App, job_id: uuid.UUID) -> None:
    """Go on with a job from where it stands; quiet where it has ended or is gone."""
    with app.database.begin() as session:
        job = lifecycle.get(session, job_id)
    if job is None or job.deleting:
        return
    if State(job.state).ended:
        replacement.look(app, job_id)
        return
    measured = State(job.state) in (State.ANALYSING, State.EXTRACTED)
    if measured and beginning(app, job) is State.EXTRACTED:
        _work(app, job.id, Step.ANALYSE)
        return
    with app.database.begin() as session:
        lifecycle.back_to_uploaded(session, job_id)
    _work(app, job.id, Step.EXTRACT)


def beginning(app: App, job: Job) -> State:
    """Where a job begins again: at the analysis if its measurement is there."""
    there = app.storage.has(job.container, of(job).result(blob_names.MEASUREMENT_BLOB))
    return State.EXTRACTED if there else State.UPLOADED


def _work(app: App, job_id: uuid.UUID, step: Step) -> None:
    """An attempt at a stage; then its media is looked at, if that was asked for meanwhile."""
    run(app, job_id, step, extract if step is Step.EXTRACT else analyse)
    replacement.look(app, job_id)


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


def give_up_blob(app: App, container: str, blob: str) -> None:
    """As `give_up`, for the job of a blob; quiet where it has none."""
    job = _find(app, container, blob)
    if job is not None:
        give_up(app, job.id)


def _find(app: App, container: str, blob: str) -> Job | None:
    """The job whose media this is, or whose measurement."""

    def find(session: Session) -> Job | None:
        job = containers.by_blob(session, container, blob)
        if job is None and blob == blob_names.MEASUREMENT_BLOB:
            return containers.first(session, container)
        return job

    return app.transaction(find, job_log(container))


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
