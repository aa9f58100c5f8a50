"""The thread that renews a lease, where it comes at an awkward moment."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared.app import App
from shared.database.connection import Database
from shared.database.tables import EventKind, State
from shared.jobs import lifecycle
from shared.pipeline import attempt, events, uploads
from shared.pipeline.upload_fields import Fields
from shared.pipeline.uploads import Upload
from tests import media_factory

HEARTBEAT = "lease-"  # how the names of such threads begin


class NoticedDatabase:
    """After each transaction of a stage, a heartbeat whose lease that ended notices it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.engine = database.engine

    @contextmanager
    def begin(self) -> Iterator[Session]:
        with self._database.begin() as session:
            yield session
        if threading.current_thread().name.startswith(HEARTBEAT):
            return
        with self._database.begin() as session:
            held = session.scalar(sa.text("SELECT count(*) FROM job WHERE lease_owner IS NOT NULL"))
        for thread in threading.enumerate():
            if not held and thread.name.startswith(HEARTBEAT):
                thread.join()


def test_a_renewal_after_the_lease_was_given_back_undoes_nothing(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It finds no lease, between the state and the CSV: the job is not measured a second time."""
    monkeypatch.setattr(attempt, "PROGRESS_SECONDS", 0.01)
    monkeypatch.setattr(attempt, "RENEW_SECONDS", 0.0)
    image = media_factory.picture(tmp_path / "face.jpg")
    job = uploads.accept(app, Upload(Fields(avatar="Ada"), "face.jpg", image, None))
    noticed = replace(app, database=cast("Database", NoticedDatabase(app.database)))
    events.blob_uploaded(noticed, job.container, "face.jpg")
    events.blob_uploaded(noticed, job.container, "openface.csv")
    with app.database.begin() as session:
        found = lifecycle.get(session, job.id)
        trace = [event.happening for event in lifecycle.events(session, job.id)]
    assert found is not None
    assert found.state == State.DONE
    assert trace.count(EventKind.RETRYING) == 0
