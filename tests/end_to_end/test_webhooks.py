"""Webhooks of a whole service, and docs/webhooks.md: its programs take what the service sends."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from local.paths import ROOT
from local.ports import answers, wait_until
from shared.platform import standard_webhooks
from shared.platform.outbound import post
from tests import media_factory
from tests.client.running import Client
from tests.end_to_end.service import LIMIT, Service
from tests.end_to_end.test_reports import lips, take
from tests.leaks import WEBHOOK_SECRET as SECRET
from tests.stack import MakeStack
from tests.webhook_receiver import Message, Receiver, receiving

PAGE = (ROOT / "docs" / "webhooks.md").read_text()
"""Its blocks of JSON are one of each event."""


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture(scope="module")
def telling(make_stack: MakeStack) -> Iterator[Service]:
    with make_stack({"WEBHOOK_SECRET": SECRET, "WEBHOOK_ALLOW_PRIVATE": "true"}) as stack:
        stack.start()
        client = Service(stack)
        yield client
        client.close()


def program(name: str) -> str:
    """The block that follows `<!-- file: name -->`."""
    found = re.search(rf"<!-- file: {re.escape(name)} -->\n```python\n(.*?)```", PAGE, re.DOTALL)
    assert found, f"docs/webhooks.md has no {name}"
    return found[1]


def verified(message: Message, secret: str = SECRET) -> dict[str, Any]:
    """As the page's own program does it."""
    module = ModuleType("webhook")
    exec(program("webhook.py"), vars(module))
    found: dict[str, Any] = module.verified(message.headers, message.body, secret)
    return found


def in_page() -> list[dict[str, Any]]:
    """The examples of both events."""
    return [json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]


def shape(found: Any) -> Any:
    """The names of what is in it."""
    if isinstance(found, dict):
        return {name: shape(value) for name, value in found.items()}
    return [shape(found[0])] if isinstance(found, list) and found else None


@pytest.mark.thorough
def test_a_job_and_its_build_are_told(telling: Service, receiver: Receiver, tmp_path: Path) -> None:
    """The first answer is 500: the queue brings the message again by itself."""
    receiver.statuses = [500]
    address = f"{receiver.address}/secret"
    fields = {"name": "build 41", "parameter_set": lips(telling)}
    job = telling.measure(take(tmp_path / "take.csv"), webhook=address, **fields)

    def delivered() -> list[dict[str, Any]] | None:
        items: list[dict[str, Any]] = telling.http.get(f"/api/jobs/{job['id']}/webhooks").json()[
            "items"
        ]
        return items if {item["state"] for item in items} == {"delivered"} else None

    listed = telling.wait_for(delivered, "two delivered webhooks")
    assert {item["event"] for item in listed} == {"job.ended", "build.ended"}
    assert {item["address"] for item in listed} == {receiver.address}
    assert sorted(item["attempts"] for item in listed) == [1, 2]
    assert {message.headers["webhook-id"] for message in receiver.messages} == {
        item["id"] for item in listed
    }
    messages = {message.json["type"]: verified(message) for message in receiver.messages}
    (report,) = job["reports"]
    data = messages["job.ended"]["data"]
    assert (data["job"], data["verdict"], data["error"]) == (job["id"], "fail", None)
    assert data["reports"][0]["address"] == report["links"]["self"]
    assert telling.http.get(data["address"]).json()["state"] == data["state"]
    data = messages["build.ended"]["data"]
    assert (data["last_job"], data["verdict"]) == (job["id"], "fail")
    build = telling.http.get(data["address"]).json()
    assert (build["verdict"], build["counts"]) == (data["verdict"], data["counts"])
    for example in in_page():
        assert shape(messages[example["type"]]) == shape(example)
    assert "/secret" not in telling.log()


@pytest.mark.thorough
def test_the_client_has_each_file_of_a_folder_told(
    telling: Service, receiver: Receiver, tmp_path: Path
) -> None:
    names = ["one.jpg", "two.jpg"]
    (tmp_path / "takes").mkdir()
    for name in names:
        media_factory.picture(tmp_path / "takes" / name)
    client = Client(telling.stack.http, tmp_path)
    run = client.run("submit", "takes", "--avatar=Folder", f"--webhook={receiver.address}")
    assert run.returncode == 0, run.stderr

    def told() -> list[str] | None:
        ours = [message.json["data"] for message in receiver.of("job.ended")]
        found = sorted(data["filename"] for data in ours if data["avatar"] == "Folder")
        return found if len(found) == len(names) else None

    assert telling.wait_for(told, "a webhook for each file") == names


def signed(content: dict[str, Any], moment: float) -> Message:
    body = json.dumps(content).encode()
    keys = standard_webhooks.keys(SECRET)
    return Message("/", standard_webhooks.headers(keys, "msg_1", int(moment), body), body)


def test_the_pages_command_makes_a_secret() -> None:
    found = re.search(r"<!-- run: secret -->\n```sh\n(.*?)```", PAGE, re.DOTALL)
    assert found
    made = subprocess.run(["sh", "-ec", found[1]], capture_output=True, text=True, check=True)
    (key,) = standard_webhooks.keys(made.stdout)
    assert len(key) == 32


def test_the_pages_program_knows_ours_from_others() -> None:
    ours = signed({"type": "job.ended"}, time.time())
    assert verified(ours) == {"type": "job.ended"}
    other = "whsec_YW5vdGhlciBzZWNyZXQgdGhhbiBvdXJzLCBvZiB3ZWJob29rcw=="
    for message, secret in (
        (ours, other),
        (Message("/", ours.headers, ours.body + b" "), SECRET),
        (signed({}, time.time() - 3600), SECRET),
    ):
        with pytest.raises(ValueError, match="The message is"):
            verified(message, secret)
    both = f"{ours.headers['webhook-signature']} v1,b3RoZXI="
    assert verified(Message("/", {**ours.headers, "webhook-signature": both}, ours.body))


def text_of(message: Message) -> str:
    if "attachments" in message.json:  # for Teams
        (attachment,) = message.json["attachments"]
        return str(attachment["content"]["body"][0]["text"])
    return str(message.json["text"]).replace("&lt;", "<")


@pytest.mark.parametrize("chat", ["hooks.slack.com", "teams"])
def test_a_chat_is_told(receiver: Receiver, tmp_path: Path, chat: str) -> None:
    for name in ("webhook.py", "chat.py"):
        (tmp_path / name).write_text(program(name))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    examples = in_page()
    for example in examples:
        example["data"]["avatar"] = "Ada <3"
    environment = {
        "WEBHOOK_SECRET": SECRET,
        "SERVICE": "https://service.example",
        "CHAT_URL": f"{receiver.address}/{chat}",
        "PORT": str(port),
    }
    bridge = subprocess.Popen(
        [sys.executable, "chat.py"], cwd=tmp_path, env=os.environ | environment
    )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until(lambda: answers(port), lambda: bridge.poll() is None, LIMIT, "chat.py")
        before = len(receiver.messages)
        for example in examples:
            message = signed(example, time.time())
            assert post(address, message.body, message.headers, allow_private=True) == 204
        forged = signed({"type": "job.ended"}, time.time() - 3600)
        assert post(address, forged.body, forged.headers, allow_private=True) == 401
        told = [text_of(message) for message in receiver.messages[before:]]
    finally:
        bridge.kill()
        bridge.wait()
    service = "https://service.example"
    assert told == [
        f"Ada <3, build 41, greeting.mp4: fail. {service}/jobs/{examples[0]['data']['job']}",
        f"Ada <3, build 41: fail (2 fail, 1 inconclusive, 7 pass). {service}/avatars",
    ]
