"""Deleting a job."""

import uuid
from typing import Final

from azure.core.exceptions import HttpResponseError

from shared.app import App
from shared.database.tables import Job
from shared.jobs import lifecycle, removal
from shared.pipeline import replacement
from shared.pipeline.attempt import job_log
from shared.platform.errors import Code, Problem

HELD: Final = frozenset({403, 409, 412})


def delete(app: App, job_id: uuid.UUID) -> bool:
    """Stop the job's stage, delete its blobs, then its rows.

    A container of ours goes whole. In another program's only the job's media and outputs go, and
    the container with the last blob in it.

    Safe to repeat, and finished by reconciliation where it was interrupted. False where there is
    no such job.
    """
    with app.database.begin() as session:
        job = lifecycle.get(session, job_id)
        if job is None or not removal.begin(session, job_id):
            return False
    _delete_blobs(app, job)
    with app.database.begin() as session:
        removal.finish(session, job_id)
    job_log(job_id).info("deleted")
    return True


def _delete_blobs(app: App, job: Job) -> None:
    """Raises Problem where somebody holds one: a lease of another's is theirs to end, not ours."""
    storage = app.storage
    try:
        if not job.is_foreign:
            storage.delete_container(job.container, though_leased=True)
            return
        storage.delete_blob(job.container, job.blob, though_leased=False)
        replacement.delete_outputs(app, job)
        if storage.is_empty(job.container):
            storage.delete_container(job.container)
    except HttpResponseError as error:
        if error.status_code not in HELD:
            raise
        raise Problem(
            Code.STATE_CONFLICT,
            "Storage does not let the job's media be deleted: a lease, a hold or a policy of "
            "another program keeps it. The job is hidden, and deleted when that has ended.",
        ) from error
