"""Containers that other programs created: a media blob in one is a job too.

`avatar`, `name` and `type` come from the blob's metadata or else the container's; without them the
avatar is the container's name and the type follows from the content. A `traceparent` there is the
trace that the job's goes on with.
"""

import datetime as dt
import uuid
from typing import Final

from azure.core.exceptions import ResourceNotFoundError
from sqlalchemy.orm import Session

from shared import blob_names, jobs, media, telemetry
from shared.app import App
from shared.engines.base import MediaType
from shared.models import AVATAR_LENGTH, NAME_LENGTH, Happening, Job, State, Step
from shared.telemetry import SpanName

UPLOAD_GRACE: Final = dt.timedelta(minutes=10)


def adopt(app: App, container: str, blob: str) -> Job | None:
    """The job of a container that has none yet; None where the blob is no media, or gone."""
    try:
        head = app.storage.head(container, blob, media.SNIFF_BYTES)
        found = media.sniff(head)
        if found is None:
            return None
        properties = app.storage.properties(container, blob)
        said = {**app.storage.container_metadata(container), **(properties.metadata or {})}
    except ResourceNotFoundError:
        return None
    parent = said.get(telemetry.METADATA)
    with (
        telemetry.job(job_id(app, container)),
        telemetry.span(SpanName.ADOPT, parent=parent) as span,
    ):
        return _adopted(app, container, blob, said, span.traceparent)


def _adopted(
    app: App, container: str, blob: str, said: dict[str, str], traceparent: str | None
) -> Job | None:
    measured_elsewhere = blob == blob_names.MEASUREMENT_BLOB
    media_type = said.get("type")
    with app.database.begin() as session:
        job = jobs.create(
            session,
            id=job_id(app, container),
            container=container,
            state=State.EXTRACTED if measured_elsewhere else State.UPLOADED,
            avatar=(said.get("avatar") or container)[:AVATAR_LENGTH],
            name=(said.get("name") or "default")[:NAME_LENGTH],
            type=media_type if media_type in list(MediaType) else None,
            filename=blob,
            blob=blob,
            traceparent=traceparent,
            upload_until=dt.datetime.now(dt.UTC) + UPLOAD_GRACE,
        )
        if job is None:  # another delivery of the event was quicker
            return jobs.by_container(session, container)
        _begin_trace(session, job, measured_elsewhere=measured_elsewhere)
        return job


def job_id(app: App, container: str) -> uuid.UUID:
    """The container's name where that is a UUID, else one that always follows from its address."""
    try:
        return uuid.UUID(container)
    except ValueError:
        return uuid.uuid5(uuid.NAMESPACE_URL, app.storage.url(container, ""))


def _begin_trace(session: Session, job: Job, *, measured_elsewhere: bool) -> None:
    jobs.record(session, job.id, Step.UPLOAD, Happening.STARTED)
    jobs.record(
        session,
        job.id,
        Step.UPLOAD,
        Happening.SUCCEEDED,
        f"adopted: another program put {job.blob} into the container {job.container}",
    )
    if measured_elsewhere:
        jobs.record(session, job.id, Step.EXTRACT, Happening.SKIPPED, "measured elsewhere")
