"""Which errors mean that storage, database or room is missing for now, and how to wait for it."""

import logging
import time
from collections.abc import Callable
from typing import Final, TypeVar

from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from shared.platform.disk import DiskFullError, is_full
from shared.platform.errors import Code, Problem, UpgradingError

Result = TypeVar("Result")
Log = logging.LoggerAdapter[logging.Logger]

AWAY_STATUS: Final = frozenset({429, 500, 502, 503, 504})
AWAY_STATES: Final = ("25006", "53", "57P")
"""SQLSTATEs of a database that takes no writes (Azure at 95 % of the disk, a demoted primary), is
full or has no connection left, or is being shut down or started."""
DISTURBED_STATES: Final = frozenset({"40001", "40P01"})  # not serialisable, deadlock
DISTURBED_TRIES: Final = 4
RETRY_AFTER_SECONDS: Final = 5  # what a client is told
FIRST_PAUSE_SECONDS: Final = 0.25
LONGEST_PAUSE_SECONDS: Final = 4.0


def is_outage(error: BaseException) -> bool:
    """True where the same call may succeed later although nothing else has changed."""
    if isinstance(error, DBAPIError) and (
        error.connection_invalidated or _state(error).startswith(AWAY_STATES)
    ):
        return True
    if isinstance(error, HttpResponseError):
        return error.status_code in AWAY_STATUS
    return isinstance(
        error,
        (
            OperationalError,
            InterfaceError,
            PoolTimeoutError,
            UpgradingError,
            DiskFullError,
            ServiceRequestError,
            ServiceResponseError,
        ),
    )


def _state(error: DBAPIError) -> str:
    """The SQLSTATE; empty where the server gave none."""
    return getattr(error.orig, "pgcode", None) or ""


def undisturbed(action: Callable[[], Result]) -> Result:
    """The result of `action`, begun again where two transactions were in each other's way.

    The database has ended one of them as if it had never begun: no caller need know.
    """
    for _ in range(DISTURBED_TRIES - 1):
        try:
            return action()
        except DBAPIError as error:
            if _state(error) not in DISTURBED_STATES:
                raise
    return action()


def as_problem(error: BaseException) -> Problem:
    """What a client is told of an outage: which half is away, and when to come again."""
    if isinstance(error, UpgradingError):
        return Problem(
            Code.SERVICE_UNAVAILABLE,
            "The service is being upgraded. Try again in a minute.",
            headers={"Retry-After": "60"},
        )
    if is_full(error):
        return Problem(
            Code.SERVICE_UNAVAILABLE,
            "There is no room for the file at the moment. Try again in a minute.",
            headers={"Retry-After": "60"},
        )
    database = isinstance(error, (DBAPIError, PoolTimeoutError))
    if isinstance(error, DBAPIError) and _state(error).startswith(("25006", "53100")):
        return Problem(
            Code.SERVICE_UNAVAILABLE,
            "The database takes no writes at the moment. Try again in a minute.",
            headers={"Retry-After": "60"},
        )
    away = "The database" if database else "The storage account"
    return Problem(
        Code.SERVICE_UNAVAILABLE,
        f"{away} does not answer at the moment. Try again in a few seconds.",
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
    )


def patiently(action: Callable[[], Result], seconds: float, log: Log) -> Result:
    """The result of `action`, tried again for up to `seconds` while it meets an outage.

    For actions that may be repeated: one transaction, one blob operation. The host's own five
    tries follow each other within moments and would all fall into the same short outage.
    """
    deadline = time.monotonic() + seconds
    pause = FIRST_PAUSE_SECONDS
    while True:
        try:
            return action()
        except Exception as error:
            if not is_outage(error) or time.monotonic() + pause > deadline:
                raise
            log.warning("%s is away, trying again in %.1f s", type(error).__name__, pause)
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
