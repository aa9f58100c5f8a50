"""Read a queue: hand each message to a handler, try again, give up into the poison queue.

The rules are the real host's. A message is hidden while it is worked on (the lease, 10 minutes)
and the lease is renewed at half time, so a message of a killed host comes back by itself. A
handled message is deleted. A failed one becomes visible again after `visibilityTimeout`, and in
its `maxDequeueCount`-th attempt goes to the poison queue. Batches are fetched while no more than
`newBatchThreshold` messages are being worked on. Between two looks at an empty queue the wait
grows from 100 ms to `maxPollingInterval`; `wake` ends it.
"""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from typing import Final

from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError

from local.host.logs import log
from local.host.settings import QueueLimits
from local.host.storage import Message, Queue

LEASE_SECONDS: Final = 600.0  # as the real host; --message-lease
MIN_POLL_SECONDS: Final = 0.1  # as the real host
MAX_DOUBLINGS: Final = 16  # of the wait; keeps the number small, the limit is the setting's
OUTAGE_WAIT_SECONDS: Final = 2.0  # between two looks at a storage account that is away

POP_RECEIPT_MISMATCH: Final = 400  # status of a change to a message that another host took

Settle = Callable[[Message], Awaitable[None]]
Handler = Callable[[Message], Awaitable[bool]]
"""Works on a message; whether it is done with it."""


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

    def wake(self) -> None:
        """A message was added: look at once."""
        self._woken.set()

    async def run(self) -> None:
        """Take messages until cancelled; what is being worked on goes on (see `drain`)."""
        empty_looks = 0
        while True:
            self._woken.clear()
            messages = await self._receive()
            if messages is None:
                await self._wait(OUTAGE_WAIT_SECONDS)
            elif messages:
                empty_looks = 0
                for message in messages:
                    task = asyncio.create_task(self._process(message))
                    self._tasks[task] = message
                    task.add_done_callback(self._tasks.pop)
                while len(self._tasks) > self._limits.new_batch_threshold:
                    await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
            else:
                await self._wait(self._pause(empty_looks))
                empty_looks += 1

    async def drain(self, seconds: float) -> int:
        """Wait for the messages under way; give back and count those that took longer."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        left = dict(self._tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        for message in left.values():
            with contextlib.suppress(AzureError):
                await self._queue.hide(message, 0)
        return len(left)

    async def _receive(self) -> list[Message] | None:
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
        grown: float = MIN_POLL_SECONDS * 2 ** min(empty_looks, MAX_DOUBLINGS)
        return min(longest, grown * random.uniform(0.8, 1.2))  # noqa: S311  # not a secret

    async def _wait(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._woken.wait(), seconds)
        except TimeoutError:
            return

    async def _process(self, message: Message) -> None:
        if message.body is None or message.dequeue_count > self._limits.max_dequeue_count:
            # Not readable, or every earlier attempt died with its host.
            await self._persist(message, self._give_up)
            return
        renewal = asyncio.create_task(self._renew(message))
        try:
            done = await self._handler(message)
        except AzureError as error:
            log.error("Queue '%s', message %s: %s", self._queue.name, message.id, _short(error))
            done = False
        finally:
            renewal.cancel()
        if done:
            await self._persist(message, self._queue.delete)
        elif self._poison is None:
            return  # it stays hidden until its lease ends, so that it cannot spin
        elif message.dequeue_count >= self._limits.max_dequeue_count:
            await self._persist(message, self._give_up)
        else:
            await self._persist(message, self._release)

    async def _persist(self, message: Message, action: Settle) -> None:
        """Do it; where the storage is away, again and again while the message is ours."""
        deadline = asyncio.get_running_loop().time() + self._lease
        while asyncio.get_running_loop().time() < deadline:
            try:
                await action(message)
            except ResourceNotFoundError:
                return  # deleted by someone else
            except HttpResponseError as error:
                if error.status_code == POP_RECEIPT_MISMATCH:
                    return  # another host has it
            except AzureError as error:
                log.warning("Message %s cannot be settled yet: %s", message.id, _short(error))
            else:
                return
            await asyncio.sleep(OUTAGE_WAIT_SECONDS)

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

    async def _renew(self, message: Message) -> None:
        wait = self._lease / 2
        while True:
            await asyncio.sleep(wait)
            wait = self._lease / 2
            try:
                await self._queue.hide(message, self._lease)
            except ResourceNotFoundError:
                return
            except HttpResponseError as error:
                if error.status_code == POP_RECEIPT_MISMATCH:
                    return
            except AzureError as error:
                log.warning("Message %s is not renewed yet: %s", message.id, _short(error))
                wait = OUTAGE_WAIT_SECONDS


def _short(error: AzureError) -> str:
    return str(error).splitlines()[0]
