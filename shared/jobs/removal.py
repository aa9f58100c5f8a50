"""A job's rows go: hidden first, deleted when its blobs are gone.

Every function takes the session of the caller's transaction.
"""

import uuid

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from shared.database import extractions
from shared.database.tables import EarlierReport, Job


def begin(session: Session, job_id: uuid.UUID) -> bool:
    """Hide the job and take its lease away; False if there is no such job."""
    changed = session.execute(
        update(Job)
        .where(Job.id == job_id)
        .values(
            deleting=True,
            idempotency_key=None,
            lease_owner=None,
            lease_until=None,
            updated=func.now(),
        )
        .returning(Job.id)
    ).one_or_none()
    return changed is not None


def finish(session: Session, job_id: uuid.UUID) -> None:
    """Delete the job and all of its measurements; quiet where another was quicker."""
    job = session.scalar(select(Job).where(Job.id == job_id).with_for_update())
    if job is None:
        return
    earlier = select(EarlierReport.report_id).where(EarlierReport.job_id == job_id)
    report_ids = [*session.scalars(earlier), *filter(None, [job.report_id])]
    session.delete(job)
    session.flush()
    extractions.delete_reports(session, report_ids)
