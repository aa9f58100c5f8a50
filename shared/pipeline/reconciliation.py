"""What no event will take up. Timers call these functions; all of them may be called again.

reconcile     lost events, dead leases, unfinished uploads and deletions, retention, webhooks
adopt_lost    media without a job, and media that was replaced without an event
mend          finished jobs without their report

Each job and container by itself: what one of them raises is counted, logged and left for later.
"""

import datetime as dt
from typing import Final

from shared.app import App
from shared.database.tables import Job, State, Step
from shared.jobs import again, containers, lifecycle, overdue
from shared.pipeline import adoption, ending, events, replacement, webhooks
from shared.pipeline.attempt import job_log
from shared.pipeline.deletion import delete
from shared.platform import telemetry
from shared.platform.errors import Code

RECONCILE_LIMIT: Final = 100  # jobs per run of the timer; the rest waits for the next


def reconcile(app: App) -> int:
    """Take up what no event will. Returns the number of jobs that were touched."""
    with app.database.begin() as session:
        found = overdue.stale(session, app.settings.reconcile_after_seconds, RECONCILE_LIMIT)
    touched = app.setbacks.each(
        "reconcile", found, lambda job: _take_up(app, job), key=_key, log=job_log
    )
    with app.database.begin() as session:
        unlooked = again.asked(session, RECONCILE_LIMIT)
    touched += app.setbacks.each(
        "reconcile", unlooked, lambda job_id: replacement.look(app, job_id), key=str, log=job_log
    )
    webhooks.take_up(app)
    return touched + _retain(app)


def _take_up(app: App, job: Job) -> bool:
    log = job_log(job.id)
    if job.deleting:
        delete(app, job.id)
    elif job.state == State.CREATED and not app.storage.has(job.container, job.blob):
        if job.upload_until > dt.datetime.now(dt.UTC):
            return False
        with app.database.begin() as session:
            now = session.get(Job, job.id, with_for_update=True)
            if now is None or (now.state, now.upload_until) != (job.state, job.upload_until):
                return False  # it goes on
            detail = "The upload was not finished in time. Upload the file again."
            ending.failed(
                session,
                app.settings,
                job.id,
                Step.UPLOAD,
                code=Code.UPLOAD_INCOMPLETE,
                detail=detail,
            )
        ending.announce(app, job.id, log)
        telemetry.job_ended(State.FAILED, job.type, Code.UPLOAD_INCOMPLETE)
        log.warning("reconcile: upload never finished")
    elif job.attempts >= lifecycle.MAX_ATTEMPTS:
        events.give_up(app, job.id)
    else:
        app.storage.enqueue_retry(str(job.id))
        log.warning("reconcile: %s, going on with it", job.state)
    return True


def _key(job: Job) -> str:
    return str(job.id)


def adopt_lost(app: App) -> int:
    """Adopt media without a job. Returns in how many containers there was some.

    Their event was lost, or the database is older than the storage. Looks at every container of
    the account but for those that are a job's own, so it runs rarely.
    """
    adopted = 0
    for names in app.storage.containers():
        with app.database.begin() as session:
            unknown = containers.not_ours(session, names)
        adopted += app.setbacks.each(
            "adopt_lost",
            unknown,
            lambda container: _adopt_all(app, container),
            key=str,
            log=job_log,
        )
    return adopted


def _adopt_all(app: App, container: str) -> bool:
    """Take up what no event told of; False where there is nothing."""
    there = app.storage.etags(container)
    with app.database.begin() as session:
        known = {job.blob: job for job in containers.jobs_in(session, container)}
    found = [_changed(app, job, there.get(blob)) for blob, job in known.items()]
    unknown = [blob for blob in there if blob not in known]
    for blob in adoption.candidates(unknown):
        job = adoption.adopt(app, container, blob)
        if job is not None and job.blob not in known:
            known[job.blob] = job
            app.storage.enqueue_retry(str(job.id))
            job_log(job.id).warning("adopt: container without a job, now %s", job.state)
            found.append(True)
    return any(found)


def _changed(app: App, job: Job, etag: str | None) -> bool:
    """Whether the job's media was replaced; then it is looked at as on an event."""
    if None in (etag, job.etag) or etag == job.etag:
        return False
    with app.database.begin() as session:
        begun = again.ask(session, job.id)
    if begun:
        app.storage.enqueue_retry(str(job.id))
    return begun


def mend(app: App) -> int:
    """Begin finished jobs without a measurement again. Returns their number.

    They go on from what storage still has of them: at the analysis where their measurement is
    there; without media they fail and say so.
    """
    with app.database.begin() as session:
        found = overdue.without_report(session, RECONCILE_LIMIT)
    return app.setbacks.each(
        "mend", found, lambda job: _begin_again(app, job), key=_key, log=job_log
    )


def _begin_again(app: App, job: Job) -> bool:
    state = events.beginning(app, job)
    with app.database.begin() as session:
        begun = lifecycle.begin_again(session, job.id, state, "its report was not in the database")
    if begun:
        app.storage.enqueue_retry(str(job.id))
        job_log(job.id).warning("mend: done without a measurement, now %s", state)
    return begun


def _retain(app: App) -> int:
    days = app.settings.retention_days
    if not days:
        return 0
    with app.database.begin() as session:
        # what could not be deleted is `deleting`: reconciliation goes on with it, in its turn
        old = overdue.ended_before(session, days, RECONCILE_LIMIT)
    return app.setbacks.each(
        "retain", old, lambda job_id: delete(app, job_id), key=str, log=job_log
    )
