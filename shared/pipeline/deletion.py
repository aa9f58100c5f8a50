"""Deleting a job."""

import uuid
from typing import Final

from azure.core.exceptions import HttpResponseError
from sqlalchemy import select

from shared.app import App
from shared.database.tables import ActionUnitReport, Job
from shared.jobs import lifecycle
from shared.pipeline.attempt import job_log
from shared.platform.errors import Code, Problem

HELD: Final = frozenset({403, 409, 412})


def delete(app: App, job_id: uuid.UUID) -> bool:
    """Stop the job's stage, delete its container, then its rows.

    Safe to repeat, and finished by reconciliation where it was interrupted. False where there is
    no such job.
    """
    with app.database.begin() as session:
        job = lifecycle.get(session, job_id)
        if job is None or not lifecycle.begin_deleting(session, job_id):
            return False
    _delete_container(app, job)
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


def _delete_container(app: App, job: Job) -> None:
    """Raises Problem where somebody holds it: a lease of another's is theirs to end, not ours."""
    try:
        app.storage.delete_container(job.container, though_leased=job.container == str(job.id))
    except HttpResponseError as error:
        if error.status_code not in HELD:
            raise
        raise Problem(
            Code.STATE_CONFLICT,
            "Storage does not let the job's container be deleted: a lease, a hold or a policy of "
            "another program keeps it. The job is hidden, and deleted when that has ended.",
        ) from error
