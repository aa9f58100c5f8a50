"""What keeps jobs from hanging: the reconcile timers, their retry queue, and both poison queues.

In a poison queue is what the host could not process in its five tries: the job has failed, with its
last error.
"""

import json
import logging
import uuid

import azure.functions as func

from shared.app import app
from shared.pipeline import events, reconciliation
from shared.platform import storage, telemetry
from shared.platform.settings import STORAGE
from shared.platform.telemetry import SpanName

blueprint = func.Blueprint()

BLOB_POISON_QUEUE = "webjobs-blobtrigger-poison"  # the host's name for it

_logger = logging.getLogger("avatar.maintenance")


@blueprint.timer_trigger(arg_name="timer", schedule="0 * * * * *")
def reconcile(timer: func.TimerRequest) -> None:
    """Every minute: lost events, dead leases, unfinished uploads and deletions, retention."""
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
    events.resume(app(), uuid.UUID(message.get_body().decode()))


@blueprint.queue_trigger(arg_name="message", queue_name=BLOB_POISON_QUEUE, connection=STORAGE)
def on_poisoned_blob(message: func.QueueMessage) -> None:
    """The host writes {FunctionId, BlobType, ContainerName, BlobName, ETag}."""
    container = json.loads(message.get_body()).get("ContainerName")
    if not isinstance(container, str):
        _logger.error("a poison message without a container was dropped")
        return
    with telemetry.span(SpanName.POISONED):
        events.give_up_container(app(), container)


@blueprint.queue_trigger(
    arg_name="message", queue_name=f"{storage.RETRY_QUEUE}-poison", connection=STORAGE
)
def on_poisoned_retry(message: func.QueueMessage) -> None:
    with telemetry.span(SpanName.POISONED):
        events.give_up(app(), uuid.UUID(message.get_body().decode()))
