"""The job that a thread works for."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_job: ContextVar[str | None] = ContextVar("job", default=None)


@contextmanager
def job(job_id: uuid.UUID) -> Iterator[None]:
    """Spans and log records of the block are this job's."""
    token = _job.set(str(job_id))
    try:
        yield
    finally:
        _job.reset(token)


def current_job() -> str | None:
    """The id of the job that this thread works for."""
    return _job.get()


def carried(work: Callable[[Item], Result]) -> Callable[[Item], Result]:
    """`work` for other threads, with the job and the span of this one."""
    context = copy_context()
    return lambda item: context.copy().run(work, item)
