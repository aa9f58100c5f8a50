"""A process that dies at any line: what it leaves is finished, or failed with a reason.

The app's storage and database are wrapped so that the n-th use of them ends the process, before
or after it was done. Ends it for the code under test, that is: by an exception which no `except
Exception` catches, as a kill would not be caught either.
"""

import itertools
import shutil
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, cast

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared.app import App
from shared.database.connection import Database
from shared.database.tables import ActionUnitReport, FrameMeasurement, Job, State
from shared.pipeline import deletion, events, reconciliation, uploads
from shared.pipeline.upload_fields import Fields
from shared.pipeline.uploads import Upload
from shared.platform.storage import Storage
from tests import media_factory

pytestmark = pytest.mark.thorough

When = Literal["before", "after"]


class KilledError(BaseException):
    """The end of the process."""


class Fuse:
    """Burns with each use; the last one kills."""

    def __init__(self, uses: int, when: When) -> None:
        self._left, self._when = uses, when
        self.burnt = False

    @contextmanager
    def use(self) -> Iterator[None]:
        if threading.current_thread().name.startswith("lease-"):
            yield  # the renewal of the lease comes by the clock: it would make the count uneven
            return
        self._left -= 1
        last = self._left == 0
        if last and self._when == "before":
            self.burnt = True
            raise KilledError
        yield
        if last:
            self.burnt = True
            raise KilledError


class DyingStorage:
    def __init__(self, storage: Storage, fuse: Fuse) -> None:
        self._storage, self._fuse = storage, fuse

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._storage, name)

        def call(*arguments: Any, **options: Any) -> Any:
            with self._fuse.use():
                return method(*arguments, **options)

        return call


class DyingDatabase:
    def __init__(self, database: Database, fuse: Fuse) -> None:
        self._database, self._fuse = database, fuse
        self.engine = database.engine

    @contextmanager
    def begin(self) -> Iterator[Session]:
        with self._fuse.use(), self._database.begin() as session:
            yield session


def dying(app: App, fuse: Fuse) -> App:
    return replace(
        app,
        storage=cast("Storage", DyingStorage(app.storage, fuse)),
        database=cast("Database", DyingDatabase(app.database, fuse)),
    )


@pytest.fixture
def quick(app: App) -> App:
    """Leases that run out at once: a killed attempt's successor need not wait."""
    return replace(app, settings=app.settings.model_copy(update={"lease_seconds": 0}))


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return media_factory.picture(tmp_path_factory.mktemp("killing") / "face.jpg")


def submit(app: App, image: Path, folder: Path, key: str | None = None) -> uuid.UUID:
    folder.mkdir()
    path = Path(shutil.copy(image, folder / "upload"))
    return uploads.accept(app, Upload(Fields(avatar="Ada"), "face.jpg", path, key)).id


def survive(action: Callable[[], object]) -> None:
    try:
        action()
    except KilledError:
        return


def recover(app: App) -> None:
    """What the timers and the retry queue do, until nothing is left to do."""
    for _ in range(6):
        with app.database.begin() as session:
            session.execute(sa.update(Job).values(upload_until=sa.func.now()))
            open_jobs = session.scalars(
                sa.select(Job.id).where(Job.state.not_in((State.DONE, State.FAILED)))
            ).all()
        reconciliation.reconcile(app)
        for job_id in open_jobs:
            events.resume(app, job_id)


def check(app: App, *states: State) -> None:
    """Every job is in one of these states; a done one has one report with its one frame."""
    with app.database.begin() as session:
        jobs = session.scalars(sa.select(Job)).all()
        done = [job for job in jobs if job.state == State.DONE]
        reports = session.scalars(sa.select(ActionUnitReport.id)).all()
        frames = session.scalar(sa.select(sa.func.count()).select_from(FrameMeasurement))
    assert {job.state for job in jobs} <= set(states), [job.error_code for job in jobs]
    assert sorted(reports) == sorted(cast("int", job.report_id) for job in done)
    in_table = app.settings.max_rows_in_database > 0
    assert frames == (len(done) if in_table else 0)


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_while_uploading(quick: App, image: Path, tmp_path: Path, when: When) -> None:
    for uses in itertools.count(1):
        fuse = Fuse(uses, when)
        folder = tmp_path / str(uses)
        survive(lambda f=fuse, p=folder: submit(dying(quick, f), image, p))  # type: ignore[misc]
        if not fuse.burnt:
            break
    assert uses > 4  # row, container, blob, row
    recover(quick)
    check(quick, State.DONE, State.FAILED)
    with quick.database.begin() as session:
        for job in session.scalars(sa.select(Job).where(Job.state == State.FAILED)):
            assert job.error_code == "upload_incomplete"
            assert quick.storage.blobs(job.container) == []


