"""The handlers of `/api/jobs`."""

import datetime as dt
from typing import Annotated, Final, NoReturn

import azure.functions as func
from azure.core.exceptions import ResourceNotFoundError
from pydantic import Field, TypeAdapter
from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.api.http import json_response, no_content, parse_query, uuid_of
from shared.api.job_bodies import (
    JobSummary,
    JobView,
    Page,
    action_units_view,
    job_summary,
    job_view,
)
from shared.api.paging import PageQuery, Text, part, position
from shared.app import App
from shared.database.tables import AVATAR_LENGTH, DataEntry, Extraction, Job, State
from shared.jobs import lifecycle, listing
from shared.measurements.model import MediaType
from shared.pipeline import events, retrying
from shared.platform import blob_names
from shared.platform.errors import Code, Problem
from shared.reports import reports

MAX_INLINE_BYTES: Final = (
    32 * 1024 * 1024
)  # a larger CSV is fetched from storage by its own address
READ_URL_LIFETIME: Final = dt.timedelta(minutes=10)


_PLACE: Final = TypeAdapter(listing.Place)


class JobFilter(PageQuery):
    """The query of `GET /api/jobs`."""

    state: State | None = None
    avatar: Annotated[Text, Field(max_length=AVATAR_LENGTH)] | None = None
    type: MediaType | None = None


def list_jobs(req: func.HttpRequest, app: App) -> func.HttpResponse:
    """Newest first."""
    wanted = parse_query(JobFilter, req)
    with app.database.begin() as session:
        found = listing.newest(
            session,
            wanted.limit + 1,
            state=wanted.state,
            avatar=wanted.avatar,
            media_type=wanted.type,
            before=position(wanted, _PLACE),
        )
        held = reports.verdicts(session, (job.report_id for job in found))
    items, following = part(found, wanted, "/api/jobs", listing.place)
    views = [job_summary(job, held.get(job.report_id or 0, ())) for job in items]
    return json_response(Page[JobSummary](items=views, next=following))


def show(req: func.HttpRequest, app: App) -> func.HttpResponse:
    job_id = uuid_of(req)
    with app.database.begin() as session:
        view = body(session, lifecycle.visible(session, job_id) or _unknown())
    return json_response(view)


def body(session: Session, job: Job) -> JobView:
    """The job with its trace and its verdicts."""
    held = reports.verdicts(session, [job.report_id]).get(job.report_id or 0, ())
    return job_view(job, lifecycle.events(session, job.id), held)


def delete(req: func.HttpRequest, app: App) -> func.HttpResponse:
    """Container and rows are gone when this answers."""
    if not events.delete(app, uuid_of(req)):
        _unknown()
    return no_content()


def retry(req: func.HttpRequest, app: App) -> func.HttpResponse:
    """A failed job begins again: at the analysis where its measurement is there."""
    job = retrying.retry(app, uuid_of(req)) or _unknown()
    with app.database.begin() as session:
        view = body(session, job)
    return json_response(view, 202, {"Location": view.links["self"]})


def action_units(req: func.HttpRequest, app: App) -> func.HttpResponse:
    with app.database.begin() as session:
        job = lifecycle.visible(session, uuid_of(req)) or _unknown()
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
        job = lifecycle.visible(session, uuid_of(req)) or _unknown()
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
