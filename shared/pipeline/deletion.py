"""Deleting a job."""

import uuid

from sqlalchemy import select

from shared.app import App
from shared.database.tables import ActionUnitReport, Job
from shared.jobs import lifecycle
from shared.pipeline.attempt import job_log


def delete(app: App, job_id: uuid.UUID) -> bool:
    """Whoever works on the job is stopped, then its container goes, then its rows.

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
