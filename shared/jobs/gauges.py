"""What the metrics read from the app once per interval: open jobs and engine restarts.

Every instance reads the same database: take the maximum of the job counts over all instances, never
their sum.
"""

from typing import Final

from sqlalchemy import case, func, select

from shared.database.connection import Database
from shared.database.tables import ENDED, Job, JobEvent, State
from shared.engines.pool import EnginePool
from shared.platform.outages import is_outage
from shared.platform.telemetry import OpenJobs

WAITING: Final = (State.UPLOADED, State.EXTRACTED)


class Gauges:
    """`shared.platform.telemetry.Readings` of a running app."""

    def __init__(self, database: Database, engines: EnginePool) -> None:
        self._database, self._engines = database, engines

    def restarts(self) -> int:
        return self._engines.restarts

    def open_jobs(self) -> list[OpenJobs] | None:
        """What has not ended. One query, which looks at open jobs only, by their index."""
        last = (
            select(func.max(JobEvent.at))
            .where(JobEvent.job_id == Job.id)
            .correlate(Job)
            .scalar_subquery()
        )
        # not `updated`: reconciliation sets it each time it looks at the job
        since = func.min(case((Job.state.in_(WAITING), last)))
        waited = func.extract("epoch", func.clock_timestamp() - since)
        statement = (
            select(Job.state, Job.type, func.count(), func.coalesce(waited, 0))
            .where(Job.state.not_in(ENDED), ~Job.deleting)
            .group_by(Job.state, Job.type)
        )
        try:
            with self._database.begin() as session:
                rows = session.execute(statement).all()
        except Exception as error:
            if not is_outage(error):
                raise
            return None
        return [
            OpenJobs(state, kind, count, float(longest)) for state, kind, count, longest in rows
        ]
