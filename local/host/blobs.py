"""Event Grid blob triggers: the webhook, and the queue between it and the functions.

`POST /runtime/webhooks/blobs?functionName=Host.Functions.NAME` takes the events of a
subscription and queues one message each; a listener hands them to the functions. As in the real
host, neither the event's type nor its container is held against the function: the event
subscription filters. A message for an unknown function or for a blob that is gone is dropped.
"""

import json
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.functions import meta
from azure.storage.blob import BlobClient, BlobProperties
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.host.app import Function
from local.host.binding import ModelBindingData, TriggerData, datum, is_sdk_client
from local.host.invoke import Invoker
from local.host.logs import log
from local.host.messages import describe
from local.host.settings import STORAGE
from local.host.storage import Message, Queue, Queues, blob_service, in_thread

PATH: Final = "/runtime/webhooks/blobs"
POISON_QUEUE: Final = "webjobs-blobtrigger-poison"
BLOB_TYPES: Final = ("Block", "Page", "Append")


def queue_name(host_id: str) -> str:
    """The queue between the webhook and the functions."""
    return f"azure-webjobs-blobtrigger-{host_id}"


class BadEventError(ValueError):
    """The body of a webhook call is not what Event Grid sends."""


class BlobWebhook:
    """Takes events and queues them."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    async def handle(self, request: Request) -> Response:
        """Answer a call; a body that cannot be used is a 400."""
        if request.method == "OPTIONS":
            origin = request.headers.get("webhook-request-origin", "eventgrid.azure.net")
            return Response(headers={"Webhook-Allowed-Origin": origin})
        try:
            return await self._take(request)
        except ValueError as error:
            log.warning("The blob webhook was sent a body it cannot use: %s", error)
            return Response(f"{error}\n", status_code=400)
        except AzureError as error:
            log.error("The events of a webhook call could not be queued: %s", error)
            return Response(status_code=500)  # Event Grid, and the relay, send them again

    async def _take(self, request: Request) -> Response:
        """The handshake of Event Grid, and notifications in either schema."""
        kind = request.headers.get("aeg-event-type", "").lower()
        if kind == "unsubscribe":
            return Response(status_code=202)
        if kind == "subscriptionvalidation":
            return JSONResponse({"validationResponse": _validation_code(await request.json())})
        if kind != "notification":
            raise BadEventError("the header aeg-event-type is missing or unknown")
        function_id = request.query_params.get("functionName", "")
        for message in parse_events(await request.json(), function_id):
            await self._queue.send(json.dumps(message))
        return Response(status_code=202)


def _validation_code(body: Any) -> str:
    event = body[0] if isinstance(body, list) and body else body
    data = event.get("data") if isinstance(event, dict) else None
    if isinstance(data, str):  # a CloudEvent encodes its data twice
        data = json.loads(data)
    if not isinstance(data, dict) or "validationCode" not in data:
        raise BadEventError("the subscription validation has no data.validationCode")
    return str(data["validationCode"])


def parse_events(body: Any, function_id: str) -> list[dict[str, str]]:
    """The queue messages for a notification: an array of events or one CloudEvent."""
    events = body if isinstance(body, list) else [body]
    return [_parse_event(event, function_id) for event in events]


def _parse_event(event: Any, function_id: str) -> dict[str, str]:
    data = event.get("data") if isinstance(event, dict) else None
    if not isinstance(data, dict) or not isinstance(data.get("url"), str):
        raise BadEventError("an event has no data.url")
    kind = str(data.get("blobType", "")).removesuffix("Blob")
    if kind not in BLOB_TYPES:
        raise BadEventError(f"{data.get('blobType')!r} is not a blobType")
    container, blob = split_blob_url(data["url"])
    return {
        "Type": "BlobTrigger",
        "FunctionId": function_id,
        "BlobType": f"{kind}Blob",
        "ContainerName": container,
        "BlobName": blob,
        "ETag": f'"{data.get("eTag", "")}"',
    }


def split_blob_url(url: str) -> tuple[str, str]:
    """Container and blob of a URL; the account is the host's first label or, locally, a folder."""
    parts = urlsplit(url)
    path = parts.path.lstrip("/")
    if _account_in_path(parts.hostname or ""):
        path = path.partition("/")[2]
    container, _, blob = path.partition("/")
    if not container or not blob:
        raise BadEventError(f"{url!r} names no blob")
    return unquote(container), unquote(blob)


