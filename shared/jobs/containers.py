"""The jobs of a container: one in ours; in another program's, one of each media blob."""

from collections.abc import Sequence

from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session

from shared.database.tables import Job
from shared.jobs.outputs import AT_ROOT


def jobs_in(session: Session, container: str) -> list[Job]:
    return list(session.scalars(select(Job).where(Job.container == container)))


def by_blob(session: Session, container: str, blob: str) -> Job | None:
    """The job whose media this blob is."""
    return session.scalar(select(Job).where(Job.container == container, Job.blob == blob))


def first(session: Session, container: str) -> Job | None:
    """The job whose results are at the container's root."""
    return session.scalar(select(Job).where(Job.container == container, Job.folder.in_(AT_ROOT)))


def not_ours(session: Session, containers: Sequence[str]) -> list[str]:
    """Those that are not known to be a job's own: there may be media without a job in them."""
    own = select(Job.container).where(
        Job.container.in_(containers), ~Job.foreign_uuid, Job.container == cast(Job.id, Text)
    )
    known = set(session.scalars(own))
    return [container for container in containers if container not in known]
