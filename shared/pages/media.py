"""`/jobs/{id}/media`: a job's media, for the pages' players.

A player asks for ranges, and gets at most `PIECE_BYTES` of one at a time: a host hands answers over
whole, so that is what one answer may cost in memory. Nothing but this app needs to reach storage.

The content type is the one that the content was found to have, never what an uploader said.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import quote

import azure.functions as func
from azure.core.exceptions import ResourceModifiedError, ResourceNotFoundError
from werkzeug.http import parse_range_header

from shared.api.http import uuid_of
from shared.api.jobs import MAX_INLINE_BYTES, READ_URL_LIFETIME
from shared.app import App
from shared.database.tables import Job
from shared.jobs import lifecycle
from shared.media import formats
from shared.platform.errors import Code, Problem

MAX_RANGE: Final = 200  # characters of the header; Python reads numbers of 4,300 digits at most
PIECE_BYTES: Final = 4 * 1024 * 1024

NOT_FOUND: Final = "The job's media is gone from storage."
CHANGED: Final = (
    "The media in storage was changed since it was measured, so it is not shown with these "
    "numbers. Upload it again to have it measured."
)
SANDBOX: Final = "default-src 'none'; sandbox"
"""What somebody uploaded is never a document of this site, even if a browser took it for one."""

_TYPES: Final = {
    **{
        item.name: item.content_type
        for item in (formats.JPEG, formats.PNG, formats.WEBP, formats.BMP)
    },
    **{item.name: item.content_type for item in (formats.AVIF, formats.HEIC)},
    **{item.name: item.content_type for item in (formats.MP4, formats.WEBM, formats.MKV)},
    **{item.name: item.content_type for item in (formats.AVI, formats.WMV)},
    formats.MOV.name: formats.MP4.content_type,  # browsers play it by this name only
}
UNKNOWN_TYPE: Final = "application/octet-stream"


def show(req: func.HttpRequest, app: App) -> func.HttpResponse:
    """The media, or the range of it that was asked for; `?download` saves it under its name."""
    job = job_of(req, app)
    with _while_there():
        found = app.storage.properties(job.container, job.blob)
    _refuse_changed(job, str(found.etag))
    headers = {
        "ETag": str(found.etag),
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, max-age=3600",
        "Content-Type": _TYPES.get(job.media.format if job.media else "", UNKNOWN_TYPE),
        "Content-Disposition": _disposition(job, download="download" in req.params),
        "Content-Security-Policy": SANDBOX,
    }
    if req.headers.get("If-None-Match") == headers["ETag"]:
        return func.HttpResponse(status_code=304, headers=headers)
    size = int(found.size)
    wanted = _range(req, headers["ETag"], size)
    if wanted is None:
        return _whole(app, job, size, headers)
    start, end = wanted
    if start >= size:
        return func.HttpResponse(status_code=416, headers={"Content-Range": f"bytes */{size}"})
    end = min(end, start + PIECE_BYTES - 1, size - 1)
    content = _piece(app, job, start, end - start + 1, headers["ETag"])
    headers["Content-Range"] = f"bytes {start}-{end}/{size}"
    return func.HttpResponse(content, status_code=206, headers=headers)


def _whole(app: App, job: Job, size: int, headers: dict[str, str]) -> func.HttpResponse:
    if size > MAX_INLINE_BYTES:
        expires = dt.datetime.now(dt.UTC) + READ_URL_LIFETIME
        address = app.storage.read_url(
            job.container,
            job.blob,
            expires,
            headers["Content-Type"],
            headers["Content-Disposition"],
        )
        return func.HttpResponse(
            status_code=302, headers={"Location": address, "Cache-Control": "no-store"}
        )
    content = _piece(app, job, 0, size, headers["ETag"]) if size else b""
    return func.HttpResponse(content, headers=headers)


def _refuse_changed(job: Job, etag: str) -> None:
    """What was measured is shown, or nothing: an upload address may have been used again."""
    if job.media is not None and job.media.etag not in (None, etag):
        raise Problem(Code.MEDIA_CHANGED, CHANGED)


def _piece(app: App, job: Job, start: int, size: int, etag: str) -> bytes:
    with _while_there():
        return app.storage.piece(job.container, job.blob, start, size, etag=etag)


@contextmanager
def _while_there() -> Iterator[None]:
    """A job may be deleted, or its media replaced, between any two questions to storage."""
    try:
        yield
    except ResourceNotFoundError:
        raise Problem(Code.NOT_FOUND, NOT_FOUND) from None
    except ResourceModifiedError:
        raise Problem(Code.MEDIA_CHANGED, CHANGED) from None


def _range(req: func.HttpRequest, etag: str, size: int) -> tuple[int, int] | None:
    """First and last byte; None for the whole, as where the range is none that we know."""
    header = req.headers.get("Range", "")
    if len(header) > MAX_RANGE:
        raise Problem(Code.BAD_REQUEST, f"A Range has at most {MAX_RANGE} characters.")
    found = parse_range_header(header)
    if found is None or found.units != "bytes" or len(found.ranges) > 1:
        return None
    if req.headers.get("If-Range", etag) != etag:
        return None
    ((start, stop),) = found.ranges
    first = max(size + start, 0) if start < 0 else start  # below 0: so many of the last bytes
    return first, (size if stop is None else stop) - 1


def _disposition(job: Job, *, download: bool) -> str:
    shown = "attachment" if download or not job.media else "inline"
    return f"{shown}; filename*=UTF-8''{quote(job.filename, safe='')}"


def job_of(req: func.HttpRequest, app: App) -> Job:
    with app.database.begin() as session:
        job = lifecycle.visible(session, uuid_of(req))
    if job is None:
        raise Problem(Code.JOB_NOT_FOUND, "There is no job with this id.")
    return job
