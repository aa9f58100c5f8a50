"""A job ends here, done or failed: its row, and what is to be told of it, in one transaction.

Every end of a job goes through `done` or `failed`, so that none is forgotten. `announce` follows
when the transaction has been committed; what it misses, a timer finds.
"""

import uuid
from typing import Any, Final

from pydantic_core import to_jsonable_python
from sqlalchemy.orm import Session

from shared.analysis.report import worst
from shared.app import App
from shared.database.tables import Job, State, Step, WebhookEvent
from shared.jobs import deliveries, lifecycle
from shared.jobs.lifecycle import Lease, StageResult
from shared.platform import api_addresses
from shared.platform.errors import Code
from shared.platform.outages import Log, is_outage
from shared.platform.settings import Settings
from shared.reports import builds, reports
from shared.reports.clips import BuildKey, ClipOutcome

ANNOUNCED: Final = 10  # messages of one job's end: two events to two addresses, and some room


def done(
    session: Session, settings: Settings, lease: Lease, message: str, result: StageResult
) -> None:
    """The job is done. Raises LeaseLostError."""
    lifecycle.advance(session, lease, State.DONE, message, result)
    _tell(session, settings, lease.job_id)


def failed(
    session: Session,
    settings: Settings,
    job_id: uuid.UUID,
    step: Step,
    *,
    code: Code,
    detail: str,
) -> bool:
    """The job has failed for good; False where it had ended already or is gone."""
    ended = lifecycle.fail(session, job_id, step, code, detail)
    if ended:
        _tell(session, settings, job_id)
    return ended


def announce(app: App, job_id: uuid.UUID, log: Log) -> None:
    """Have sent what a job's end left to tell. Never fails the job: the timer looks again."""
    if not app.settings.webhook_secret:
        return
    try:
        with app.database.begin() as session:
            waiting = deliveries.due(session, ANNOUNCED, job_id=job_id)
        for delivery in waiting:
            app.storage.enqueue_webhook(delivery.id)
    except Exception as error:
        if not is_outage(error):
            raise
        log.warning("webhook: left to the timer, %s", type(error).__name__)


def _tell(session: Session, settings: Settings, job_id: uuid.UUID) -> None:
    """Write what is to be sent, where anybody wants to be told."""
    if not settings.webhook_secret:
        return
    job = session.get_one(Job, job_id, populate_existing=True)
    addresses = {address for address in (settings.webhook_url, job.webhook) if address}
    if not addresses:
        return
    payload = _payload(WebhookEvent.JOB_ENDED, job, _job_data(session, job))
    deliveries.add(session, job, WebhookEvent.JOB_ENDED, payload, addresses)
    if lifecycle.is_last_of_build(session, job):
        payload = _payload(WebhookEvent.BUILD_ENDED, job, _build_data(session, job))
        deliveries.add(session, job, WebhookEvent.BUILD_ENDED, payload, addresses)


def _payload(event: WebhookEvent, job: Job, data: dict[str, Any]) -> dict[str, Any]:
    payload: dict[str, Any] = to_jsonable_python(
        {"type": event, "timestamp": job.finished, "data": data}
    )
    return payload


def _job_data(session: Session, job: Job) -> dict[str, Any]:
    """Of the face no more than the words of the verdict."""
    held = reports.verdicts(session, [job.report_id]).get(job.report_id or 0, [])
    has_failed = job.state == State.FAILED
    return {
        "job": job.id,
        "avatar": job.avatar,
        "build": job.name,
        "filename": job.filename,
        "state": job.state,
        "verdict": worst(item.verdict for item in held),
        "reports": [
            {
                "parameter_set": item.parameter_set,
                "version": item.version,
                "verdict": item.verdict,
                "words": item.words,
                "address": api_addresses.report(item.id),
            }
            for item in held
        ],
        "error": {"code": job.error_code, "detail": job.error_detail} if has_failed else None,
        "address": api_addresses.job(job.id),
    }


def _build_data(session: Session, job: Job) -> dict[str, Any]:
    build = builds.one(session, BuildKey(job.avatar, job.name))
    counts = build.counts if build else {}
    return {
        "avatar": job.avatar,
        "build": job.name,
        "verdict": build.verdict if build else None,
        "counts": {outcome: counts.get(outcome, 0) for outcome in ClipOutcome},
        "last_job": job.id,
        "address": api_addresses.build(job.avatar, job.name),
    }
