"""The handlers of `/api/jobs`."""

import base64
import binascii
import datetime as dt
import uuid
from typing import Annotated, Final, NoReturn
from urllib.parse import urlencode

import azure.functions as func
from azure.core.exceptions import ResourceNotFoundError
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select, tuple_

from shared import blob_names, jobs, pipeline
from shared.app import App
from shared.engines.base import MediaType
from shared.errors import Code, Problem
from shared.http import json_response, no_content, parse, uuid_of
from shared.models import AVATAR_LENGTH, DataEntry, Extraction, Job, State
from shared.views import JobSummary, Page, action_units_view, job_summary, job_view

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200
MAX_INLINE_BYTES: Final = (
    32 * 1024 * 1024
)  # a larger CSV is fetched from storage by its own address
READ_URL_LIFETIME: Final = dt.timedelta(minutes=10)


class JobFilter(BaseModel):
    """The query of `GET /api/jobs`."""

    model_config = ConfigDict(extra="forbid")

    state: State | None = None
    avatar: Annotated[str, Field(max_length=AVATAR_LENGTH)] | None = None
    type: MediaType | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
    cursor: Annotated[str, Field(max_length=200)] | None = None


def list_jobs(req: func.HttpRequest, app: App) -> func.HttpResponse:
    """Newest first."""
    wanted = parse(JobFilter, {k: v for k, v in req.params.items() if k != "code"})
    query = (
        select(Job)
        .where(~Job.deleting)
        .order_by(Job.created.desc(), Job.id.desc())
        .limit(wanted.limit + 1)
    )
    for column, value in (
        (Job.state, wanted.state),
        (Job.avatar, wanted.avatar),
        (Job.type, wanted.type),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.cursor is not None:
        query = query.where(tuple_(Job.created, Job.id) < tuple_(*_position(wanted.cursor)))
    with app.database.begin() as session:
        found = list(session.scalars(query))
    following = None
    if len(found) > wanted.limit:
        found = found[: wanted.limit]
        given = wanted.model_dump(mode="json", exclude_none=True)
        following = f"/api/jobs?{urlencode({**given, 'cursor': _cursor(found[-1])})}"
    return json_response(Page[JobSummary](items=[job_summary(j) for j in found], next=following))


def show(req: func.HttpRequest, app: App) -> func.HttpResponse:
    job_id = uuid_of(req)
    with app.database.begin() as session:
        job = jobs.visible(session, job_id) or _unknown()
        view = job_view(job, jobs.events(session, job_id))
    return json_response(view)


def delete(req: func.HttpRequest, app: App) -> func.HttpResponse:
    """Container and rows are gone when this answers."""
    if not pipeline.delete(app, uuid_of(req)):
        _unknown()
    return no_content()


def retry(req: func.HttpRequest, app: App) -> func.HttpResponse:
    """A failed job begins again: at the analysis where its measurement is there."""
    job_id = uuid_of(req)
    with app.database.begin() as session:
        job = jobs.visible(session, job_id) or _unknown()
    there = blob_names.MEASUREMENT_BLOB in app.storage.blobs(
        job.container, blob_names.MEASUREMENT_BLOB
    )
    with app.database.begin() as session:
        if not jobs.restart(session, job_id, State.EXTRACTED if there else State.UPLOADED):
            raise Problem(
                Code.STATE_CONFLICT, f"Only a failed job can be retried; this one is {job.state}."
            )
        view = job_view(
            session.get_one(Job, job_id, populate_existing=True), jobs.events(session, job_id)
        )
    app.storage.enqueue_retry(str(job_id))
    return json_response(view, 202, {"Location": view.links["self"]})


def action_units(req: func.HttpRequest, app: App) -> func.HttpResponse:
    with app.database.begin() as session:
        job = jobs.visible(session, uuid_of(req)) or _unknown()
        extraction = job.report_id and session.get(Extraction, job.report_id)
        if not extraction:
            _not_measured(job)
        entries = session.scalars(
            select(DataEntry)
            .where(DataEntry.report_id == job.report_id)
            .order_by(DataEntry.face, DataEntry.au)
        ).all()
        view = action_units_view(job, extraction, entries)
    return json_response(view)


def openface_csv(req: func.HttpRequest, app: App) -> func.HttpResponse:
    with app.database.begin() as session:
        job = jobs.visible(session, uuid_of(req)) or _unknown()
    blob = blob_names.MEASUREMENT_BLOB
    try:
        if app.storage.size(job.container, blob) > MAX_INLINE_BYTES:
            expires = dt.datetime.now(dt.UTC) + READ_URL_LIFETIME
            address = app.storage.read_url(job.container, blob, expires)
            return func.HttpResponse(status_code=302, headers={"Location": address})
        content = b"".join(app.storage.open(job.container, blob))
    except ResourceNotFoundError:
        _not_measured(job)
    return func.HttpResponse(
        content,
        headers={"Content-Disposition": f'attachment; filename="{job.id}.csv"'},
        mimetype="text/csv",
    )


def _unknown() -> NoReturn:
    raise Problem(Code.JOB_NOT_FOUND, "There is no job with this id.")


def _not_measured(job: Job) -> NoReturn:
    raise Problem(Code.NOT_FOUND, f"The job has no measurement; its state is {job.state}.")


def _cursor(job: Job) -> str:
    text = f"{job.created.isoformat()}|{job.id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _position(cursor: str) -> tuple[dt.datetime, uuid.UUID]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        created, _, job_id = text.partition("|")
        position = dt.datetime.fromisoformat(created), uuid.UUID(job_id)
        if position[0].tzinfo is None:
            raise ValueError(created)
    except (ValueError, binascii.Error):
        raise Problem(
            Code.INVALID_FIELD, "The cursor is not one of ours. Follow `next` as it was given."
        ) from None
    return position
