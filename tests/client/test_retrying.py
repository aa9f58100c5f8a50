"""`Retry-After` in all its forms."""

from email.utils import formatdate

import httpx
import pytest

from avatar_validation.errors import Away, MaybeDone
from avatar_validation.retrying import QUEUEING, Patience, retry_after


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


def test_retry_after_a_date(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_800_000_000
    monkeypatch.setattr("time.time", lambda: now)
    later = formatdate(now + 60, usegmt=True)
    response = httpx.Response(503, headers={"Retry-After": later})
    assert retry_after(response) == 60


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


def test_a_service_that_takes_no_more_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Longer than one that is away, but not for ever."""
    clock, asked = [0.0], iter(range(10_000))
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    monkeypatch.setattr("time.sleep", lambda seconds: clock.__setitem__(0, clock[0] + seconds))

    def full(until: float) -> httpx.Response:
        next(asked)
        status = 429 if clock[0] < until else 202
        return httpx.Response(status, headers={"Retry-After": "60"})

    patience = Patience(60, lambda text: None)
    assert patience.retried(lambda: full(600), "The service").status_code == 202
    assert clock[0] == 600
    with pytest.raises(Away, match="takes no more for now"):
        patience.retried(lambda: full(1e9), "The service")
    assert clock[0] == 600 + QUEUEING
    with pytest.raises(Away):
        Patience(0, lambda text: None).retried(lambda: full(1e9), "The service")
    assert clock[0] == 600 + QUEUEING
