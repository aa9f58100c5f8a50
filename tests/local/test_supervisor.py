"""A part that crashes is started again; one that keeps crashing ends the service, with a reason."""

import os
import signal
import threading
from collections.abc import Callable

import psycopg2
import pytest

from local import supervisor
from local.errors import StackError
from local.ports import wait_until
from local.stack import Stack
from local.supervisor import watch
from tests.stack import NewStack

LIMIT = 60.0  # [s] for what takes one on an idle machine


def _watch(stack: Stack, errors: list[str]) -> threading.Thread:
    """Watch in a thread. It goes on until the supervisor gives up."""

    def run() -> None:
        try:
            watch(stack)
        except StackError as error:
            errors.append(str(error))

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def _answers(stack: Stack) -> Callable[[], bool]:
    def connects() -> bool:
        try:
            psycopg2.connect(stack.database).close()
        except psycopg2.OperationalError:
            return False
        return True

    return connects


def test_crashes(new_stack: NewStack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "MAX_CRASHES", 2)
    monkeypatch.setattr(supervisor, "WINDOW", 10 * LIMIT)
    stack = new_stack()
    stack.start_database()
    errors: list[str] = []
    killed: list[int] = []
    thread = _watch(stack, errors)
    process = stack.parts()[0][0]
    for _ in range(2):
        killed.append(process.pid)
        os.kill(process.pid, signal.SIGKILL)
        wait_until(lambda: process.pid not in killed, thread.is_alive, LIMIT, "the restart")
        wait_until(_answers(stack), thread.is_alive, LIMIT, "PostgreSQL")
    os.kill(process.pid, signal.SIGKILL)
    thread.join(LIMIT)
    assert not thread.is_alive()
    assert errors[0].startswith("PostgreSQL ")
    assert ", 3 times within 600 s. The end of " in errors[0]
    assert "database system is ready to accept connections" in errors[0]
