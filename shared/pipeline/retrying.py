"""A failed job begins again, because somebody wants it to: with all its attempts before it."""

import uuid

from shared.app import App
from shared.database.tables import Job, State
from shared.jobs import lifecycle, limits
from shared.pipeline.events import beginning
from shared.platform.errors import Code, Problem


def retry(app: App, job_id: uuid.UUID) -> Job | None:
    """At the analysis where its measurement is there. None where there is no such job.

    Raises Problem `state_conflict` where it has not failed, and `too_many_open_jobs`.
    """
    with app.database.begin() as session:
        job = lifecycle.visible(session, job_id)
    if job is None:
        return None
    state = beginning(app, job)
    with app.database.begin() as session:
        limits.one_at_a_time(session, app.settings)
        if job.state == State.FAILED:
            limits.check_open(session, app.settings)
        if not lifecycle.restart(session, job_id, state):
            raise Problem(
                Code.STATE_CONFLICT, f"Only a failed job can be retried; this one is {job.state}."
            )
        job = session.get_one(Job, job_id, populate_existing=True)
    app.storage.enqueue_retry(str(job_id))
    return job
