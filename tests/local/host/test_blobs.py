"""Blob triggers: webhook, queue, tries, poison queue."""

import json

import pytest
from azure.core.exceptions import ResourceNotFoundError

from local.host.blobs import BadEventError, parse_events, split_blob_url
from tests.local.host.process import HostProcess, wait_for

WEBHOOK = "/runtime/webhooks/blobs"


def test_an_uploaded_blob_reaches_the_function_as_a_client(host: HostProcess) -> None:
    container = host.container()
    name = "folder/a b é#1.jpg"
    container.upload_blob(name, b"12345")
    assert host.notify("on_blob", container.container_name, name).status_code == 202
    (call,) = wait_for(
        lambda: host.calls("on_blob", container=container.container_name), "the call"
    )
    assert (call["blob"], call["size"]) == (name, 5)


def test_an_uploaded_blob_reaches_the_function_as_a_stream(host: HostProcess) -> None:
    container = host.container()
    container.upload_blob("a b.txt", b"content", metadata={"avatar": "ada"})
    host.notify("on_stream", container.container_name, "a b.txt")
    (call,) = wait_for(
        lambda: host.calls("on_stream", name=f"{container.container_name}/a b.txt"), "the call"
    )
    assert (call["text"], call["length"], call["metadata"]) == ("content", 7, {"avatar": "ada"})
    assert call["uri"] == container.get_blob_client("a b.txt").url


def test_a_failing_blob_is_tried_so_often_and_then_poisoned(host: HostProcess) -> None:
    container = host.container()
    container.upload_blob("fail.jpg", b"1")
    host.notify("on_blob", container.container_name, "fail.jpg")
    (message,) = wait_for(
        lambda: _poisoned(host, container.container_name), "the message is poisoned"
    )
    assert message == {
        "Type": "BlobTrigger",
        "FunctionId": "Host.Functions.on_blob",
        "BlobType": "BlockBlob",
        "ContainerName": container.container_name,
        "BlobName": "fail.jpg",
        "ETag": '"0x8D4BCC2E4835CD0"',
    }
    assert len(host.calls("on_blob", container=container.container_name)) == 3


def test_what_has_no_function_or_no_blob_is_dropped(host: HostProcess) -> None:
    container = host.container()
    container.upload_blob("last.jpg", b"1")
    assert host.notify("nobody", container.container_name, "last.jpg").status_code == 202
    assert host.notify("on_blob", container.container_name, "gone.jpg").status_code == 202
    host.notify("on_blob", container.container_name, "last.jpg")
    wait_for(lambda: host.calls("on_blob", container=container.container_name), "the call")
    assert len(host.calls("on_blob", container=container.container_name)) == 1
    queue = host.queue(f"azure-webjobs-blobtrigger-{host.id}")
    wait_for(lambda: not queue.get_queue_properties().approximate_message_count, "empty queue")


def test_handshakes(host: HostProcess) -> None:
    header = {"aeg-event-type": "SubscriptionValidation"}
    event = {"data": {"validationCode": "code-1"}}
    answer = host.client.post(WEBHOOK, headers=header, json=[event])
    assert (answer.status_code, answer.json()) == (200, {"validationResponse": "code-1"})
    cloud_event = {"data": json.dumps({"validationCode": "code-2"})}
    answer = host.client.post(WEBHOOK, headers=header, json=cloud_event)
    assert answer.json() == {"validationResponse": "code-2"}
    origin = {"WebHook-Request-Origin": "eventgrid.azure.net"}
    answer = host.client.options(WEBHOOK, headers=origin)
    assert answer.headers["webhook-allowed-origin"] == "eventgrid.azure.net"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("Notification", "no json"),
        ("Notification", "[{}]"),
        ("Notification", '[{"data": {"url": "http://127.0.0.1/a/b/c", "blobType": "x"}}]'),
        ("SubscriptionValidation", "[]"),
        ("", "[]"),
    ],
)
def test_bodies_that_event_grid_never_sends_are_400(
    host: HostProcess, kind: str, body: str
) -> None:
    answer = host.client.post(WEBHOOK, headers={"aeg-event-type": kind}, content=body)
    assert answer.status_code == 400
    assert answer.text


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://acc.blob.core.windows.net/c/a%20b/%C3%A9", ("c", "a b/é")),
        ("http://127.0.0.1:10000/devstoreaccount1/c/a", ("c", "a")),
        ("http://localhost:10000/devstoreaccount1/c/a%2Bb", ("c", "a+b")),
        ("http://[::1]:10000/devstoreaccount1/c/a", ("c", "a")),
    ],
)
def test_split_blob_url(url: str, expected: tuple[str, str]) -> None:
    assert split_blob_url(url) == expected


def test_a_url_without_a_blob_is_refused() -> None:
    with pytest.raises(BadEventError, match="names no blob"):
        split_blob_url("https://acc.blob.core.windows.net/container")


def test_one_cloud_event_is_one_message() -> None:
    data = {"url": "https://a.blob.core.windows.net/c/b", "blobType": "PageBlob", "eTag": "1"}
    (message,) = parse_events({"specversion": "1.0", "data": data}, "Host.Functions.f")
    assert (message["BlobType"], message["ContainerName"], message["BlobName"]) == (
        "PageBlob", "c", "b",
    )  # fmt: skip


def _poisoned(host: HostProcess, container: str) -> list[dict[str, str]]:
    try:
        messages = host.queue("webjobs-blobtrigger-poison").peek_messages(32)
    except ResourceNotFoundError:
        return []
    found = [json.loads(message.content) for message in messages]
    return [message for message in found if message["ContainerName"] == container]
