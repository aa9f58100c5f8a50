"""Media without a job: another program's, or of jobs that a restored database lacks.

A container of ours says in its metadata what its upload said (`shared.jobs.blob_metadata`), so that
its job is again what it was. In another program's every media blob is a job: `avatar`, `name` and
`type` come from the blob's metadata or else the container's, however their names are written;
without them the avatar is the container's name and the type follows from the content. A
`traceparent` there is continued as the job's trace.

The first job of a container has its results at the root, where other programs read them; a further
one has a folder (`shared.jobs.outputs`), and keeps it when it is adopted a second time.

Where `openface.csv` is there already, nothing is measured again; where the measurement's report is
there and has lost its job, it is the job's again. All metadata is untrusted input.
"""

import contextlib
import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final

from azure.core.exceptions import ResourceNotFoundError
from pydantic import AwareDatetime, BaseModel, Field, ValidationError
from sqlalchemy.orm import Session

from shared.app import App
from shared.database.tables import (
    AVATAR_LENGTH,
    NAME_LENGTH,
    EventKind,
    Job,
    State,
    Step,
)
from shared.jobs import blob_metadata, containers, lifecycle, outputs
from shared.jobs.lifecycle import NewJob
from shared.measurements.model import MediaType
from shared.media import formats
from shared.media.formats import Format, Kind, MediaFacts
from shared.pipeline.attempt import job_log
from shared.pipeline.upload_fields import (
    MAX_SETS,
    AvatarName,
    BuildName,
    EngineName,
    FileName,
    SetName,
    shown,
)
from shared.pipeline.uploads import UPLOAD_GRACE
from shared.platform import blob_names, telemetry
from shared.platform.storage import Storage
from shared.platform.telemetry import SpanName
from shared.reports import reports

BEGINNING: Final = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
"""No upload is older: what says so is forged, and may be no time that a database can give back."""

_BlobName = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$", max_length=100)]


class _Upload(BaseModel):
    """What an upload said, as `blob_metadata` wrote it."""

    avatar: AvatarName
    name: BuildName = "default"
    type: MediaType | None = None
    engine: EngineName | None = None
    parameter_sets: Annotated[list[SetName], Field(max_length=MAX_SETS)] = []
    blob: _BlobName
    created: AwareDatetime
    filename: FileName | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    """A container that holds something to measure, or something measured."""

    container: str
    blob: str  # the media, or `openface.csv`
    etag: str
    format: Format
    size: int  # [bytes]
    said: dict[str, str]  # all metadata
    upload: _Upload | None  # where the container is ours


@dataclass(frozen=True, slots=True)
class _Place:
    """Which job of its container it is."""

    number: uuid.UUID
    folder: str
    measured: bool


def adopt(app: App, container: str, blob: str) -> Job | None:
    """The job of a blob that has none yet; None where that is no media, or gone."""
    if not blob_names.is_addressable(blob):
        job_log(container).warning("adopt: a blob was left alone, its name is no address")
        return None
    with app.database.begin() as session:
        there = containers.jobs_in(session, container)
    if any(not job.is_foreign or outputs.of(job).include(blob) for job in there):
        return None
    if blob == blob_names.MEASUREMENT_BLOB:  # of the media beside it, where there is some
        blob = next(_media(app.storage, container), blob)
    try:
        found = _look(app.storage, container, blob, alone=not there)
        if found is None:
            return None
        first = None if any(outputs.of(job).at_root for job in there) else _first(app, found)
        job = _adopted(app, found, first) if first else None
        if job is None and found.blob != blob_names.MEASUREMENT_BLOB:
            job = _adopted(app, found, _further(app, found))
        return job
    except ResourceNotFoundError:
        return None


def candidates(blobs: list[str]) -> list[str]:
    """The blobs by which a container may become a job: media first, then a measurement."""
    foreign = [blob for blob in blobs if not blob_names.is_our_output(blob)]
    return foreign + [blob for blob in blobs if blob == blob_names.MEASUREMENT_BLOB]


def said(app: App, container: str, blob: str) -> dict[str, Any]:
    """What a blob says of itself that its job's row keeps. Raises ResourceNotFoundError."""
    found = _look(app.storage, container, blob, alone=False)
    return {"type": None} if found is None else _said(found)


def _media(storage: Storage, container: str) -> Iterator[str]:
    """Names of the container's media."""
    for blob in candidates(storage.blobs(container)):
        if blob != blob_names.MEASUREMENT_BLOB and blob_names.is_addressable(blob):
            with contextlib.suppress(ResourceNotFoundError):
                if formats.sniff(storage.head(container, blob, formats.SNIFF_BYTES)):
                    yield blob


def _look(storage: Storage, container: str, blob: str, *, alone: bool) -> _Found | None:
    """`alone`: the container has no job yet, so that it may be of an upload."""
    said = _lower(storage.container_metadata(container))
    upload = _upload(said) if alone else None
    if upload is not None and storage.has(container, upload.blob):
        blob = upload.blob
    properties = storage.properties(container, blob)
    head = storage.head(container, blob, formats.SNIFF_BYTES)
    found = formats.sniff(head)
    if found is None and properties.content_settings.content_encoding:
        found = formats.compressed(head)  # meant as media; its job says why it is not taken
    if found is None:
        return None
    return _Found(
        container=container,
        blob=blob,
        etag=str(properties.etag),
        format=found,
        size=int(properties.size),
        said={**said, **_lower(properties.metadata)},
        upload=upload if upload is not None and upload.blob == blob else None,
    )


