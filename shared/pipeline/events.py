"""What happens on an event. Triggers call these functions; all of them may be called again.

blob_uploaded    a blob appeared: media -> extract, openface.csv -> analyse
resume           go on with a job where it stands
give_up          the host has tried often enough
reconcile        lost events, dead leases, unfinished uploads and deletions, retention
adopt_lost       containers without a job
mend             finished jobs without their report
delete           the container, then the rows
"""

import datetime as dt
import uuid
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.app import App
from shared.database.tables import ActionUnitReport, Job, State, Step
from shared.jobs import lifecycle
from shared.pipeline import adoption
from shared.pipeline.analyse import analyse
from shared.pipeline.attempt import job_log, run
from shared.pipeline.extract import extract
from shared.platform import blob_names, telemetry
from shared.platform.errors import Code
from shared.platform.outages import patiently
from shared.platform.telemetry import SpanName

RECONCILE_LIMIT: Final = 100  # jobs per run of the timer; the rest waits for the next


def blob_uploaded(app: App, container: str, blob: str) -> None:
    """Do what a finished upload asks for. What is not the pipeline's is left alone, cheaply."""
    if not blob_names.wants_event(container, blob):
        return
    job = _find(app, container) or _adopt(app, container, blob)
    if job is None:
        return
    if blob == blob_names.MEASUREMENT_BLOB:
        run(app, job.id, Step.ANALYSE, analyse)
    elif blob == job.blob:
        _mark_uploaded(app, job)
        run(app, job.id, Step.EXTRACT, extract)


def resume(app: App, job_id: uuid.UUID) -> None:
    """Go on with a job from where it stands; quiet where it has ended or is gone."""
    with app.database.begin() as session:
        job = lifecycle.get(session, job_id)
    if job is None or job.deleting or State(job.state).ended:
        return
    if State(job.state) in (State.ANALYSING, State.EXTRACTED) and _has_measurement(app, job):
        run(app, job.id, Step.ANALYSE, analyse)
        return
    with app.database.begin() as session:
        lifecycle.back_to_uploaded(session, job_id)
    run(app, job.id, Step.EXTRACT, extract)


def give_up(app: App, job_id: uuid.UUID) -> None:
    """The host has tried MAX_ATTEMPTS times: the job has failed, with its last error.

    Unless none of the tries got as far as an attempt, because the database was away or refused:
    then nothing has been found out about this job, and reconciliation takes it up.
    """

    def record() -> Job | None:
        with app.database.begin() as session:
            job = lifecycle.get(session, job_id)
            exhausted = job is not None and job.attempts > 0 and _fail_exhausted(session, job)
            return job if exhausted else None

    log = job_log(job_id)
    job = patiently(record, app.settings.outage_patience_seconds, log)
    if job is None:
        return
    code = Code.ATTEMPTS_EXHAUSTED
    with telemetry.job(job_id), telemetry.span(SpanName.GIVE_UP, parent=job.traceparent) as span:
        span.fail(code)
        telemetry.job_ended(State.FAILED, job.type, code)
        log.error("failed: every attempt met an error")


def give_up_container(app: App, container: str) -> None:
    """As `give_up`, for the job of a container; quiet where it has none."""
    job = _find(app, container)
    if job is not None:
        give_up(app, job.id)


def delete(app: App, job_id: uuid.UUID) -> bool:
    """Delete a job: whoever works on it is stopped, then the container goes, then the rows.

    Safe to repeat, and finished by reconciliation where it was interrupted. False where there is
    no such job.
    """
    with app.database.begin() as session:
        job = lifecycle.get(session, job_id)
        if job is None or not lifecycle.begin_deleting(session, job_id):
            return False
    app.storage.delete_container(job.container)
    with app.database.begin() as session:
        row = session.scalar(select(Job).where(Job.id == job_id).with_for_update())
        if row is not None:
            report = row.report_id and session.get(ActionUnitReport, row.report_id)
            session.delete(row)
            session.flush()
            if report:
                session.delete(report)
    job_log(job_id).info("deleted")
    return True


