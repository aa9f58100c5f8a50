"""Queue triggers and outputs: tries, delays, poison queue, leases, concurrency."""

import asyncio
import signal
from collections.abc import Callable
from datetime import timedelta
from typing import cast

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueClient

from local.host import queues
from local.host.settings import QueueLimits
from local.host.storage import Message, Queue
from tests.local.host.conftest import NewHost
from tests.local.host.process import PATIENCE, HostProcess, wait_for


def test_a_message_reaches_the_function(host: HostProcess) -> None:
    host.client.post("/send", content="grüß".encode()).raise_for_status()  # by a queue output
    (call,) = wait_for(lambda: host.calls("work", text="grüß"), "the call")
    assert call["dequeued"] == 1
    assert call["id"]


def test_a_message_of_another_program_reaches_the_function(host: HostProcess) -> None:
    host.queue(host.work_queue).send_message("from outside")
    wait_for(lambda: host.calls("work", text="from outside"), "the call")


def test_a_failing_message_is_tried_so_often_and_then_poisoned(host: HostProcess) -> None:
    host.client.post("/send", content=b"fail twice").raise_for_status()
    poison = host.queue(f"{host.work_queue}-poison")
    wait_for(lambda: _texts(poison) == ["fail twice"], "the message is poisoned")
    assert [call["dequeued"] for call in host.calls("work", text="fail twice")] == [1, 2]


def test_a_message_that_is_not_base64_is_poisoned_as_it_is(new_host: NewHost) -> None:
    host = new_host()
    host.start()
    raw = QueueClient.from_connection_string(host.storage, host.work_queue)
    raw.create_queue()
    raw.send_message("<not base64>")
    poison = QueueClient.from_connection_string(host.storage, f"{host.work_queue}-poison")
    wait_for(lambda: _texts(poison) == ["<not base64>"], "the message is poisoned")
    assert not host.calls("work")


def test_a_retry_waits_for_the_visibility_timeout(new_host: NewHost) -> None:
    host = new_host(AzureFunctionsJobHost__extensions__queues__visibilityTimeout="01:00:00")
    host.start("--message-lease", "600")
    host.client.post("/send", content=b"fail slowly").raise_for_status()
    wait_for(lambda: host.calls("work", text="fail slowly"), "the first try")
    assert host.stop() == 0  # what was under way is settled
    queue = host.queue(host.work_queue)
    assert queue.get_queue_properties().approximate_message_count == 1
    assert not queue.peek_messages()
    assert len(host.calls("work")) == 1


def test_no_more_messages_are_taken_than_host_json_allows(new_host: NewHost) -> None:
    host = new_host(
        AzureFunctionsJobHost__extensions__queues__batchSize="2",
        AzureFunctionsJobHost__extensions__queues__newBatchThreshold="0",
        PYTHON_THREADPOOL_THREAD_COUNT="8",
    )
    queue = host.queue(host.work_queue)
    queue.create_queue()
    for number in range(4):
        queue.send_message(f"hang 1 {number}")
    host.start()
    wait_for(lambda: len(host.calls("work", ended=True)) == 4, "all end")
    running, most = 0, 0
    for call in host.calls("work"):
        running += -1 if "ended" in call else 1
        most = max(most, running)
    assert most == 2


def test_a_message_added_by_this_host_ends_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next look at an empty queue would be an hour away."""
    monkeypatch.setattr(queues, "MIN_POLL_SECONDS", 3600.0)
    limits = QueueLimits(16, 8, 5, timedelta(0), timedelta(hours=1))

    async def look_twice() -> int:
        queue = EmptyQueue()
        listener = queues.QueueListener(cast("Queue", queue), None, nobody, limits)
        running = asyncio.create_task(listener.run())
        await queue.looked.acquire()
        queue.wake()
        await queue.looked.acquire()
        listener.stop()
        await running
        return queue.looks

    assert asyncio.run(asyncio.wait_for(look_twice(), PATIENCE)) == 2


class EmptyQueue:
    name = "empty"

    def __init__(self) -> None:
        self.looks = 0
        self.looked = asyncio.Semaphore(0)

    def on_added(self, wake: Callable[[], None]) -> None:
        self.wake = wake

    async def receive(self, count: int, lease: float) -> list[Message]:
        self.looks += 1
        self.looked.release()
        return []


async def nobody(message: Message) -> bool:
    raise AssertionError


def test_a_long_run_keeps_its_message(new_host: NewHost) -> None:
    host = new_host()
    host.start("--message-lease", "8")
    host.client.post("/send", content=b"hang 12").raise_for_status()
    wait_for(lambda: host.calls("work", ended=True), "the end")
    queue = host.queue(host.work_queue)
    wait_for(lambda: not queue.get_queue_properties().approximate_message_count, "empty queue")
    assert len(host.calls("work", dequeued=1)) == 1
    assert not host.calls("work", dequeued=2)


def test_a_message_of_a_killed_host_comes_back(new_host: NewHost) -> None:
    host = new_host()
    host.start("--message-lease", "8")
    host.client.post("/send", content=b"hold").raise_for_status()
    wait_for(lambda: host.calls("work"), "the call")
    host.stop(signal.SIGKILL)
    host.let_go()
    host.start("--message-lease", "600")
    (ended,) = wait_for(lambda: host.calls("work", ended=True), "the end of the second try")
    assert ended["text"] == "hold"
    assert [call["dequeued"] for call in host.calls("work")[:2]] == [1, 2]


def test_a_function_over_its_time_limit_has_failed(new_host: NewHost) -> None:
    host = new_host(AzureFunctionsJobHost__functionTimeout="00:00:01")
    host.start()
    host.client.post("/send", content=b"hang 3").raise_for_status()
    poison = host.queue(f"{host.work_queue}-poison")
    wait_for(lambda: _texts(poison) == ["hang 3"], "the message is poisoned")
    assert "Timeout value of 00:00:01 exceeded by function 'Functions.work'" in host.log.read_text()


def test_a_function_can_be_run_by_hand(host: HostProcess) -> None:
    answer = host.client.post("/admin/functions/work", json={"input": "by hand"})
    assert answer.status_code == 202
    wait_for(lambda: host.calls("work", text="by hand"), "the call")
    assert host.client.post("/admin/functions/nobody").status_code == 404


def _texts(queue: QueueClient) -> list[str]:
    try:
        return [message.content for message in queue.peek_messages(32)]
    except ResourceNotFoundError:
        return []
