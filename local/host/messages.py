"""Queue triggers and queue outputs: functions on one side, storage queues on the other."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from azure.functions import meta

from local.host.app import Binding, Function
from local.host.binding import TriggerData, datum
from local.host.invoke import Invoker
from local.host.settings import STORAGE
from local.host.storage import Message, Queue

POISON_SUFFIX: Final = "-poison"
MAX_QUEUE_NAME: Final = 63  # [characters]


class QueueSender:
    """Writes queue outputs, and wakes the listener of a queue that this host reads itself."""

    def __init__(self, *, base64: bool) -> None:
        self._base64 = base64
        self._queues: dict[tuple[str, str], Queue] = {}
        self._wake: dict[str, Callable[[], None]] = {}

    async def __call__(self, binding: Binding, messages: list[str | bytes]) -> None:
        queue = self.queue(binding)
        for message in messages:
            await queue.send(message)
        self._wake.get(queue.name, lambda: None)()

    def queue(self, binding: Binding) -> Queue:
        """The queue that a binding names."""
        return self.sibling(binding, str(binding.fields["queueName"]).lower())

    def sibling(self, binding: Binding, name: str) -> Queue:
        """Another queue in the same storage account."""
        key = (str(binding.fields.get("connection") or STORAGE), name)
        if key not in self._queues:
            self._queues[key] = Queue(*key, base64=self._base64)
        return self._queues[key]

    def watch(self, name: str, wake: Callable[[], None]) -> None:
        """Call `wake` when a message is added to the queue from here."""
        self._wake[name] = wake


def poison_name(queue: str) -> str | None:
    """None for a queue that is one itself, or whose name leaves no room: as the real host."""
    name = f"{queue}{POISON_SUFFIX}"
    return None if queue.endswith(POISON_SUFFIX) or len(name) > MAX_QUEUE_NAME else name


class QueueTrigger:
    """Hands the messages of a queue to a function."""

    def __init__(self, function: Function, invoker: Invoker) -> None:
        self._function = function
        self._invoker = invoker

    async def handle(self, message: Message) -> bool:
        """Call the function; whether it succeeded."""
        name = str(self._function.trigger.fields["queueName"])
        data = TriggerData(
            _body(message.body or b""),
            _metadata(message),
            reason=f"New queue message detected on '{name}'.",
            details=describe(message),
        )
        return (await self._invoker.invoke(self._function, data)).succeeded


def describe(message: Message) -> str:
    """The line of trigger details in the log."""
    return (
        f"MessageId: {message.id}, DequeueCount: {message.dequeue_count}, "
        f"InsertedOn: {_time(message.inserted)}"
    )


def _body(content: bytes) -> meta.Datum:
    try:
        return meta.Datum(content.decode(), "string")
    except UnicodeDecodeError:
        return meta.Datum(content, "bytes")


def _metadata(message: Message) -> dict[str, meta.Datum]:
    return {
        "Id": datum(message.id),
        "DequeueCount": datum(message.dequeue_count),
        "PopReceipt": datum(message.receipt),
        "InsertionTime": datum(_time(message.inserted)),
        "ExpirationTime": datum(_time(message.expires)),
        "NextVisibleTime": datum(_time(message.next_visible)),
    }


def _time(moment: datetime | None) -> str:
    return "" if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")
