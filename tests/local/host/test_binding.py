"""What functions get and give."""

from typing import Any

import azure.functions as func
import pytest
from azure.functions import meta

from local.host.app import Binding
from local.host.binding import TriggerData, decode, queue_messages


@pytest.mark.parametrize(
    ("annotation", "value", "expected"),
    [(str, "a", "a"), (str, b"a", "a"), (bytes, b"a", b"a"), (bytes, "a", b"a")],
)
def test_plain_parameters(annotation: type, value: str | bytes, expected: str | bytes) -> None:
    binding = Binding("x", "queueTrigger", {}, annotation)
    kind = "string" if isinstance(value, str) else "bytes"
    assert decode(binding, TriggerData(meta.Datum(value, kind))) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("a", ["a"]),
        (b"\x00", [b"\x00"]),
        (["a", b"b"], ["a", b"b"]),
        (func.QueueMessage(body="a"), [b"a"]),
    ],
)
def test_queue_messages(given: Any, expected: list[str | bytes]) -> None:
    assert queue_messages(given) == expected


def test_what_a_queue_output_does_not_take() -> None:
    with pytest.raises(TypeError, match="a queue output takes"):
        queue_messages({"a": 1})
