"""An app whose database can be set back to an earlier time, as an operator restores one."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from local.postgres import create_database
from local.stack import Stack
from shared.app import App
from shared.database.connection import Database
from shared.database.tables import ActionUnitReport, Job, State
from shared.jobs import lifecycle
from shared.pipeline import events, reconciliation, uploads
from shared.pipeline.upload_fields import Fields
from shared.pipeline.uploads import Upload
from shared.platform import blob_names


@dataclass
class Deployment:
    """One app, one storage account, and a database that can be set back."""

    app: App
    stack: Stack
    folder: Path
    numbers: Iterator[int]

    def upload(self, path: Path, filename: str | None = None, **fields: Any) -> Job:
        """Taken in, not yet measured."""
        copy = self.folder / f"upload-{next(self.numbers)}"
        copy.write_bytes(path.read_bytes())
        said = Fields.model_validate({"avatar": "Ada", **fields})
        return uploads.accept(self.app, Upload(said, filename or path.name, copy, None))

    def measure(self, job: Job) -> Job:
        events.blob_uploaded(self.app, job.container, job.blob)
        events.blob_uploaded(self.app, job.container, blob_names.MEASUREMENT_BLOB)
        done = self.job(job.id)
        assert done.state == State.DONE, done.error_detail
        return done

    def job(self, job_id: uuid.UUID) -> Job:
        with self.app.database.begin() as session:
            found = lifecycle.get(session, job_id)
        assert found is not None
        return found

    def jobs(self) -> dict[uuid.UUID, Job]:
        with self.app.database.begin() as session:
            return {job.id: job for job in session.scalars(sa.select(Job))}

    def reports(self) -> list[int]:
        with self.app.database.begin() as session:
            return list(session.scalars(sa.select(ActionUnitReport.id)))

    def backup(self) -> str:
        """The name of a copy of the database as it is now."""
        name = f"backup_{next(self.numbers)}"
        self.app.database.close()
        create_database(self.stack.database, name, self.app.database.engine.url.database)
        return name

    def restore(self, backup: str) -> None:
        """Go on with a copy; what was written since is lost."""
        url = self.app.database.engine.url.set(database=backup)
        self.app.database.close()
        text = url.render_as_string(hide_password=False)
        self.app = replace(self.app, database=Database(text))

    def mend(self) -> int:
        """What the timers and the retry queue do, until nothing is left to do."""
        found = reconciliation.mend(self.app) + reconciliation.adopt_lost(self.app)
        for _ in range(3):
            with self.app.database.begin() as session:
                session.execute(sa.update(Job).values(upload_until=sa.func.now()))
            reconciliation.reconcile(self.app)
            for job in self.jobs().values():
                events.resume(self.app, job.id)
        return found
