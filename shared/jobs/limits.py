"""How many jobs a deployment takes: uploads per minute, and jobs that are open at a time.

Counted in the database, so over all instances; two settings, both off unless set. Whatever
makes a job asks here before anything is stored, and so does the retry of a failed one. A container
that another program made is never refused: its media is stored already.
"""

import math
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.database.tables import ENDED, Job
from shared.platform.errors import Code, Problem
from shared.platform.settings import Settings

WINDOW_SECONDS: Final = 60
OPEN_RETRY_SECONDS: Final = 10  # an image takes less than this, a clip more

_LOCK: Final = 0x6A6F6273  # any number that no other advisory lock of this database has


def check(session: Session, settings: Settings) -> None:
    """Whether one more upload is taken. Raises Problem `too_many_uploads`, `too_many_open_jobs`."""
    if settings.max_uploads_per_minute:
        _check_rate(session, settings.max_uploads_per_minute)
    check_open(session, settings)


def check_open(session: Session, settings: Settings) -> None:
    """Whether one more job may be open. Raises Problem `too_many_open_jobs`."""
    most = settings.max_open_jobs
    if not most:
        return
    # as the condition of the index `ix_job_open` has it
    some = select(Job.id).where(Job.state.not_in(ENDED)).limit(most)
    if session.scalar(select(func.count()).select_from(some.subquery())) == most:
        raise _refusal(
            Code.TOO_MANY_OPEN_JOBS,
            f"As many jobs are open as may be at a time ({most}).",
            OPEN_RETRY_SECONDS,
        )


def one_at_a_time(session: Session, settings: Settings) -> None:
    """Have others that would make a job wait until this transaction ends, so that counts hold."""
    if settings.max_uploads_per_minute or settings.max_open_jobs:
        session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def _check_rate(session: Session, most: int) -> None:
    """The `most`-th newest job must be older than the window."""
    ago = func.extract("epoch", func.clock_timestamp() - Job.created)
    newest = select(ago).order_by(Job.created.desc()).offset(most - 1).limit(1)
    age = session.scalar(newest)
    if age is not None and age < WINDOW_SECONDS:
        raise _refusal(
            Code.TOO_MANY_UPLOADS,
            f"As many uploads came within a minute as are taken ({most}).",
            max(1, math.ceil(WINDOW_SECONDS - age)),
        )


def _refusal(code: Code, why: str, seconds: int) -> Problem:
    headers = {"Retry-After": str(seconds)}
    return Problem(code, f"{why} Nothing was stored. Try again in {seconds} s.", headers=headers)
