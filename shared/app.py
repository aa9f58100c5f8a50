"""The parts of one process, put together once: settings, database, storage, engines.

Made at the first call of `app()`, not at import: a process that only lists its functions opens no
connection. None of the parts keeps anything of a job,
but for the names of what the timers could not deal with.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import TypeVar

from sqlalchemy.orm import Session

from shared.database.connection import Database
from shared.engines.pool import EnginePool
from shared.jobs.gauges import Gauges
from shared.jobs.setbacks import Setbacks
from shared.platform import outages, scratch, telemetry
from shared.platform.outages import Log
from shared.platform.settings import Settings, read
from shared.platform.storage import Storage

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class App:
    settings: Settings
    database: Database
    storage: Storage
    engines: EnginePool
    setbacks: Setbacks = field(default_factory=Setbacks)

    def patiently(self, action: Callable[[], Result], log: Log) -> Result:
        """The result of `action`, which may be repeated: short outages are waited out."""
        return outages.patiently(action, self.settings.outage_patience_seconds, log)

    def transaction(self, work: Callable[[Session], Result], log: Log) -> Result:
        """Run `work` in a transaction of its own, again if the database goes away meanwhile."""

        def once() -> Result:
            with self.database.begin() as session:
                return work(session)

        return self.patiently(once, log)

    def close(self) -> None:
        self.engines.close()
        self.storage.close()
        self.database.close()


def build(settings: Settings) -> App:
    return App(
        settings=settings,
        database=Database(settings.database_url, settings.database_auth),
        storage=Storage(settings),
        engines=EnginePool(
            settings.processes,
            memory_limit_mb=settings.engine_memory_mb or None,
            environment={
                "OPENFACE_HOME": settings.openface_home,
                "OPENFACE_MODEL": settings.openface_model,
            },
        ),
    )


@cache
def app() -> App:
    """The parts of this process. Raises SettingsError where the settings are wrong."""
    scratch.sweep()
    parts = build(read())
    telemetry.observe(Gauges(parts.database, parts.engines))
    return parts
