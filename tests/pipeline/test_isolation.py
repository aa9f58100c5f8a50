"""One bad thing does not stop the rest: timers pass over it, count it, and try it again later."""

import io
import logging
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from azure.core.exceptions import HttpResponseError, ServiceRequestError
from azure.storage.blob import BlobLeaseClient, StandardBlobTier

from maintenance import _blob_of, _id_in
from shared.api import jobs as job_routes
from shared.app import App
from shared.database.tables import Job, State
from shared.jobs import blob_metadata, lifecycle
from shared.jobs.setbacks import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, Setbacks
from shared.pipeline import deletion, reconciliation, uploads
from shared.pipeline.attempt import job_log
from shared.pipeline.upload_fields import Fields
from shared.pipeline.uploads import Upload
from shared.platform.errors import Code, Problem
from tests import media_factory
from tests.jobs.test_lifecycle import make
from tests.pages.made import job as made_job
from tests.pages.requests import get


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_what_fails_is_passed_over_and_left_alone_for_longer_each_time(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock, tried = Clock(), []
    setbacks = Setbacks(clock)

    def action(item: str) -> bool:
        tried.append(item)
        if item == "bad":
            raise ValueError("bad")
        return True

    def run() -> int:
        return setbacks.each("test", ["a", "bad", "b"], action, key=str, log=job_log)

    pause = FIRST_PAUSE_SECONDS
    for _ in range(12):
        tried.clear()
        assert run() == 2
        assert tried == ["a", "bad", "b"]
        assert len(setbacks) == 1
        clock.now += pause - 1
        tried.clear()
        assert run() == 2
        assert tried == ["a", "b"]
        clock.now += 1
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
    assert caplog.text.count("passed over") == 12


def test_what_succeeds_is_forgotten() -> None:
    clock = Clock()
    setbacks = Setbacks(clock)
    results: Iterator[Exception | None] = iter([ValueError(), None])

    def action(_: str) -> bool:
        if error := next(results):
            raise error
        return True

    for left in (1, 0):
        setbacks.each("test", ["x"], action, key=str, log=job_log)
        assert len(setbacks) == left
        clock.now += FIRST_PAUSE_SECONDS


def test_when_all_is_away_the_run_ends() -> None:
    tried = []

    def action(item: int) -> None:
        tried.append(item)
        raise ServiceRequestError("away")

    with pytest.raises(ServiceRequestError):
        Setbacks().each("test", range(100), action, key=str, log=job_log)
    assert len(tried) == 3


@pytest.fixture
def image(tmp_path: Path) -> bytes:
    return media_factory.picture(tmp_path / "face.jpg").read_bytes()


def _foreign(app: App, name: str, content: bytes, **metadata: str) -> str:
    container = f"{name}-{uuid.uuid4()}"[:60]
    app.storage.create_container(container, metadata)
    app.storage.upload(container, "take.jpg", io.BytesIO(content), "image/jpeg")
    return container


def _forged(created: str) -> dict[str, str]:
    """An upload's metadata, as `blob_metadata` writes it, of an impossible time."""
    said = Job(
        avatar="Ada", name="b", type=None, engine=None, parameter_sets=[], blob="take.jpg",
        filename="take.jpg",
    )  # fmt: skip

    class Time:
        @staticmethod
        def isoformat() -> str:
            return created

    said.__dict__["created"] = Time
    return blob_metadata.of_job(said)


def test_adopting_goes_on_behind_what_cannot_be_read(
    app: App, image: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    archived = _foreign(app, "a-archived", image)
    app.storage.blob(archived, "take.jpg").set_standard_blob_tier(StandardBlobTier.ARCHIVE)
    broken = _foreign(app, "b-broken", image)
    times = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1970-01-01T00:00:00Z")
    forged = [_foreign(app, "c-forged", image, **_forged(time)) for time in times]
    good = _foreign(app, "d-good", image)
    order = [archived, broken, *forged, good]
    monkeypatch.setattr(app.storage, "containers", lambda: iter([order]))
    metadata = app.storage.container_metadata

    def refusing(container: str) -> dict[str, str]:
        if container == broken:
            raise HttpResponseError("a policy")
        return metadata(container)

    monkeypatch.setattr(app.storage, "container_metadata", refusing)
    assert reconciliation.adopt_lost(app) == 4
    assert len(app.setbacks) == 2
    with app.database.begin() as session:
        found = {job.container for job in session.scalars(sa.select(Job))}
    assert found == {*forged, good}
    assert job_routes.list_jobs(get(), app).status_code == 200


def _old(app: App, job_id: uuid.UUID) -> None:
    with app.database.begin() as session:
        session.execute(
            sa.update(Job)
            .where(Job.id == job_id)
            .values(state=State.DONE, finished=sa.text("now() - interval '9 days'"))
        )


def test_retention_goes_on_behind_a_container_that_is_held(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    object.__setattr__(app.settings, "retention_days", 1)
    held = made_job(app, content=b"x", container=f"held-{uuid.uuid4()}")
    client = app.storage._blobs.get_container_client(held.container)
    lease = BlobLeaseClient(client)
    lease.acquire(lease_duration=-1)
    others = [made_job(app, content=b"x") for _ in range(3)]
    for job in (held, *others):
        _old(app, job.id)
    monkeypatch.setattr(reconciliation, "RECONCILE_LIMIT", 2)
    for _ in range(3):
        reconciliation.reconcile(app)
    with app.database.begin() as session:
        assert [job.id for job in session.scalars(sa.select(Job))] == [held.id]
    assert len(app.setbacks) > 0
    with pytest.raises(Problem) as refused:
        deletion.delete(app, held.id)
    assert refused.value.code is Code.STATE_CONFLICT
    lease.release()
    assert deletion.delete(app, held.id)


def test_our_own_container_goes_although_somebody_leased_it(app: App) -> None:
    job = made_job(app, content=b"x")
    BlobLeaseClient(app.storage._blobs.get_container_client(job.container)).acquire(-1)
    assert deletion.delete(app, job.id)


def test_reconciling_goes_on_behind_a_job_that_cannot_be_taken_up(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = make(app), make(app)
    asked: list[str] = []

    def enqueue(job_id: str) -> None:
        if job_id == str(bad):
            raise ValueError("whatever")
        asked.append(job_id)

    monkeypatch.setattr(app.storage, "enqueue_retry", enqueue)
    assert reconciliation.reconcile(app) == 1
    assert asked == [str(good)]


def test_mending_goes_on_behind_one_that_raises(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = made_job(app, container=f"bad-{uuid.uuid4()}")
    good = made_job(app)
    has = app.storage.has

    def refusing(container: str, blob: str) -> bool:
        if container == bad.container:
            raise HttpResponseError("a policy")
        return has(container, blob)

    monkeypatch.setattr(app.storage, "has", refusing)
    assert reconciliation.mend(app) == 1
    with app.database.begin() as session:
        assert session.get_one(Job, good.id).state == State.UPLOADED


class Message:
    def __init__(self, body: bytes) -> None:
        self.get_body = lambda: body


MALFORMED = [
    *(b"", b"{", b"[1]", b"\xff\xfe", b"[" * 100_000, b"null", b'{"ContainerName": 5}'),
    b'{"ContainerName": "abc"}',
    b'{"ContainerName": "../x", "BlobName": "a"}',
]


@pytest.mark.parametrize("body", MALFORMED)
def test_a_malformed_message_is_logged_once_and_dropped(
    body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    message: Any = Message(body)
    with caplog.at_level(logging.ERROR):
        assert _id_in(message) is None
        assert _blob_of(message) is None
    assert len(caplog.records) == 2


@pytest.mark.parametrize("before", ["create_container", "upload_file", "visible"])
def test_a_job_that_is_deleted_during_its_upload_is_a_conflict(
    app: App, tmp_path: Path, image: bytes, monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    owner: Any = lifecycle if before == "visible" else app.storage
    real = getattr(owner, before)
    deleted: list[str] = []

    def deleting(*arguments: Any, **options: Any) -> Any:
        if not deleted:
            with app.database.begin() as session:
                job = session.scalars(sa.select(Job)).one()
            deleted.append(job.container)
            if before == "visible":  # its row is ours to change just now
                return None
            assert deletion.delete(app, job.id)
        return real(*arguments, **options)

    monkeypatch.setattr(owner, before, deleting)
    path = tmp_path / "upload"
    path.write_bytes(image)
    with pytest.raises(Problem) as refused:
        uploads.accept(app, Upload(Fields(avatar="Ada"), "face.jpg", path, None))
    assert refused.value.code is Code.STATE_CONFLICT
    assert deleted
    assert app.storage.blobs(deleted[0]) == []
    with pytest.raises(HttpResponseError):
        app.storage.container_metadata(deleted[0])
