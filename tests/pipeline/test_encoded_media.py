"""Blobs that say they are compressed: their bytes decide, and a sentence says what is not taken."""

import gzip
import os
import struct
import uuid
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from azure.storage.blob import ContentSettings

from shared.app import App
from shared.database.tables import Job, State
from shared.jobs import containers
from shared.pipeline import events
from shared.platform.blob_names import MEASUREMENT_BLOB
from shared.platform.errors import Code
from shared.platform.storage import CHUNK_BYTES
from tests import media_factory
from tests.media_factory import Clip


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, raw_deflate])
@pytest.mark.parametrize("pieces", [1, 3], ids=["in one piece", "in several"])
def test_compressed_media_is_refused_in_a_sentence(
    app: App, tmp_path: Path, pack: Callable[[bytes], bytes], pieces: int
) -> None:
    content = Clip(seconds=0.2, size=(64, 64)).write(tmp_path / "clip.mp4").read_bytes()
    padding = os.urandom((pieces - 1) * CHUNK_BYTES)  # an atom to be passed over
    content += struct.pack(">I4s", len(padding) + 8, b"free") + padding
    job = stored(app, "clip.mp4", pack(content), "gzip" if pack is gzip.compress else "deflate")
    assert (job.state, job.error_code) == (State.FAILED, Code.UNSUPPORTED_MEDIA)
    assert job.error_detail is not None
    assert "compressed (gzip or deflate: send the MP4 in it as it is)" in job.error_detail
    assert job.attempts == 1


def test_media_that_is_not_what_its_encoding_says_is_measured(app: App, tmp_path: Path) -> None:
    content = media_factory.picture(tmp_path / "face.jpg").read_bytes()
    job = stored(app, "face.jpg", content, "gzip")
    assert (job.state, job.error_detail) == (State.EXTRACTED, None)


def test_a_compressed_measurement_is_refused_in_a_sentence(app: App) -> None:
    job = stored(app, MEASUREMENT_BLOB, gzip.compress(b"frame, timestamp, AU01_r\n"), "gzip")
    assert (job.state, job.error_code) == (State.FAILED, Code.INVALID_CSV)


def test_an_archive_that_says_no_more_is_nobodys_media(app: App, tmp_path: Path) -> None:
    content = media_factory.picture(tmp_path / "face.jpg").read_bytes()
    assert put(app, "face.jpg.gz", gzip.compress(content), None) is None


def stored(app: App, blob: str, content: bytes, encoding: str) -> Job:
    job = put(app, blob, content, encoding)
    assert job is not None
    return job


def put(app: App, blob: str, content: bytes, encoding: str | None) -> Job | None:
    """The job of a container that another program filled, after the blob's event."""
    container = f"encoded-{uuid.uuid4()}"
    app.storage.create_container(container)
    settings = ContentSettings(content_encoding=encoding)
    app.storage.blob(container, blob).upload_blob(content, content_settings=settings)
    events.blob_uploaded(app, container, blob)
    with app.database.begin() as session:
        return containers.by_blob(session, container, blob)
