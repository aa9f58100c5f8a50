"""What keeps jobs from hanging: the reconcile timers and their retry queue."""

import logging
import uuid

import azure.functions as func

from shared.app import app
from shared.pipeline import events
from shared.platform import storage, telemetry
from shared.platform.settings import STORAGE
from shared.platform.telemetry import SpanName

blueprint = func.Blueprint()

_logger = logging.getLogger("avatar.maintenance")


@blueprint.timer_trigger(arg_name="timer", schedule="0 * * * * *")
def reconcile(timer: func.TimerRequest) -> None:
    """Every minute: lost events, dead leases, unfinished uploads and deletions, retention."""
    with telemetry.span(SpanName.RECONCILE):
        touched = events.reconcile(app())
    if touched:
        _logger.info("reconcile: took up %d jobs", touched)


@blueprint.timer_trigger(arg_name="timer", schedule="0 17 * * * *")
def adopt_lost(timer: func.TimerRequest) -> None:
    """Every hour: containers without a job, and finished jobs without a report."""
    with telemetry.span(SpanName.ADOPT_LOST):
        mended = events.mend(app())
        adopted = events.adopt_lost(app())
    if mended:
        _logger.info("adopt_lost: %d jobs had lost their report", mended)
    if adopted:
        _logger.info("adopt_lost: adopted %d containers", adopted)


@blueprint.queue_trigger(arg_name="message", queue_name=storage.RETRY_QUEUE, connection=STORAGE)
def on_retry(message: func.QueueMessage) -> None:
    events.resume(app(), uuid.UUID(message.get_body().decode()))
