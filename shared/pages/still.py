"""`/jobs/{id}/still?t=1.2`: what a clip shows at a moment, where a browser cannot play it.

One call makes the pictures of some frames on, which is what somebody steps through; they are kept
beside the media, as thumbnails are, up to a number.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import azure.functions as func
from azure.core.exceptions import ResourceModifiedError, ResourceNotFoundError
from pydantic import BaseModel, ConfigDict, Field

from shared.api.http import parse
from shared.app import App
from shared.database.tables import Job
from shared.jobs import outputs
from shared.media.formats import Kind, MediaFacts
from shared.pages import media
from shared.pages.jobs_page import given
from shared.pages.thumbnail import DEADLINE, FOR_AN_HOUR, icon, jpeg
from shared.pipeline.tasks import options
from shared.platform import blob_names, disk, scratch
from shared.platform.errors import EngineError, MediaError

AT_ONCE: Final = 8  # pictures, from the one that is asked for on
KEPT: Final = 600  # pictures of a clip beside it, of 50 kB each; others are made anew
LARGEST: Final = 256 * 1024 * 1024  # [bytes] that are fetched for a picture
USUAL_FPS: Final = 25.0  # where the container does not say
_LOWEST_FPS, _HIGHEST_FPS = 1.0, 240.0
_ROUNDING: Final = 1e-3  # of a frame; players are at a time that is a little less

_logger = logging.getLogger("avatar.pages")


class StillQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    t: Annotated[float, Field(ge=0, le=1e7, allow_inf_nan=False)] = 0.0  # [s]


def still(req: func.HttpRequest, app: App) -> func.HttpResponse:
    """A JPEG; an icon where there is none."""
    wanted = parse(StillQuery, given(req))
    job = media.job_of(req, app)
    if job.media is None or job.media.kind is not Kind.VIDEO:
        return icon(FOR_AN_HOUR)
    frame = _frame(job.media, wanted.t)
    try:
        content: bytes | None = b"".join(app.storage.open(job.container, _blob(job, frame)))
    except ResourceNotFoundError:
        content = _made(app, job, frame, rate(job.media)).get(frame)
    if content is None:
        return icon(FOR_AN_HOUR)
    return jpeg(content)


def rate(facts: MediaFacts) -> float:
    """Frames a second by which moments are told apart; what a container says may be anything."""
    return min(max(facts.fps or USUAL_FPS, _LOWEST_FPS), _HIGHEST_FPS)


def _frame(facts: MediaFacts, time: float) -> int:
    end = time if facts.duration is None else min(time, facts.duration)
    return int(end * rate(facts) + _ROUNDING)


def _kept(job: Job) -> str:
    """What the names of the kept ones begin with."""
    return outputs.of(job).private(blob_names.STILL_PREFIX)


def _blob(job: Job, frame: int) -> str:
    return f"{_kept(job)}{frame:09d}.jpg"


def _made(app: App, job: Job, frame: int, fps: float) -> Mapping[int, bytes]:
    """Pictures from this frame on, made and kept; none where they cannot be had at this price."""
    with scratch.folder("still") as folder:
        if not _fetched(app, job, folder / "media"):
            return {}
        moments = [(each + 0.5) / fps for each in range(frame, frame + AT_ONCE)]
        try:
            app.engines.stills(
                folder / "media", options(app.settings), moments, folder, deadline=DEADLINE
            )
        except (MediaError, EngineError) as error:
            _logger.info("no still: %s", error.code)
            return {}
        found = {frame + int(path.stem): path for path in folder.glob("*.jpg")}
        _keep(app, job, found)
        return {number: path.read_bytes() for number, path in found.items()}


def _fetched(app: App, job: Job, path: Path) -> bool:
    try:
        size = app.storage.size(job.container, job.blob)
        if size > LARGEST:
            return False
        disk.take(path, size)
        etag = job.media.etag if job.media else None
        app.storage.download(job.container, job.blob, path, etag=etag)
    except (
        ResourceNotFoundError,
        ResourceModifiedError,  # this is not what was measured
        disk.DiskFullError,
        disk.DiskTooSmallError,
    ):
        return False
    return True


def _keep(app: App, job: Job, found: Mapping[int, Path]) -> None:
    if len(app.storage.blobs(job.container, _kept(job))) + len(found) > KEPT:
        return
    try:
        for number, path in found.items():
            app.storage.upload_file(job.container, _blob(job, number), path, "image/jpeg")
    except ResourceNotFoundError:
        _logger.info("no still is kept: the job is being deleted")