def _account_in_path(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return "." not in host  # localhost, or a container's name
    return True


class BlobQueue:
    """The other end: hands a queued event to its function."""

    def __init__(self, functions: list[Function], invoker: Invoker, queues: Queues) -> None:
        self._functions = {f"host.functions.{f.name}".lower(): f for f in functions}
        self._functions |= {f.full_name.lower(): f for f in functions}
        self._invoker = invoker
        self._poison = {
            connection: queues.open(connection, POISON_QUEUE)
            for connection in {STORAGE, *map(_connection, functions)}
        }

    async def handle(self, message: Message) -> bool:
        """Work on one message; whether it is done with."""
        event = _read(message)
        if event is None:
            log.error("Message %s is not a blob trigger's: %s", message.id, message.raw)
            return False
        container, name = event["ContainerName"], event["BlobName"]
        function = self._functions.get(event["FunctionId"].lower())
        if function is None:
            identity = event["FunctionId"]
            log.warning("Blob '%s/%s': there is no function '%s'.", container, name, identity)
            return True
        return await self.run(function, container, name, describe(message))

    async def run(self, function: Function, container: str, name: str, details: str = "") -> bool:
        """Call `function` with a blob; a blob that is gone is done with."""
        connection = _connection(function)
        blob = blob_service(connection).get_blob_client(container, name)
        try:
            properties = await in_thread(blob.get_blob_properties)
            value = await _value(function, connection, blob)
        except ResourceNotFoundError:
            log.debug("Blob '%s/%s' is gone; its event is dropped.", container, name)
            return True
        data = TriggerData(
            value,
            _metadata(blob, properties),
            reason=f"New blob detected(EventGrid): {container}/{name}",
            details=details,
        )
        return (await self._invoker.invoke(function, data)).succeeded

    def poison_queue(self, message: Message) -> Queue:
        """In the storage account of the blob, as the real host has it."""
        event = _read(message)
        function = self._functions.get(event["FunctionId"].lower()) if event else None
        return self._poison[_connection(function) if function else STORAGE]


def _read(message: Message) -> dict[str, str] | None:
    """The fields of a queued event; None where the message is not one."""
    try:
        event = json.loads(message.body or b"")
    except ValueError:
        return None
    needed = ("FunctionId", "ContainerName", "BlobName")
    if not isinstance(event, dict) or not all(isinstance(event.get(n), str) for n in needed):
        return None
    return event


def _connection(function: Function) -> str:
    return str(function.trigger.fields.get("connection") or STORAGE)


async def _value(function: Function, connection: str, blob: BlobClient) -> meta.Datum:
    if not is_sdk_client(function.trigger):
        return meta.Datum(await in_thread(lambda: blob.download_blob().readall()), "bytes")
    content = {
        "Connection": connection,
        "ContainerName": blob.container_name,
        "BlobName": blob.blob_name,
    }
    return meta.Datum(ModelBindingData(json.dumps(content)), "model_binding_data")


def _metadata(blob: BlobClient, properties: BlobProperties) -> Mapping[str, meta.Datum]:
    settings = properties.content_settings
    return {
        "BlobTrigger": datum(f"{blob.container_name}/{blob.blob_name}"),
        "Uri": datum(blob.url),
        "Metadata": datum(dict(properties.metadata or {})),
        "Properties": datum(
            {
                "ContentLength": properties.size,
                "ContentType": settings.content_type,
                "ETag": properties.etag,
                "LastModified": properties.last_modified.isoformat(),
                "CreatedOn": properties.creation_time.isoformat(),
            }
        ),
    }