def _lower(metadata: dict[str, str] | None) -> dict[str, str]:
    """Storage keeps the case of names, and compares them without it."""
    return {name.lower(): value for name, value in (metadata or {}).items()}


def _uuid(container: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(container)
    except ValueError:
        return None


def _first(app: App, found: _Found) -> _Place | None:
    """As the container's first job; None where that was another blob's, as its outputs say.

    Its id is the container's name where that is a UUID, else one that always follows from its
    address.
    """
    storage, container = app.storage, found.container
    number = _uuid(container) or uuid.uuid5(uuid.NAMESPACE_URL, storage.url(container, ""))
    media = outputs.media_number(container, found.blob)
    if storage.blobs(container, outputs.folder_of_further(media)):
        return None
    try:
        measurement = storage.properties(container, blob_names.MEASUREMENT_BLOB)
    except ResourceNotFoundError:
        return _Place(number, blob_names.OUR_FOLDER, measured=False)
    of = _lower(measurement.metadata).get(blob_metadata.MEDIA)
    if of not in (None, str(media)) and found.blob != blob_names.MEASUREMENT_BLOB:
        return None
    return _Place(number, blob_names.OUR_FOLDER, measured=True)


def _further(app: App, found: _Found) -> _Place:
    number = outputs.media_number(found.container, found.blob)
    folder = outputs.folder_of_further(number)
    measured = app.storage.has(found.container, folder + blob_names.MEASUREMENT_BLOB)
    return _Place(number, folder, measured)


def _upload(metadata: dict[str, str]) -> _Upload | None:
    content = blob_metadata.upload_in(metadata)
    try:
        return None if content is None else _Upload.model_validate_json(content)
    except ValidationError:
        return None


def _adopted(app: App, found: _Found, place: _Place) -> Job | None:
    """The blob's job; None where the place is another blob's."""
    parent = found.said.get(telemetry.METADATA)
    with (
        telemetry.job(place.number),
        telemetry.span(SpanName.ADOPT, parent=parent) as span,
        app.database.begin() as session,
    ):
        new = _new_job(found, place, span.traceparent)
        if place.measured:
            url = reports.report_url(app.storage, found.container, found.blob)
            new = _with_report(new, reports.without_job(session, new.avatar, url))
        job = lifecycle.create(session, new)
        if job is None:  # another delivery of the event was quicker, or another blob
            return containers.by_blob(session, found.container, found.blob)
        _begin_trace(session, job, found, measured=place.measured)
        return job


def _new_job(found: _Found, place: _Place, traceparent: str | None) -> NewJob:
    """What the job's row says of its media: from the upload, else from whoever made it."""
    now = dt.datetime.now(dt.UTC)
    facts = MediaFacts(format=found.format.name, kind=found.format.kind, size=found.size)
    # the first stage finds them out, unless it is over
    known = place.measured and found.format.kind is not Kind.CSV
    upload = found.upload
    new = NewJob(
        id=place.number,
        container=found.container,
        foreign_uuid=upload is None and found.container == str(place.number),
        folder=place.folder,
        state=State.EXTRACTED if place.measured else State.UPLOADED,
        blob=found.blob,
        etag=found.etag if place.measured else None,
        media=facts if known else None,
        traceparent=traceparent,
        upload_until=now + UPLOAD_GRACE,
        filename=shown(found.blob) or "media",
        **_said(found),
    )
    if upload is None:
        return new
    default = formats.default_type(found.format.kind) if known else None
    return replace(
        new,
        avatar=upload.avatar,
        name=upload.name,
        type=upload.type or default,
        engine=upload.engine,
        parameter_sets=upload.parameter_sets,
        filename=upload.filename or new.filename,
        created=upload.created if BEGINNING < upload.created < now else now,
    )


def _said(found: _Found) -> dict[str, Any]:
    said = found.said
    return {
        "avatar": shown(said.get("avatar", ""), AVATAR_LENGTH) or found.container[:AVATAR_LENGTH],
        "name": shown(said.get("name", ""), NAME_LENGTH) or "default",
        "type": said["type"] if said.get("type") in list(MediaType) else None,
    }


def _with_report(new: NewJob, report: int | None) -> NewJob:
    if report is None:
        return new
    return replace(new, state=State.DONE, report_id=report, finished=dt.datetime.now(dt.UTC))


def _begin_trace(session: Session, job: Job, found: _Found, *, measured: bool) -> None:
    whose = "its container had no job" if found.upload else "another program's container"
    lifecycle.record(session, job.id, Step.UPLOAD, EventKind.STARTED)
    message = f"adopted: {whose}, with {found.blob} in {found.container}"
    lifecycle.record(session, job.id, Step.UPLOAD, EventKind.SUCCEEDED, message)
    if measured:
        words = "measured before" if found.upload else "measured elsewhere"
        lifecycle.record(session, job.id, Step.EXTRACT, EventKind.SKIPPED, words)
    if job.report_id is not None:
        words = f"measurement {job.report_id} was there"
        lifecycle.record(session, job.id, Step.ANALYSE, EventKind.SKIPPED, words)
