"""What keeps jobs from hanging: the reconcile timers, their retry queue, and both poison queues;
and what tells of jobs that have ended: the queue of webhooks.

In a poison queue is what the host could not process in its five tries: the job has failed, with its
last error.
"""

import logging
import re
import uuid

import azure.functions as func
from pydantic_core import from_json

from shared.app import app
from shared.pipeline import events, reconciliation, webhooks
from shared.platform import storage, telemetry
from shared.platform.settings import STORAGE
from shared.platform.telemetry import SpanName

blueprint = func.Blueprint()

BLOB_POISON_QUEUE = "webjobs-blobtrigger-poison"  # the host's name for it

_CONTAINER = re.compile(r"[a-z0-9$][a-z0-9-]{2,62}")

_logger = logging.getLogger("avatar.maintenance")


@blueprint.timer_trigger(arg_name="timer", schedule="0 * * * * *")
def reconcile(timer: func.TimerRequest) -> None:
    """Every minute: lost events, dead leases, unfinished uploads and deletions, and so on."""
    with telemetry.span(SpanName.RECONCILE):
        touched = reconciliation.reconcile(app())
    if touched:
        _logger.info("reconcile: took up %d jobs", touched)


@blueprint.timer_trigger(arg_name="timer", schedule="0 17 * * * *")
def adopt_lost(timer: func.TimerRequest) -> None:
    """Every hour: containers without a job, and finished jobs without a report."""
    with telemetry.span(SpanName.ADOPT_LOST):
        mended = reconciliation.mend(app())
        adopted = reconciliation.adopt_lost(app())
    if mended:
        _logger.info("adopt_lost: %d jobs had lost their report", mended)
    if adopted:
        _logger.info("adopt_lost: adopted %d containers", adopted)


@blueprint.queue_trigger(arg_name="message", queue_name=storage.RETRY_QUEUE, connection=STORAGE)
def on_retry(message: func.QueueMessage) -> None:
    if (job := _id_in(message)) is not None:
        events.resume(app(), job)


@blueprint.queue_trigger(arg_name="message", queue_name=storage.WEBHOOK_QUEUE, connection=STORAGE)
def on_webhook(message: func.QueueMessage) -> None:
    """No poison queue is read: the timer finds what is still due."""
    if (delivery := _id_in(message)) is not None:
        webhooks.deliver(app(), delivery)


@blueprint.queue_trigger(arg_name="message", queue_name=BLOB_POISON_QUEUE, connection=STORAGE)
def on_poisoned_blob(message: func.QueueMessage) -> None:
    """The host writes {FunctionId, BlobType, ContainerName, BlobName, ETag}."""
    place = _blob_of(message)
    if place is None:
        return
    with telemetry.span(SpanName.POISONED):
        events.give_up_blob(app(), *place)


@blueprint.queue_trigger(
    arg_name="message", queue_name=f"{storage.RETRY_QUEUE}-poison", connection=STORAGE
)
def on_poisoned_retry(message: func.QueueMessage) -> None:
    job = _id_in(message)
    if job is None:
        return
    with telemetry.span(SpanName.POISONED):
        events.give_up(app(), job)


def _id_in(message: func.QueueMessage) -> uuid.UUID | None:
    """None, which is logged, where the message is none of ours: it would come back for ever."""
    try:
        return uuid.UUID(message.get_body().decode())
    except ValueError:
        _logger.error("a message without an id was dropped")
        return None


def _blob_of(message: func.QueueMessage) -> tuple[str, str] | None:
    """Container and blob; None, which is logged, where the message names none."""
    try:
        said = from_json(message.get_body())
    except ValueError:
        said = None
    names = said if isinstance(said, dict) else {}
    container, blob = names.get("ContainerName"), names.get("BlobName")
    if isinstance(container, str) and isinstance(blob, str) and _CONTAINER.fullmatch(container):
        return container, blob
    _logger.error("a poison message without a blob was dropped")
    return None
