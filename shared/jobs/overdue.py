"""Jobs that no event will take up, for the timers. Functions take the session of a transaction."""

import datetime as dt
import uuid
from collections.abc import Iterable

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from shared.database.tables import Extraction, Job, State


def stale(session: Session, seconds: int, limit: int) -> list[Job]:
    """Open jobs that nobody works on: dead leases, and jobs whose event seems lost.

    Among them are uploads that may still come: whether their media is there is for storage to say.

    Their `updated` is set to now, so that one reconciliation at a time takes them up.
    """
    now = func.clock_timestamp()
    before = now - dt.timedelta(seconds=seconds)
    waiting = and_(Job.state.in_((State.UPLOADED, State.EXTRACTED)), Job.updated < before)
    dead = and_(Job.state.in_((State.EXTRACTING, State.ANALYSING)), Job.lease_until < now)
    unfinished = and_(Job.state == State.CREATED, or_(Job.upload_until < now, Job.updated < before))
    deleted = and_(Job.deleting, Job.updated < before)
    found = (
        select(Job.id)
        .where(or_(and_(or_(waiting, dead, unfinished), ~Job.deleting), deleted))
        .order_by(Job.updated)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids: Iterable[uuid.UUID] = session.scalars(found).all()
    statement = update(Job).where(Job.id.in_(ids)).values(updated=now).returning(Job)
    return list(session.scalars(statement))


def without_report(session: Session, limit: int) -> list[Job]:
    """Finished jobs whose report is not there, or not whole: somebody deleted rows."""
    whole = select(Extraction).where(Extraction.report_id == Job.report_id).exists()
    found = (
        select(Job.id)
        .where(Job.state == State.DONE, ~Job.deleting, ~whole)
        .order_by(Job.updated)
        .limit(limit)
    )
    ids: Iterable[uuid.UUID] = session.scalars(found).all()
    # looked at now: what cannot be mended lets others have their turn
    touched = update(Job).where(Job.id.in_(ids)).values(updated=func.clock_timestamp())
    return list(session.scalars(touched.returning(Job)))


def ended_before(session: Session, days: int, limit: int) -> list[uuid.UUID]:
    """Jobs that ended longer ago, oldest first; without those whose deletion was begun."""
    before = func.clock_timestamp() - dt.timedelta(days=days)
    query = select(Job.id).where(Job.finished < before, ~Job.deleting)
    return list(session.scalars(query.order_by(Job.finished).limit(limit)))
