"""The storage account goes away and comes back."""

import time
from pathlib import Path

from tests.local.host.process import HostProcess, wait_for
from tests.stack import NewStack


def test_nothing_is_lost_while_the_storage_is_away(new_stack: NewStack, tmp_path: Path) -> None:
    stack = new_stack()
    stack.start_storage()
    host = HostProcess(tmp_path, stack.storage, {})
    try:
        host.start("--message-lease", "120")
        container = host.container()
        container.upload_blob("a.jpg", b"1")
        host.client.post("/send", content=b"hang 2").raise_for_status()
        wait_for(lambda: host.calls("work"), "the call")

        stack.stop_storage()
        assert host.notify("on_blob", container.container_name, "a.jpg").status_code == 500
        wait_for(lambda: host.calls("work", ended=True), "the end, with nobody to tell")
        time.sleep(1)
        stack.start_storage()

        queue = host.queue(host.work_queue)
        wait_for(lambda: not queue.get_queue_properties().approximate_message_count, "settled")
        assert not host.calls("work", dequeued=2)
        assert host.notify("on_blob", container.container_name, "a.jpg").status_code == 202
        wait_for(lambda: host.calls("on_blob"), "the next call")
        # The queue is looked at seldom during an outage: it is not the blob's event that says so.
        wait_for(lambda: "can be read again" in host.log.read_text(), "the queue is read again")
        assert host.stop() == 0
    finally:
        host.close()
