"""Read a queue: hand each message to a handler, try again, give up into the poison queue.

The rules are the real host's. A message is hidden while it is worked on (the lease, 10 minutes)
and the lease is renewed at half time, so a message of a killed host comes back by itself. A
handled message is deleted. A failed one becomes visible again after `visibilityTimeout`, and in
its `maxDequeueCount`-th attempt goes to the poison queue. Batches are fetched while no more than
`newBatchThreshold` messages are being worked on. Between two looks at an empty queue the wait
grows from 100 ms to `maxPollingInterval`; a message added by this host ends it.

Where the storage account is away, reading goes on as soon as it is back, and what is to be said
of a message (done, failed, given up) is said again and again while the lease may hold.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError

from local.host.logs import log
from local.host.settings import QueueLimits
from local.host.storage import Message, Queue

LEASE_SECONDS: Final = 600.0  # as the real host; --message-lease
MIN_POLL_SECONDS: Final = 0.1  # as the real host
MAX_DOUBLINGS: Final = 16  # of the wait; keeps the number small, the limit is the setting's
OUTAGE_WAIT_SECONDS: Final = 2.0  # between two tries at a storage account that is away
POP_RECEIPT_MISMATCH: Final = 400  # status of a change to a message that another host took

Action = Callable[[Message], Awaitable[None]]
Handler = Callable[[Message], Awaitable[bool]]
"""Works on a message; returns whether it is done."""


class QueueListener:
    """Reads one queue for as long as `run` runs."""

    def __init__(
        self,
        queue: Queue,
        poison: Callable[[Message], Queue] | None,
        handler: Handler,
        limits: QueueLimits,
        lease: float = LEASE_SECONDS,
    ) -> None:
        """`poison` names the queue for a message that is given up; None where there is none."""
        self._queue = queue
        self._poison = poison
        self._handler = handler
        self._limits = limits
        self._lease = lease
        self._woken = asyncio.Event()
        self._tasks: dict[asyncio.Task[None], Message] = {}
        self._away = False
        self._stopped = asyncio.Event()
        queue.on_added(self._woken.set)

    def stop(self) -> None:
        """Take no more messages; `run` returns when those under way are settled."""
        self._stopped.set()
        self._woken.set()

    async def run(self) -> None:
        """Work until stopped. Cancelled, it gives the messages under way back to the queue."""
        try:
            await self._take()
            if self._tasks:
                await asyncio.wait(self._tasks)
        finally:
            await self._give_back()

    async def _take(self) -> None:
        empty_looks = 0
        while not self._stopped.is_set():
            if len(self._tasks) > self._limits.new_batch_threshold:
                await _first_of(self._stopped, *self._tasks)
                continue
            self._woken.clear()
            messages = await self._receive()
            for message in messages or ():
                task = asyncio.create_task(self._process(message))
                self._tasks[task] = message
                task.add_done_callback(self._tasks.pop)
            empty_looks = 0 if messages else empty_looks + 1
            if messages is None:
                await _first_of(self._woken, seconds=OUTAGE_WAIT_SECONDS)
            elif not messages:
                await _first_of(self._woken, seconds=self._pause(empty_looks))

    async def _give_back(self) -> None:
        left = dict(self._tasks)
        for task, message in left.items():
            log.warning("Message %s goes back to queue '%s'.", message.id, self._queue.name)
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        for message in left.values():
            with suppress(AzureError):
                await self._queue.hide(message, 0)

    async def _receive(self) -> list[Message] | None:
        """None where the storage account is away."""
        try:
            messages = await self._queue.receive(self._limits.batch_size, self._lease)
        except AzureError as error:
            if not self._away:
                log.warning("Queue '%s' cannot be read: %s", self._queue.name, _short(error))
            self._away = True
            return None
        if self._away:
            log.info("Queue '%s' can be read again.", self._queue.name)
        self._away = False
        return messages

    def _pause(self, empty_looks: int) -> float:
        longest = self._limits.max_polling_interval.total_seconds()
        grown: float = MIN_POLL_SECONDS * 2 ** min(empty_looks - 1, MAX_DOUBLINGS)
        return min(longest, grown * random.uniform(0.8, 1.2))  # noqa: S311  # not a secret

    async def _process(self, message: Message) -> None:
        if message.body is None or message.dequeue_count > self._limits.max_dequeue_count:
            # Not readable, or every earlier attempt died with its host.
            await self._settle(message, self._give_up)
            return
        ended = asyncio.Event()
        renewal = asyncio.create_task(self._renew(message, ended))
        try:
            done = await self._handler(message)
        except AzureError as error:
            log.error("Queue '%s', message %s: %s", self._queue.name, message.id, _short(error))
            done = False
        finally:
            ended.set()
            await renewal  # never cut off: it would leave us without the message's new receipt
        if done:
            await self._settle(message, self._queue.delete)
        elif self._poison is None:
            return  # it stays hidden until its lease ends, so that it cannot spin
        elif message.dequeue_count >= self._limits.max_dequeue_count:
            await self._settle(message, self._give_up)
        else:
            await self._settle(message, self._release)

    async def _settle(self, message: Message, action: Action) -> None:
        now = asyncio.get_running_loop().time
        deadline = now() + self._lease
        while now() < deadline and not await self._try(message, action):
            await asyncio.sleep(OUTAGE_WAIT_SECONDS)

    async def _renew(self, message: Message, ended: asyncio.Event) -> None:
        async def extend(message: Message) -> None:
            await self._queue.hide(message, self._lease)

        wait = self._lease / 2
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), wait)
            if ended.is_set():
                return
            wait = self._lease / 2 if await self._try(message, extend) else OUTAGE_WAIT_SECONDS

    async def _try(self, message: Message, action: Action) -> bool:
        """False where it is worth another try; a message that is no longer ours is not."""
        try:
            await action(message)
        except ResourceNotFoundError:
            return True
        except AzureError as error:
            if isinstance(error, HttpResponseError) and error.status_code == POP_RECEIPT_MISMATCH:
                return True
            log.warning("Message %s, trying again: %s", message.id, _short(error))
            return False
        return True

    async def _release(self, message: Message) -> None:
        await self._queue.hide(message, self._limits.retry_delay.total_seconds())

    async def _give_up(self, message: Message) -> None:
        if self._poison is None:
            return
        poison = self._poison(message)
        log.warning(
            "Message has reached MaxDequeueCount of %d. Moving message to queue '%s'.",
            self._limits.max_dequeue_count,
            poison.name,
        )
        await poison.send_raw(message.raw)
        await self._queue.delete(message)


async def _first_of(
    event: asyncio.Event, *tasks: asyncio.Task[None], seconds: float | None = None
) -> None:
    """Wait until the event is set, one of the tasks is done or the time is over."""
    waiting = asyncio.create_task(event.wait())
    await asyncio.wait([waiting, *tasks], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()


def _short(error: AzureError) -> str:
    return str(error).splitlines()[0]
