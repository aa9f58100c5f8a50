"""Following jobs until they are done or have failed."""

import time
from collections.abc import Sequence

from avatar_validation.display import Display
from avatar_validation.errors import Away, ClientError
from avatar_validation.results import Result
from avatar_validation.service import Service

PAUSES = 0.2, 3.0  # [s] between two looks: at first, and at a long job


class TimedOut(ClientError):
    """The jobs took longer than `--timeout`."""

    code = "timed_out"


def follow(service: Service, results: Sequence[Result], display: Display, timeout: float) -> None:
    """Look at every pending job until it ends; each result then has its job, or what went wrong.

    `timeout` [s] is for all of them together.
    """
    deadline = time.monotonic() + timeout
    pause, longest = PAUSES
    while waiting := [result for result in results if result.pending]:
        if time.monotonic() > deadline:
            _give_up(waiting, TimedOut(f"Not at its end after {timeout:g} s (--timeout)."))
            return
        time.sleep(pause)
        pause = min(pause * 1.2, longest)
        try:
            for result in waiting:
                _look(service, result, display)
        except Away as away:
            _give_up(waiting, away)
            return


def how_to_follow(job_id: str) -> str:
    return f"avatar-validation status {job_id} --wait"


def _look(service: Service, result: Result, display: Display) -> None:
    try:
        result.update(service.job(str(result.job_id)))
    except Away:
        raise
    except ClientError as error:  # of this job only, for example because it was deleted
        result.fail(error)
    if result.job is not None:
        display.job(result.label, result.job)


def _give_up(waiting: Sequence[Result], error: ClientError) -> None:
    for result in waiting:
        if result.pending:
            why = f"{error} It goes on in the service: {how_to_follow(str(result.job_id))}"
            result.error = {"code": error.code, "detail": why}
