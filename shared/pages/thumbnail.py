"""`/jobs/{id}/thumbnail`: a small picture of the media, made when it is first looked at.

It is kept beside the media. The pipeline makes none: measuring must not wait for what nobody may
ever look at. Of a long clip only the beginning is fetched; a file whose beginning cannot be decoded
by itself is fetched whole while it is small enough.
"""

import logging
from pathlib import Path
from typing import Final

import azure.functions as func
from azure.core.exceptions import ResourceModifiedError, ResourceNotFoundError

from shared.app import App
from shared.database.tables import Job
from shared.jobs import outputs
from shared.media.formats import Kind
from shared.pages import media, static_files
from shared.pipeline.tasks import options
from shared.platform import blob_names, scratch
from shared.platform.errors import EngineError, MediaError

BEGINNING: Final = 4 * 1024 * 1024  # [bytes] of a clip; enough for the first picture of most
LARGEST: Final = 48 * 1024 * 1024  # [bytes] that are fetched for a thumbnail at all
DEADLINE: Final = 20.0  # [s]

FOR_A_DAY: Final = "private, max-age=86400"
FOR_AN_HOUR: Final = "private, max-age=3600"  # where there is none: what fails is not tried again
NOT_YET: Final = "no-cache"

_logger = logging.getLogger("avatar.pages")


def thumbnail(req: func.HttpRequest, app: App) -> func.HttpResponse:
    """A JPEG; an icon where there is none (yet)."""
    job = media.job_of(req, app)
    try:
        content = b"".join(app.storage.open(job.container, _blob(job)))
    except ResourceNotFoundError:
        kind = job.media and job.media.kind
        if kind not in (Kind.IMAGE, Kind.VIDEO):
            return icon(FOR_AN_HOUR if kind else NOT_YET)
        made = _make(app, job)
        if made is None:
            return icon(FOR_AN_HOUR)
        content = made
    return jpeg(content)


def jpeg(content: bytes) -> func.HttpResponse:
    """Sandboxed, as the media that it was made of."""
    return func.HttpResponse(
        content,
        headers={"Cache-Control": FOR_A_DAY, "Content-Security-Policy": media.SANDBOX},
        mimetype="image/jpeg",
    )


def _blob(job: Job) -> str:
    return outputs.of(job).private(blob_names.THUMBNAIL_BLOB)


def icon(cache: str) -> func.HttpResponse:
    icon = static_files.files()["no-picture.svg"]
    return func.HttpResponse(
        icon.content, headers={"Cache-Control": cache, "Content-Type": icon.content_type}
    )


def _make(app: App, job: Job) -> bytes | None:
    """Make and keep it; None where the media has no picture that can be had at this price."""
    with scratch.folder("thumbnail") as folder:
        # never the blob's name: whoever can write to storage chose it, and it may be any path
        source, output = folder / "media", folder / "thumbnail"
        try:
            size = app.storage.size(job.container, job.blob)
            etag = job.media.etag if job.media else None
            for length in _lengths(job, size):
                source.write_bytes(app.storage.piece(job.container, job.blob, 0, length, etag=etag))
                if _decode(app, source, output):
                    app.storage.upload_file(job.container, _blob(job), output, "image/jpeg")
                    return output.read_bytes()
        except (ResourceNotFoundError, ResourceModifiedError):
            # the job is being deleted, or this is not what was measured
            return None
    return None


def _lengths(job: Job, size: int) -> list[int]:
    """How much of the file to try with."""
    whole = [size] if size <= LARGEST else []
    clip = job.media is not None and job.media.kind is Kind.VIDEO
    return [BEGINNING, *whole] if clip and size > BEGINNING else whole


def _decode(app: App, source: Path, output: Path) -> bool:
    try:
        app.engines.thumbnail(source, options(app.settings), output, deadline=DEADLINE)
    except (MediaError, EngineError) as error:
        _logger.info("no thumbnail: %s", error.code)
        return False
    return True
