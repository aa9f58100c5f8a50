"""`Retry-After` in all its forms."""

import time
from email.utils import formatdate

import httpx
import pytest

from avatar_validation.errors import MaybeDone
from avatar_validation.retrying import Patience, retry_after


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7),
        (" 120 ", 120),
        ("0", 0),
        ("-5", 0),
        ("soon", 0),
        ("", 0),
        ("²", 0),
        ("Mon, 01 Jan 2001 00:00:00 GMT", 0),
    ],
)
def test_retry_after(text: str, seconds: float) -> None:
    headers = {b"Retry-After": text.encode()}
    assert retry_after(httpx.Response(503, headers=headers)) == seconds


def test_retry_after_a_date() -> None:
    later = formatdate(time.time() + 60, usegmt=True)
    response = httpx.Response(503, headers={"Retry-After": later})
    assert 55 < retry_after(response) <= 60


def test_without_the_header() -> None:
    assert retry_after(httpx.Response(503)) == 0


@pytest.mark.parametrize("last", [httpx.ReadError("reset"), httpx.Response(504)])
def test_what_may_not_be_sent_twice(last: httpx.ReadError | httpx.Response) -> None:
    """It is tried again where nothing was done, never where it may have been done."""
    answers = iter([httpx.ConnectError("refused"), httpx.Response(503), last])
    tries: list[httpx.TransportError | httpx.Response] = []

    def send() -> httpx.Response:
        tries.append(next(answers))
        if isinstance(tries[-1], httpx.TransportError):
            raise tries[-1]
        return tries[-1]

    with pytest.raises(MaybeDone, match="Look whether it was done"):
        Patience(30, lambda text: None).retried(send, "The service", repeatable=False)
    assert len(tries) == 3
