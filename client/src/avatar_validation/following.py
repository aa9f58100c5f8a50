"""Following jobs until they are done or have failed."""

import os
import shlex
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from avatar_validation.display import Display
from avatar_validation.errors import Away, ClientError
from avatar_validation.results import Result
from avatar_validation.service import DEFAULT_ADDRESS, URL_VARIABLE, Service
from avatar_validation.words import counted

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
            _give_up(service, waiting, TimedOut(f"Not at its end after {timeout:g} s (--timeout)."))
            return
        time.sleep(pause)
        pause = min(pause * 1.2, longest)
        try:
            for result in waiting:
                _look(service, result, display)
        except Away as away:
            _give_up(service, waiting, away)
            return


@contextmanager
def resumable(service: Service, results: Sequence[Result]) -> Iterator[None]:
    """Ctrl-C says which files were not sent, and in one line how to follow what was."""
    try:
        yield
    except KeyboardInterrupt:
        raise KeyboardInterrupt(_stopped(service, results)) from None


def _stopped(service: Service, results: Sequence[Result]) -> str:
    pending = [str(result.job_id) for result in results if result.pending]
    unsent = sum(result.job is None and result.error is None for result in results)
    text = "Stopped."
    if unsent:
        text += f" Not sent: {counted(unsent, 'file')}."
    if pending:
        text += f" In the service {counted(len(pending), 'job')} may go on; to follow:"
        text += f"\n{_how_to_follow(service, pending)}"
    return text


def _how_to_follow(service: Service, job_ids: Sequence[str]) -> str:
    """A line to be pasted. The key is never in it."""
    usual = os.environ.get(URL_VARIABLE) or DEFAULT_ADDRESS
    url = () if service.address == usual.rstrip("/") else ("--url", service.address)
    return shlex.join(("avatar-validation", "status", *job_ids, "--wait", *url))


def _look(service: Service, result: Result, display: Display) -> None:
    try:
        result.update(service.job(str(result.job_id)))
    except Away:
        raise
    except ClientError as error:  # of this job only, for example because it was deleted
        result.fail(error)
    if result.job is not None:
        display.job(result.label, result.job)


def _give_up(service: Service, waiting: Sequence[Result], error: ClientError) -> None:
    for result in waiting:
        if result.pending:
            command = _how_to_follow(service, [str(result.job_id)])
            why = f"{error} It goes on in the service: {command}"
            result.error = {"code": error.code, "detail": why}
