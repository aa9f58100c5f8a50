"""Webhooks as rows: what is to be told of a job's end, to whom, and what was answered.

Every function takes the session of the caller's transaction; all times are the database's. A
delivery is due when its `next_try` has come. Who sends it claims it first, which moves `next_try`
on: a message that comes twice finds nothing due, and what a killed sender held is due again later.
"""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.database.tables import Job, WebhookDelivery, WebhookEvent

PAUSES: Final = (5, 300, 1800, 7200, 18_000, 36_000)  # [s] after each try that failed but the last
MAX_TRIES: Final = len(PAUSES) + 1
CLAIM_SECONDS: Final = 180  # above what a name server and all tries to connect take together
GONE: Final = 410  # the receiver wants no more
MAX_LISTED: Final = 200  # deliveries of one job


@dataclass(frozen=True, slots=True)
class ReceiverAnswer:
    """What came of a try: an HTTP status, or in words why there is none."""

    status: int | None = None
    words: str | None = None

    @property
    def good(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def add(
    session: Session,
    job: Job,
    event: WebhookEvent,
    payload: dict[str, Any],
    addresses: Iterable[str],
) -> None:
    """One delivery for each address; none where this end of the job has it already."""
    rows = [
        {
            "id": uuid.uuid4(),
            "job_id": job.id,
            "event": event,
            "ended": job.finished,
            "address": address,
            "payload": payload,
        }
        for address in addresses
    ]
    session.execute(insert(WebhookDelivery).on_conflict_do_nothing(), rows)


def claim(session: Session, delivery_id: uuid.UUID) -> WebhookDelivery | None:
    """Take a delivery that is due, for CLAIM_SECONDS; None where there is nothing to send."""
    alive = select(Job.id).where(Job.id == WebhookDelivery.job_id, ~Job.deleting).exists()
    now = func.clock_timestamp()
    return session.scalars(
        update(WebhookDelivery)
        .where(WebhookDelivery.id == delivery_id, WebhookDelivery.next_try <= now, alive)
        .values(
            attempts=WebhookDelivery.attempts + 1,
            tried=now,
            next_try=now + dt.timedelta(seconds=CLAIM_SECONDS),
        )
        .returning(WebhookDelivery)
    ).one_or_none()


def settle(session: Session, claimed: WebhookDelivery, answer: ReceiverAnswer) -> int | None:
    """Store what came of a try. The pause until the next one [s]; None where there is none.

    Does nothing where another has claimed it meanwhile: its own answer counts then.
    """
    pause = None if answer.good or answer.status == GONE else pause_after(claimed.attempts)
    now = func.clock_timestamp()
    session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.id == claimed.id, WebhookDelivery.attempts == claimed.attempts)
        .values(
            status=answer.status,
            answer=answer.words,
            delivered=now if answer.good else None,
            next_try=None if pause is None else now + dt.timedelta(seconds=pause),
        )
    )
    return pause


def pause_after(tries: int) -> int | None:
    """Seconds from the `tries`-th try, which failed, to the next; None after the last."""
    return PAUSES[tries - 1] if tries <= len(PAUSES) else None


def due(
    session: Session, limit: int, *, job_id: uuid.UUID | None = None, seconds: int = 0
) -> list[WebhookDelivery]:
    """Deliveries that have been due for so long, oldest first; of one job where it is given."""
    before = func.clock_timestamp() - dt.timedelta(seconds=seconds)
    query = select(WebhookDelivery).where(WebhookDelivery.next_try <= before)
    if job_id is not None:
        query = query.where(WebhookDelivery.job_id == job_id)
    return list(session.scalars(query.order_by(WebhookDelivery.next_try).limit(limit)))


def of_job(session: Session, job_id: uuid.UUID) -> list[WebhookDelivery]:
    """Newest first, the newest MAX_LISTED."""
    return list(
        session.scalars(
            select(WebhookDelivery)
            .where(WebhookDelivery.job_id == job_id)
            .order_by(WebhookDelivery.ended.desc(), WebhookDelivery.event, WebhookDelivery.id)
            .limit(MAX_LISTED)
        )
    )
