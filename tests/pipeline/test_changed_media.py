"""What was measured is what is shown; an upload address ends with the upload."""

import datetime as dt
import io
import uuid
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from azure.core.exceptions import HttpResponseError, ServiceRequestError
from azure.storage.blob import BlobClient

from shared.app import App
from shared.database.tables import Job, State
from shared.jobs import lifecycle
from shared.pages import media, static_files, thumbnail
from shared.pipeline import deletion, events, reconciliation, uploads
from shared.pipeline.upload_fields import UploadUrlRequest
from shared.platform.errors import Code, Problem
from tests import faces, media_factory
from tests.pages.requests import get

PUT = {"x-ms-blob-type": "BlockBlob"}


@pytest.fixture
def measured(app: App, tmp_path: Path) -> tuple[Job, str]:
    """A job that was uploaded by its own address, and that address."""
    content = media_factory.picture(tmp_path / "face.jpg").read_bytes()
    request = UploadUrlRequest(avatar="Ada", filename="face.jpg", size=10 * len(content))
    address = uploads.promise(app, request)
    httpx.put(address.url, content=content, headers=PUT).raise_for_status()
    job = _job(app, address.job_id)
    events.blob_uploaded(app, job.container, job.blob)
    job = _job(app, address.job_id)
    assert job.state == State.EXTRACTED
    return job, address.url


def test_what_is_shown_is_what_was_measured(
    app: App, tmp_path: Path, measured: tuple[Job, str]
) -> None:
    job, _ = measured
    assert job.media is not None
    assert media.show(get(id=str(job.id)), app).headers["ETag"] == job.media.etag
    other = media_factory.picture(tmp_path / "other.jpg", scene=faces.empty).read_bytes()
    app.storage.upload(job.container, job.blob, io.BytesIO(other), "image/jpeg")
    ranges: list[dict[str, str]] = [{}, {"Range": "bytes=0-9"}]
    for headers in ranges:
        with pytest.raises(Problem) as refused:
            media.show(get(headers=headers, id=str(job.id)), app)
        assert refused.value.code is Code.MEDIA_CHANGED
    icon = thumbnail.thumbnail(get(id=str(job.id)), app)
    assert icon.get_body() == static_files.files()["no-picture.svg"].content


def test_the_same_bytes_written_again_are_another_media(
    app: App, measured: tuple[Job, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it is changed between the look at it and the reading of it."""
    job, _ = measured
    look = app.storage.properties

    def changed_then(container: str, blob: str) -> object:
        found = look(container, blob)
        content = app.storage.piece(container, blob, 0, int(found.size))
        app.storage.upload(container, blob, io.BytesIO(content), "image/jpeg")
        return found

    monkeypatch.setattr(app.storage, "properties", changed_then)
    with pytest.raises(Problem) as refused:
        media.show(get(id=str(job.id)), app)
    assert refused.value.code is Code.MEDIA_CHANGED


def test_an_upload_address_ends_with_the_upload(app: App, measured: tuple[Job, str]) -> None:
    job, url = measured
    etag = app.storage.etag(job.container, job.blob)
    block = {"comp": "block", "blockid": "AAAA"}
    for address in (url, httpx.URL(url).copy_merge_params(block)):
        assert httpx.put(address, content=b"x", headers=PUT).status_code == 403
    for hold in (_leased, _snapshot):
        with pytest.raises(HttpResponseError):
            hold(BlobClient.from_blob_url(url))
    assert app.storage.etag(job.container, job.blob) == etag


def test_media_whose_event_was_lost_need_not_wait_for_the_end_of_its_address(
    app: App, tmp_path: Path
) -> None:
    content = media_factory.picture(tmp_path / "face.jpg").read_bytes()
    request = UploadUrlRequest(avatar="Ada", filename="face.jpg", size=len(content))
    address = uploads.promise(app, request)
    assert reconciliation.reconcile(app) == 0
    assert _job(app, address.job_id).state == State.CREATED
    httpx.put(address.url, content=content, headers=PUT).raise_for_status()
    assert reconciliation.reconcile(app) == 1
    events.resume(app, address.job_id)
    assert _job(app, address.job_id).state == State.EXTRACTED


def test_an_address_that_cannot_be_made_leaves_no_job(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(container: str, policies: object) -> None:
        raise ServiceRequestError("away")

    monkeypatch.setattr(app.storage, "_allow", away)
    with pytest.raises(ServiceRequestError):
        uploads.promise(app, UploadUrlRequest(avatar="Ada", filename="face.jpg", size=9))
    monkeypatch.undo()
    assert reconciliation.reconcile(app) == 1  # which deletes what was begun
    with app.database.begin() as session:
        assert not session.scalars(sa.select(Job.id)).all()


def _leased(client: BlobClient) -> None:
    client.acquire_lease(lease_duration=-1)


def _snapshot(client: BlobClient) -> None:
    client.create_snapshot()


@pytest.mark.parametrize("hold", [_leased, _snapshot])
def test_an_endless_lease_or_a_snapshot_keeps_nothing(
    app: App, tmp_path: Path, hold: Callable[[BlobClient], None]
) -> None:
    content = media_factory.picture(tmp_path / "face.jpg").read_bytes()
    address = uploads.promise(app, UploadUrlRequest(avatar="Ada", filename="a.jpg", size=10))
    httpx.put(address.url, content=content, headers=PUT).raise_for_status()
    hold(BlobClient.from_blob_url(address.url))
    job = _job(app, address.job_id)
    events.blob_uploaded(app, job.container, job.blob)
    job = _job(app, address.job_id)
    assert (job.state, job.error_code) == (State.FAILED, Code.FILE_TOO_LARGE)
    assert not app.storage.has(job.container, job.blob)


def test_a_leased_media_is_deleted_with_its_job(app: App, measured: tuple[Job, str]) -> None:
    job, _ = measured
    _leased(app.storage.blob(job.container, job.blob))
    assert deletion.delete(app, job.id)
    assert app.storage.blobs(job.container) == []


def _job(app: App, job_id: uuid.UUID) -> Job:
    with app.database.begin() as session:
        found = lifecycle.get(session, job_id)
    assert found is not None
    assert found.created < dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1)
    return found
