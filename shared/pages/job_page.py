"""`/jobs/{id}`: one job, as a CI run is shown, and what can be done with it."""

from collections.abc import Mapping
from typing import Final, NoReturn

import azure.functions as func

from shared.api.http import uuid_of
from shared.api.job_bodies import JobView
from shared.api.jobs import body
from shared.app import App
from shared.database.tables import Job
from shared.jobs import lifecycle
from shared.media.formats import Kind
from shared.pages import addresses, templates
from shared.pages.advice import failure
from shared.pages.jobs_page import Live, LivePart
from shared.pages.responses import page, see_other, unchanged_or
from shared.pipeline import deletion, retrying
from shared.platform.errors import Code, Problem

PARTS: Final = ("state", "outcome", "steps", "actions")

NO_JOB: Final = "There is no job with this id."
NOTHING_HERE: Final = (
    "There is no job with this id: it was deleted, or the address is not complete."
)


def job_page(req: func.HttpRequest, app: App) -> func.HttpResponse:
    job, view = _load(req, app)
    values = {
        "job": view,
        "kind": job.media and job.media.kind,
        "kinds": Kind,
        "parameter_sets": job.parameter_sets,
        "parts": _parts(view),
        "confirm": req.params.get("confirm") == "delete",
    }
    return page("job.html", values)


def live_job(req: func.HttpRequest, app: App) -> func.HttpResponse:
    _, view = _load(req, app)
    parts = [LivePart(key=key, html=html) for key, html in _parts(view).items()]
    return unchanged_or(req, Live(running=not view.state.ended, parts=parts))


def retry(req: func.HttpRequest, app: App) -> func.HttpResponse:
    job_id = uuid_of(req)
    if retrying.retry(app, job_id) is None:
        _unknown(NO_JOB)
    return see_other(addresses.job(job_id))


def delete(req: func.HttpRequest, app: App) -> func.HttpResponse:
    if not deletion.delete(app, uuid_of(req)):
        _unknown(NO_JOB)
    return see_other("/")


def _unknown(detail: str) -> NoReturn:
    raise Problem(Code.JOB_NOT_FOUND, detail)


def _load(req: func.HttpRequest, app: App) -> tuple[Job, JobView]:
    with app.database.begin() as session:
        job = lifecycle.visible(session, uuid_of(req)) or _unknown(NOTHING_HERE)
        return job, body(session, job)


def _parts(view: JobView) -> Mapping[str, str]:
    """HTML of the pieces that change while the job runs."""
    macros = templates.environment().get_template("_job_parts.html").module
    found = failure(view.error)
    return {key: getattr(macros, key)(view, found) for key in PARTS}
