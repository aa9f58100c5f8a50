"""Containers without a job: another program's, or of jobs that a restored database lacks.

A container of ours says in its metadata what its upload said (`shared.jobs.blob_metadata`), so that
its job is again what it was. In another program's a media blob is a job too: `avatar`, `name` and
`type` come from the blob's metadata or else the container's; without them the avatar is the
container's name and the type follows from the content. A `traceparent` there is continued as the
job's trace.

Where `openface.csv` is there already, nothing is measured again; where the measurement's report is
there and has lost its job, it is the job's again. All metadata is untrusted input.
"""

import datetime as dt
import uuid
from dataclasses import dataclass, replace
from typing import Annotated, Final

from azure.core.exceptions import ResourceNotFoundError
from pydantic import AwareDatetime, BaseModel, Field, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.app import App
from shared.database.tables import (
    AVATAR_LENGTH,
    NAME_LENGTH,
    ActionUnitReport,
    EventKind,
    Extraction,
    Job,
    State,
    Step,
)
from shared.jobs import blob_metadata, lifecycle
from shared.jobs.lifecycle import NewJob
from shared.measurements.model import MediaType
from shared.media import formats
from shared.media.formats import Format, Kind, MediaFacts
from shared.pipeline.attempt import job_log
from shared.pipeline.uploads import (
    MAX_SETS,
    UPLOAD_GRACE,
    AvatarName,
    BuildName,
    EngineName,
    FileName,
    SetName,
    shown,
)
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
    format: Format
    size: int  # [bytes]
    measured: bool
    said: dict[str, str]  # all metadata
    upload: _Upload | None


def adopt(app: App, container: str, blob: str) -> Job | None:
    """The job of a container that has none yet; None where the blob is no media, or gone."""
    if not blob_names.is_addressable(blob):
        job_log(container).warning("adopt: a blob was left alone, its name is no address")
        return None
    try:
        found = _look(app.storage, container, blob)
    except ResourceNotFoundError:
        return None
    if found is None:
        return None
    number = job_id(app, container)
    parent = found.said.get(telemetry.METADATA)
    with telemetry.job(number), telemetry.span(SpanName.ADOPT, parent=parent) as span:
        return _adopted(app, number, found, span.traceparent)


def candidates(blobs: list[str]) -> list[str]:
    """The blobs by which a container may become a job: media first, then a measurement."""
    foreign = [blob for blob in blobs if not blob_names.is_our_output(blob)]
    return foreign + [blob for blob in blobs if blob == blob_names.MEASUREMENT_BLOB]


def job_id(app: App, container: str) -> uuid.UUID:
    """The container's name where that is a UUID, else one that always follows from its address."""
    try:
        return uuid.UUID(container)
    except ValueError:
        return uuid.uuid5(uuid.NAMESPACE_URL, app.storage.url(container, ""))


def _look(storage: Storage, container: str, blob: str) -> _Found | None:
    said = storage.container_metadata(container)
    upload = _upload(said)
    there = storage.blobs(container)
    if upload is not None and upload.blob in there:
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
        format=found,
        size=int(properties.size),
        measured=blob_names.MEASUREMENT_BLOB in there,
        said={**said, **(properties.metadata or {})},
        upload=upload,
    )


def _upload(metadata: dict[str, str]) -> _Upload | None:
    content = blob_metadata.upload_in(metadata)
    try:
        return None if content is None else _Upload.model_validate_json(content)
    except ValidationError:
        return None


def _adopted(app: App, number: uuid.UUID, found: _Found, traceparent: str | None) -> Job | None:
    new = _new_job(number, found, traceparent)
    with app.database.begin() as session:
        if found.measured:
            url = reports.report_url(app.storage, found.container, found.blob)
            new = _with_report(new, _lost_report(session, new.avatar, url))
        job = lifecycle.create(session, new)
        if job is None:  # another delivery of the event was quicker
            return lifecycle.by_container(session, found.container)
        _begin_trace(session, job, found)
        return job


def _new_job(number: uuid.UUID, found: _Found, traceparent: str | None) -> NewJob:
    """What the job's row says of its media: from the upload, else from whoever made it."""
    now = dt.datetime.now(dt.UTC)
    facts = MediaFacts(format=found.format.name, kind=found.format.kind, size=found.size)
    # the first stage finds them out, unless it is over
    known = found.measured and found.format.kind is not Kind.CSV
    said, upload = found.said, found.upload
    new = NewJob(
        id=number,
        container=found.container,
        state=State.EXTRACTED if found.measured else State.UPLOADED,
        blob=found.blob,
        media=facts if known else None,
        traceparent=traceparent,
        upload_until=now + UPLOAD_GRACE,
        avatar=shown(said.get("avatar", ""), AVATAR_LENGTH) or found.container[:AVATAR_LENGTH],
        name=shown(said.get("name", ""), NAME_LENGTH) or "default",
        type=said["type"] if said.get("type") in list(MediaType) else None,
        filename=shown(found.blob) or "media",
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


def _with_report(new: NewJob, report: int | None) -> NewJob:
    if report is None:
        return new
    return replace(new, state=State.DONE, report_id=report, finished=dt.datetime.now(dt.UTC))


def _lost_report(session: Session, avatar: str, url: str) -> int | None:
    """The newest report that the pipeline made of this media, where it has no job."""
    return session.scalar(
        select(ActionUnitReport.id)
        .join(Extraction, Extraction.report_id == ActionUnitReport.id)
        .outerjoin(Job, Job.report_id == ActionUnitReport.id)
        .where(ActionUnitReport.avatar == avatar, ActionUnitReport.url == url, Job.id.is_(None))
        .order_by(ActionUnitReport.id.desc())
        .limit(1)
    )


def _begin_trace(session: Session, job: Job, found: _Found) -> None:
    whose = "its container had no job" if found.upload else "another program's container"
    lifecycle.record(session, job.id, Step.UPLOAD, EventKind.STARTED)
    message = f"adopted: {whose}, with {found.blob} in {found.container}"
    lifecycle.record(session, job.id, Step.UPLOAD, EventKind.SUCCEEDED, message)
    if found.measured:
        words = "measured before" if found.upload else "measured elsewhere"
        lifecycle.record(session, job.id, Step.EXTRACT, EventKind.SKIPPED, words)
    if job.report_id is not None:
        words = f"report {job.report_id} was there"
        lifecycle.record(session, job.id, Step.ANALYSE, EventKind.SKIPPED, words)
