"""Queue triggers and queue outputs: functions on one side, storage queues on the other."""

from datetime import datetime
from typing import Final

from azure.functions import meta

from local.host.app import Binding, Function
from local.host.binding import TriggerData, datum
from local.host.invoke import Invoker
from local.host.settings import STORAGE
from local.host.storage import Message, Queue, Queues

POISON_SUFFIX: Final = "-poison"
MAX_QUEUE_NAME: Final = 63  # [characters]


class QueueBindings:
    """The queues that triggers and outputs name."""

    def __init__(self, queues: Queues, *, base64: bool) -> None:
        self._queues = queues
        self._base64 = base64
        self._open: dict[tuple[str, str], Queue] = {}

    def queue(self, binding: Binding) -> Queue:
        """The queue of a binding."""
        return self._named(binding, str(binding.fields["queueName"]))

    def poison(self, binding: Binding) -> Queue | None:
        """Where messages go that were given up, in the same account.

        None for a queue that is a poison queue itself, or whose name leaves no room for another,
        as in the real host.
        """
        queue = str(binding.fields["queueName"])
        name = f"{queue}{POISON_SUFFIX}"
        if queue.endswith(POISON_SUFFIX) or len(name) > MAX_QUEUE_NAME:
            return None
        return self._named(binding, name)

    def _named(self, binding: Binding, name: str) -> Queue:
        key = (str(binding.fields.get("connection") or STORAGE), name)
        if key not in self._open:
            self._open[key] = self._queues.open(*key, base64=self._base64)
        return self._open[key]

    async def send(self, binding: Binding, messages: list[str | bytes]) -> None:
        """Write what a function gave to a queue output."""
        for message in messages:
            await self.queue(binding).send(message)


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
