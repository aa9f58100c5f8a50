"""What the host could not process in its five tries: the job has failed, with its last error."""

import json
import logging
import uuid

import azure.functions as func

from shared.app import app
from shared.pipeline import events
from shared.platform import storage, telemetry
from shared.platform.settings import STORAGE
from shared.platform.telemetry import SpanName

blueprint = func.Blueprint()

POISON_QUEUE = "webjobs-blobtrigger-poison"  # the host's name for it

_logger = logging.getLogger("avatar.poison")


@blueprint.queue_trigger(arg_name="message", queue_name=POISON_QUEUE, connection=STORAGE)
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