def reconcile(app: App) -> int:
    """Take up what no event will. Returns the number of jobs that were touched."""
    with app.database.begin() as session:
        found = lifecycle.stale(session, app.settings.reconcile_after_seconds, RECONCILE_LIMIT)
    for job in found:
        log = job_log(job.id)
        if job.deleting:
            delete(app, job.id)
        elif job.state == State.CREATED and not app.storage.has(job.container, job.blob):
            with app.database.begin() as session:
                detail = "The upload was not finished in time. Upload the file again."
                lifecycle.fail(session, job.id, Step.UPLOAD, Code.UPLOAD_INCOMPLETE, detail)
            telemetry.job_ended(State.FAILED, job.type, Code.UPLOAD_INCOMPLETE)
            log.warning("reconcile: upload never finished")
        elif job.attempts >= lifecycle.MAX_ATTEMPTS:
            give_up(app, job.id)
        else:
            app.storage.enqueue_retry(str(job.id))
            log.warning("reconcile: %s, going on with it", job.state)
    return len(found) + _retain(app)


def adopt_lost(app: App) -> int:
    """Adopt containers without a job. Returns their number.

    Their event was lost, or the database is older than the storage. Looks at every container of
    the account, so it runs rarely.
    """
    adopted = 0
    for containers in app.storage.containers():
        with app.database.begin() as session:
            unknown = lifecycle.without_job(session, containers)
        adopted += sum(_adopt_first(app, container) for container in unknown)
    return adopted


def _adopt_first(app: App, container: str) -> bool:
    """Adopt a container by the first media blob in it; False where it has none."""
    for blob in adoption.candidates(app.storage.blobs(container)):
        job = adoption.adopt(app, container, blob)
        if job is not None:
            app.storage.enqueue_retry(str(job.id))
            job_log(job.id).warning("adopt: container without a job, now %s", job.state)
            return True
    return False


def mend(app: App) -> int:
    """Begin finished jobs without a report again. Returns their number.

    They go on from what storage still has of them: at the analysis where their measurement is
    there; without media they fail and say so.
    """
    with app.database.begin() as session:
        found = lifecycle.without_report(session, RECONCILE_LIMIT)
    return sum(_begin_again(app, job) for job in found)


def _begin_again(app: App, job: Job) -> bool:
    state = State.EXTRACTED if _has_measurement(app, job) else State.UPLOADED
    with app.database.begin() as session:
        begun = lifecycle.begin_again(session, job.id, state, "its report was not in the database")
    if begun:
        app.storage.enqueue_retry(str(job.id))
        job_log(job.id).warning("mend: done without a report, now %s", state)
    return begun


def _retain(app: App) -> int:
    days = app.settings.retention_days
    if not days:
        return 0
    before = dt.datetime.now(dt.UTC) - dt.timedelta(days=days)
    with app.database.begin() as session:
        old = session.scalars(
            select(Job.id).where(Job.finished < before).limit(RECONCILE_LIMIT)
        ).all()
    for job_id in old:
        delete(app, job_id)
    return len(old)


def _find(app: App, container: str) -> Job | None:
    def look() -> Job | None:
        with app.database.begin() as session:
            return lifecycle.by_container(session, container)

    return patiently(look, app.settings.outage_patience_seconds, job_log(container))


def _adopt(app: App, container: str, blob: str) -> Job | None:
    return patiently(
        lambda: adoption.adopt(app, container, blob),
        app.settings.outage_patience_seconds,
        job_log(container),
    )


def _mark_uploaded(app: App, job: Job) -> None:
    if job.state != State.CREATED:
        return

    def mark() -> bool:
        with app.database.begin() as session:
            return lifecycle.mark_uploaded(session, job.id, job.filename)

    patiently(mark, app.settings.outage_patience_seconds, job_log(job.id))


def _has_measurement(app: App, job: Job) -> bool:
    return app.storage.has(job.container, blob_names.MEASUREMENT_BLOB)


def _fail_exhausted(session: Session, job: Job) -> bool:
    step = Step.ANALYSE if job.state in (State.EXTRACTED, State.ANALYSING) else Step.EXTRACT
    last = job.error_detail or "The process ended without a word."
    return lifecycle.fail(
        session,
        job.id,
        step,
        Code.ATTEMPTS_EXHAUSTED,
        f"Failed in {job.attempts} attempts. The last error: {last}",
    )
