"""The storage account behind the host, from the event loop.

The clients of the Azure SDK are synchronous; they run on a pool of threads of their own, so that
busy functions never hold up the reading of a queue or the renewal of a message.
"""

import asyncio
import base64
import binascii
import contextlib
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, ParamSpec, TypeVar

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueClient

from local.host.settings import connection_string

THREADS: Final = 16
RETRIES: Final[dict[str, Any]] = {  # the SDK's own would hold a call for over a minute
    "retry_total": 2,
    "initial_backoff": 1,
    "increment_base": 1,
    "connection_timeout": 3,
    "read_timeout": 20,
}

P = ParamSpec("P")
R = TypeVar("R")

_pool: Final = ThreadPoolExecutor(THREADS, thread_name_prefix="storage")


async def in_thread(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a blocking storage call."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_pool, functools.partial(call, *args, **kwargs))


@functools.cache
def blob_service(connection: str) -> BlobServiceClient:
    """The blob service of a connection name."""
    return BlobServiceClient.from_connection_string(connection_string(connection), **RETRIES)


@dataclass(slots=True)
class Message:
    """A message taken from a queue; `receipt` changes with every renewal."""

    id: str
    receipt: str
    raw: str
    body: bytes | None  # None where it is not what the encoding says
    dequeue_count: int
    inserted: datetime | None
    expires: datetime | None
    next_visible: datetime | None


class Queue:
    """One storage queue. A queue that does not exist is an empty one."""

    def __init__(
        self, client: QueueClient, added: list[Callable[[], None]], *, base64: bool
    ) -> None:
        """`added` is what to call after a message was sent from here; see `Queues`."""
        self.name: str = client.queue_name
        self._base64 = base64
        self._client = client
        self._added = added

    def on_added(self, call: Callable[[], None]) -> None:
        """Have `call` called when this host adds a message to the queue."""
        self._added.append(call)

    async def receive(self, count: int, lease: float) -> list[Message]:
        """Take up to `count` messages and hide them for `lease` seconds."""
        return await in_thread(self._receive, count, max(1, round(lease)))

    def _receive(self, count: int, lease: int) -> list[Message]:
        pages = self._client.receive_messages(
            messages_per_page=count, max_messages=count, visibility_timeout=lease
        )
        try:
            return [self._message(item) for item in pages]
        except ResourceNotFoundError:
            return []

    def _message(self, item: Any) -> Message:
        return Message(
            id=item.id,
            receipt=item.pop_receipt,
            raw=item.content,
            body=self._decode(item.content),
            dequeue_count=item.dequeue_count,
            inserted=item.inserted_on,
            expires=item.expires_on,
            next_visible=item.next_visible_on,
        )

    def _decode(self, text: str) -> bytes | None:
        if not self._base64:
            return text.encode()
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            return None

    async def send(self, body: str | bytes) -> None:
        """Add a message; the queue is made where it does not exist."""
        data = body.encode() if isinstance(body, str) else body
        text = base64.b64encode(data).decode() if self._base64 else data.decode()
        await self.send_raw(text)

    async def send_raw(self, text: str) -> None:
        """Add a message as it stands."""
        await in_thread(self._send, text)
        for call in self._added:
            call()

    def _send(self, text: str) -> None:
        try:
            self._client.send_message(text)
        except ResourceNotFoundError:
            with contextlib.suppress(ResourceExistsError):
                self._client.create_queue()
            self._client.send_message(text)

    async def hide(self, message: Message, seconds: float) -> None:
        """Make the message visible again in so many seconds. Raises where it is not ours."""
        updated = await in_thread(
            self._client.update_message,
            message.id,
            pop_receipt=message.receipt,
            visibility_timeout=round(seconds),
        )
        message.receipt = str(updated.pop_receipt)

    async def delete(self, message: Message) -> None:
        """Remove the message. Raises where it is not ours."""
        await in_thread(self._client.delete_message, message.id, message.receipt)


class Queues:
    """The queues of this host: who listens to one hears of what another part of it sends."""

    def __init__(self) -> None:
        self._added: dict[str, list[Callable[[], None]]] = {}

    def open(self, connection: str, name: str, *, base64: bool = True) -> Queue:
        """The queue `name` in the storage account of a connection name."""
        client = QueueClient.from_connection_string(
            connection_string(connection), name.lower(), **RETRIES
        )
        return Queue(client, self._added.setdefault(client.url, []), base64=base64)