@pytest.mark.parametrize("rows", ["table", "files"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_while_working(
    quick: App, image: Path, tmp_path: Path, when: When, rows: str
) -> None:
    limit = 0 if rows == "files" else quick.settings.max_rows_in_database
    quick = replace(
        quick, settings=quick.settings.model_copy(update={"max_rows_in_database": limit})
    )
    for uses in itertools.count(1):
        job_id = submit(quick, image, tmp_path / str(uses))
        fuse = Fuse(uses, when)
        mortal = dying(quick, fuse)
        survive(lambda m=mortal, j=str(job_id): deliver(m, j))  # type: ignore[misc]
        if not fuse.burnt:
            break
    assert uses > 15
    recover(quick)
    check(quick, State.DONE)


def deliver(app: App, container: str) -> None:
    """The two events of a job, as the host delivers them."""
    events.blob_uploaded(app, container, "face.jpg")
    events.blob_uploaded(app, container, "openface.csv")


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_while_deleting(quick: App, image: Path, tmp_path: Path, when: When) -> None:
    ids = []
    for uses in itertools.count(1):
        ids.append(submit(quick, image, tmp_path / str(uses)))
        deliver(quick, str(ids[-1]))
        fuse = Fuse(uses, when)
        mortal = dying(quick, fuse)
        survive(lambda m=mortal, j=ids[-1]: deletion.delete(m, j))  # type: ignore[misc]
        if not fuse.burnt:
            break
    recover(quick)
    with quick.database.begin() as session:
        left = [job.id for job in session.scalars(sa.select(Job))]
    # killed before it began, a deletion has not begun: the job is whole
    assert set(left) <= {ids[0]}
    check(quick, State.DONE)
    for job_id in set(ids) - set(left):
        assert quick.storage.blobs(str(job_id)) == []


@pytest.mark.parametrize("meanwhile", ["at once", "given up", "its event"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_the_same_key_finishes_its_job(
    quick: App, image: Path, tmp_path: Path, when: When, meanwhile: str
) -> None:
    """Wherever the first request was killed, and whenever it is repeated; killed again, too."""
    others = containers_of(quick)
    for uses in itertools.count(1):
        key, folder = f"key {uses}", tmp_path / str(uses)
        fuse = Fuse(uses, when)
        survive(lambda f=fuse, p=folder, k=key: submit(dying(quick, f), image, p, k))  # type: ignore[misc]
        if not fuse.burnt:
            break
        if meanwhile == "given up":
            recover(quick)
        elif meanwhile == "its event":
            announce(quick)
        again = Fuse(uses, when)
        second = tmp_path / f"{uses} again"
        survive(lambda f=again, p=second, k=key: submit(dying(quick, f), image, p, k))  # type: ignore[misc]
        job_id = submit(quick, image, tmp_path / f"{uses} at last", key)
        announce(quick)
        with quick.database.begin() as session:
            assert session.scalars(sa.select(Job.id).where(Job.idempotency_key == key)).one()
            assert session.get_one(Job, job_id).state == State.DONE
    announce(quick)
    check(quick, State.DONE)
    with quick.database.begin() as session:
        found = {str(job.id) for job in session.scalars(sa.select(Job))}
    assert len(found) == uses
    assert containers_of(quick) - others == found


def announce(app: App) -> None:
    """The events of all that is in storage, late."""
    with app.database.begin() as session:
        known = session.scalars(sa.select(Job.container)).all()
    for container in known:
        for _ in range(2):  # the second makes an event of what the first wrote
            for blob in app.storage.blobs(container):
                events.blob_uploaded(app, container, blob)


def containers_of(app: App) -> set[str]:
    return {name for page in app.storage.containers() for name in page}
