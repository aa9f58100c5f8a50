"""The handlers of `/api/jobs`."""

import datetime as dt
from typing import Annotated, Final, NoReturn

import azure.functions as func
from azure.core.exceptions import ResourceNotFoundError
from pydantic import Field, TypeAdapter
from sqlalchemy.orm import Session

from shared.analysis.report import Verdict
from shared.api.http import json_response, no_content, parse_query, uuid_of
from shared.api.job_bodies import (
    ActionUnitsView,
    DeliveryView,
    JobSummary,
    JobView,
    action_units_view,
    delivery_view,
    job_summary,
    job_view,
)
from shared.api.operation import LOCATION, QUERY, TEXT, UUID, Answer, Link, Operation, json_answer
from shared.api.paging import Page, PageQuery, Text, part, position
from shared.app import App
from shared.database import extractions
from shared.database.tables import AVATAR_LENGTH, NAME_LENGTH, Job, State
from shared.jobs import deliveries, lifecycle, listing, outputs
from shared.measurements.model import MediaType
from shared.pipeline import deletion, retrying
from shared.platform import blob_names
from shared.platform.errors import Code, Problem
from shared.reports import reports

UNCACHED: Final = {"Cache-Control": "no-store"}
CSV_TYPE: Final = "text/csv"
MAX_INLINE_BYTES: Final = 32 * 1024 * 1024  # a larger CSV is fetched from storage itself
READ_URL_LIFETIME: Final = dt.timedelta(minutes=10)
MAX_FILE: Final = 200  # characters of a file's name that are looked for

_PLACE: Final = TypeAdapter(listing.Place)


class JobFilter(PageQuery):
    """The query of `GET /api/jobs`."""

    state: State | None = None
    avatar: Annotated[Text, Field(max_length=AVATAR_LENGTH)] | None = None
    name: Annotated[Text, Field(max_length=NAME_LENGTH, description="The build's.")] | None = None
    file: Annotated[Text, Field(max_length=MAX_FILE, description="A part of its name.")] | None = (
        None
    )
    type: MediaType | None = None
    verdict: Annotated[Verdict, Field(description="The worst of its reports.")] | None = None

    @property
    def wanted(self) -> listing.WantedJobs:
        return listing.WantedJobs(
            self.state, self.avatar, self.name, self.file, self.type, self.verdict
        )


def list_jobs(req: func.HttpRequest, app: App) -> func.HttpResponse:
    """Newest first."""
    wanted = parse_query(JobFilter, req)
    with app.database.begin() as session:
        found = listing.newest(
            session,
            wanted.limit + 1,
            wanted.wanted,
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
    """Media, outputs and rows are gone when this answers."""
    if not deletion.delete(app, uuid_of(req)):
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
        found = None if job.report_id is None else extractions.read(session, job.report_id)
    if found is None:
        _not_measured(job)
    return json_response(action_units_view(job, *found))


def openface_csv(req: func.HttpRequest, app: App) -> func.HttpResponse:
    with app.database.begin() as session:
        job = lifecycle.visible(session, uuid_of(req)) or _unknown()
    blob = outputs.of(job).result(blob_names.MEASUREMENT_BLOB)
    named = f'attachment; filename="{job.id}.csv"'
    try:
        if app.storage.size(job.container, blob) > MAX_INLINE_BYTES:
            expires = dt.datetime.now(dt.UTC) + READ_URL_LIFETIME
            address = app.storage.read_url(job.container, blob, expires, CSV_TYPE, named)
            return func.HttpResponse(status_code=302, headers={"Location": address, **UNCACHED})
        content = b"".join(app.storage.open(job.container, blob))
    except ResourceNotFoundError:
        _not_measured(job)
    return func.HttpResponse(
        content,
        headers={"Content-Disposition": named, **UNCACHED},
        mimetype=CSV_TYPE,
    )


def webhooks(req: func.HttpRequest, app: App) -> func.HttpResponse:
    """What was told of the job's ends, newest first; the list has one part."""
    with app.database.begin() as session:
        job = lifecycle.visible(session, uuid_of(req)) or _unknown()
        views = [delivery_view(item) for item in deliveries.of_job(session, job.id)]
    return json_response(Page[DeliveryView](items=views, next=None))


def _unknown() -> NoReturn:
    raise Problem(Code.JOB_NOT_FOUND, "There is no job with this id.")


def _not_measured(job: Job) -> NoReturn:
    raise Problem(Code.NOT_FOUND, f"The job has no measurement; its state is {job.state}.")


OF_JOB: Final = (
    "get_job",
    "delete_job",
    "retry_job",
    "get_action_units",
    "get_openface_csv",
    "list_webhooks",
)
"""What can be asked of a job by its id."""

OPERATIONS: Final = (
    Operation(
        "get",
        "/api/jobs",
        "list_jobs",
        list_jobs,
        "jobs",
        "Jobs, newest first",
        {200: json_answer(Page[JobSummary], link=Link(OF_JOB, "id", "/items/0/id"))},
        QUERY,
        query=JobFilter,
    ),
    Operation(
        "get",
        "/api/jobs/{id}",
        "get_job",
        show,
        "jobs",
        "A job with its steps and verdicts",
        {200: json_answer(JobView)},
        (Code.JOB_NOT_FOUND,),
        parameters={"id": UUID},
    ),
    Operation(
        "delete",
        "/api/jobs/{id}",
        "delete_job",
        delete,
        "jobs",
        "Delete a job with its media, measurement and reports",
        {204: Answer("It is gone.")},
        (Code.JOB_NOT_FOUND, Code.STATE_CONFLICT),
        parameters={"id": UUID},
    ),
    Operation(
        "post",
        "/api/jobs/{id}/retry",
        "retry_job",
        retry,
        "jobs",
        "Run a failed job again",
        {202: json_answer(JobView, "It runs again.", LOCATION)},
        (Code.JOB_NOT_FOUND, Code.STATE_CONFLICT, Code.TOO_MANY_OPEN_JOBS),
        parameters={"id": UUID},
    ),
    Operation(
        "get",
        "/api/jobs/{id}/action-units",
        "get_action_units",
        action_units,
        "jobs",
        "What was measured, per face and Action Unit",
        {200: json_answer(ActionUnitsView)},
        (Code.JOB_NOT_FOUND, Code.NOT_FOUND),
        parameters={"id": UUID},
    ),
    Operation(
        "get",
        "/api/jobs/{id}/openface.csv",
        "get_openface_csv",
        openface_csv,
        "jobs",
        "What was measured, per frame",
        {
            200: Answer("OpenFace 2.x's columns.", {"text/csv": TEXT}),
            302: Answer("A large file: fetch it there.", {}, (LOCATION,)),
        },
        (Code.JOB_NOT_FOUND, Code.NOT_FOUND),
        parameters={"id": UUID},
    ),
    Operation(
        "get",
        "/api/jobs/{id}/webhooks",
        "list_webhooks",
        webhooks,
        "jobs",
        "What was told of the job's end, to whom, and what they answered",
        {200: json_answer(Page[DeliveryView])},
        (Code.JOB_NOT_FOUND,),
        parameters={"id": UUID},
    ),
)
