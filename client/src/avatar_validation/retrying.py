"""Trying again while a service is away: lost connections, 429, 502, 503, 504.

The first pause is short and each is twice the one before, with chance in it so that many clients
do not come back at the same moment. A `Retry-After` that asks for more is kept to. A service that
answers 429 is not away but takes no more for now, so it is waited for longer.
"""

import random
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

import httpx

from avatar_validation.errors import Away, MaybeDone

TOO_MANY = 429
PASSING = frozenset({TOO_MANY, 502, 503, 504})
"""Statuses of a service that may be there again in a moment; 502 and 504 are a gateway's."""

_REFUSED_UNREAD = frozenset({TOO_MANY, 503})
"""With these nothing was done; behind a gateway's 502 or 504 it may have been."""

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

FIRST_PAUSE = 0.5  # [s]
LONGEST_PAUSE = 15.0  # [s] unless the service asks for more
QUEUEING = 900.0  # [s] for a service that answers 429; a minute's window opens many times meanwhile

Note = Callable[[str], None]


class Patience:
    """How often and how long to try. `seconds` count from the first failure of each request."""

    def __init__(self, seconds: float, note: Note) -> None:
        self.seconds = seconds
        self._note = note

    def retried(
        self,
        send: Callable[[], httpx.Response],
        who: str,
        *,
        passing: frozenset[int] = PASSING,
        repeatable: bool = True,
    ) -> httpx.Response:
        """The first answer that is not a passing one. `who` is asked, in words.

        A request that is not `repeatable` is sent again only when it cannot have been acted on.
        Raises Away when patience has run out, MaybeDone where it is not known what became of it.
        """
        began: float | None = None
        pause, patience = FIRST_PAUSE, self.seconds
        while True:
            asked = 0.0
            try:
                response = send()
            except httpx.TransportError as error:
                trouble = f"{who} cannot be reached ({_words(error)})"
                done = not isinstance(error, _NEVER_SENT)
            else:
                if response.status_code not in passing:
                    return response
                trouble = f"{who} is not available ({response.status_code})"
                if response.status_code == TOO_MANY:
                    trouble = f"{who} takes no more for now ({response.status_code})"
                    patience = max(self.seconds, QUEUEING) if self.seconds else 0.0
                done = response.status_code not in _REFUSED_UNREAD
                asked = retry_after(response)
            if done and not repeatable:
                raise MaybeDone(
                    f"{trouble}, after it was asked to change something. Look whether it was done "
                    "before you try again."
                )
            now = time.monotonic()
            began = now if began is None else began
            wait = max(pause * random.uniform(0.5, 1.0), asked)  # noqa: S311 - spreads, no secret
            if now + wait > began + patience:
                tried = f"tried for {patience:.0f} s (--patience)"
                if asked > patience:
                    tried = f"it asks to wait {asked:.0f} s, more than --patience allows"
                raise Away(f"{trouble}; {tried}. Check the address, or try later.")
            self._note(f"{trouble}; trying again in {wait:.1f} s")
            time.sleep(wait)
            pause = min(pause * 2, LONGEST_PAUSE)


def retry_after(response: httpx.Response) -> float:
    """The seconds that `Retry-After` asks for, in either of its forms; 0 without a usable one."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(parsedate_to_datetime(text).timestamp() - time.time(), 0.0)
    except ValueError:
        return 0.0


def _words(error: httpx.TransportError) -> str:
    """Without the "[Errno 111]" that operating systems begin with."""
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    return str(error).rpartition("] ")[2] or type(error).__name__
