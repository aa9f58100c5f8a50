"""The relay between a real Azurite and a web server that stands for a host's webhook."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from azure.storage.blob import BlobServiceClient, ContainerClient

from local import relay
from local.access_log import LogFollower
from local.ports import ADDRESS, ANY, wait_until
from local.stack import Stack
from tests.stack import NewStack

Event = dict[str, Any]


class _Webhook:
    """Takes events on a port that it keeps; answers with what `answer` gives for each."""

    def __init__(self) -> None:
        self.port = ANY.available().http
        self.url = relay.webhook_url(f"http://{ADDRESS}:{self.port}")
        self.events: list[Event] = []
        self.requests = 0
        self.answer: Callable[[Event], int] = lambda _: 202

    def blobs(self) -> list[str]:
        return [event["data"]["url"].split("/", 4)[4] for event in self.events]

    @contextmanager
    def up(self) -> Iterator[None]:
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # the name that the library calls
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert self.headers["aeg-event-type"] == "Notification"
                assert self.path == webhook.url.removeprefix(f"http://{ADDRESS}:{webhook.port}")
                (event,) = json.loads(body)
                webhook.requests += 1
                status = webhook.answer(event)
                if status < 300:
                    webhook.events.append(event)
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing."""

        server = ThreadingHTTPServer((ADDRESS, self.port), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def wait_for(self, count: int) -> None:
        wait_until(lambda: len(self.events) >= count, lambda: True, 60, f"event {count}")


@pytest.fixture
def webhook() -> _Webhook:
    return _Webhook()


@pytest.fixture
def stack(new_stack: NewStack) -> Stack:
    stack = new_stack()
    stack.start_storage()
    return stack


@pytest.fixture
def container(stack: Stack) -> Iterator[ContainerClient]:
    with BlobServiceClient.from_connection_string(
        stack.storage, max_single_put_size=1024, max_block_size=1024
    ) as storage:
        yield storage.create_container("abcdefghij")


def test_an_event_is_what_event_grid_sends(
    stack: Stack, container: ContainerClient, webhook: _Webhook
) -> None:
    with webhook.up():
        stack.start_relay(webhook.url)
        container.upload_blob("dir/ü?.jpg", b"12345")
        webhook.wait_for(1)
    (event,) = webhook.events
    blob = container.get_blob_client("dir/ü?.jpg")
    assert event["eventType"] == "Microsoft.Storage.BlobCreated"
    assert event["subject"] == "/blobServices/default/containers/abcdefghij/blobs/dir/ü?.jpg"
    assert event["topic"].endswith("/storageAccounts/devstoreaccount1")
    assert event["eventTime"].endswith("Z")
    assert event["dataVersion"] == ""
    assert event["metadataVersion"] == "1"
    assert event["data"]["url"] == blob.url
    assert event["data"]["contentLength"] == 5
    assert event["data"]["blobType"] == "BlockBlob"
    assert event["data"]["eTag"] == blob.get_blob_properties().etag.strip('"')


def test_every_kind_of_upload_and_nothing_else(
    stack: Stack, container: ContainerClient, webhook: _Webhook
) -> None:
    with webhook.up():
        stack.start_relay(webhook.url)
        container.upload_blob("small", b"1")
        container.upload_blob("in blocks", b"1" * 5000)
        source = container.get_blob_client("small")
        container.get_blob_client("copy").start_copy_from_url(source.url)
        source.set_blob_metadata({"a": "b"})
        source.acquire_lease().release()
        container.get_blob_client("appended").create_append_blob()
        source.delete_blob()
        container.upload_blob("last", b"1")
        webhook.wait_for(4)
    assert webhook.blobs() == [f"abcdefghij/{n}" for n in ("small", "in%20blocks", "copy", "last")]


def test_uploads_while_the_host_is_down_arrive_in_order(
    stack: Stack, container: ContainerClient, webhook: _Webhook
) -> None:
    stack.start_relay(webhook.url)
    for number in range(5):
        container.upload_blob(str(number), b"1")
    with webhook.up():
        webhook.wait_for(5)
    assert webhook.blobs() == [f"abcdefghij/{number}" for number in range(5)]


def test_uploads_while_the_relay_is_down_arrive_once(
    stack: Stack, container: ContainerClient, webhook: _Webhook
) -> None:
    with webhook.up():
        stack.start_relay(webhook.url)
        container.upload_blob("one", b"1")
        webhook.wait_for(1)
        stack.stop_relay()
        container.upload_blob("two", b"1")
        stack.stop_storage()
        stack.start_storage()
        stack.start_relay(webhook.url)
        container.upload_blob("three", b"1")
        webhook.wait_for(3)
    assert webhook.blobs() == [f"abcdefghij/{name}" for name in ("one", "two", "three")]


def test_an_error_is_tried_again_and_a_refusal_is_not(
    stack: Stack, container: ContainerClient, webhook: _Webhook
) -> None:
    answers = iter([500, 404, 202, 400, 202])
    webhook.answer = lambda _: next(answers)
    with webhook.up():
        stack.start_relay(webhook.url)
        for name in ("retried", "refused", "last"):
            container.upload_blob(name, b"1")
        webhook.wait_for(2)
    assert webhook.blobs() == ["abcdefghij/retried", "abcdefghij/last"]
    assert webhook.requests == 5


def test_it_gives_up_after_its_tries(
    stack: Stack, container: ContainerClient, webhook: _Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "MAX_TRIES", 3)
    webhook.answer = lambda _: 500
    container.upload_blob("bad", b"1")
    follower = LogFollower(stack.logs / "azurite.log", stack.directory / "relay.json")
    with (
        BlobServiceClient.from_connection_string(stack.storage) as storage,
        relay.Relay(follower, storage, webhook.url, threading.Event()) as under_test,
        webhook.up(),
    ):
        under_test.forward()
        under_test.forward()
    assert webhook.requests == 3


def test_a_blob_that_is_gone_is_announced_still(
    stack: Stack, container: ContainerClient, webhook: _Webhook
) -> None:
    container.upload_blob("gone", b"1")
    container.delete_blob("gone")
    with webhook.up():
        stack.start_relay(webhook.url)
        webhook.wait_for(1)
    assert "eTag" not in webhook.events[0]["data"]
