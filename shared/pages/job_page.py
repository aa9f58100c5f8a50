"""`/jobs/{id}`: one job: how far it is as a CI run is shown; once it is measured, its report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NoReturn

import azure.functions as func

from shared.api.http import uuid_of
from shared.api.job_bodies import DeliveryView, JobView, delivery_view
from shared.api.jobs import body
from shared.app import App
from shared.database.tables import Job, State
from shared.jobs import deliveries, lifecycle
from shared.media.formats import Kind
from shared.pages import addresses, templates
from shared.pages.advice import failure
from shared.pages.jobs_page import Live, LivePart
from shared.pages.report_page import View, report_values
from shared.pages.responses import page, see_other, unchanged_or
from shared.pages.so_far import Curve, curves
from shared.pipeline import deletion, retrying
from shared.platform.errors import Code, Problem

PARTS: Final = ("state", "outcome", "measuring", "steps", "actions")

NO_JOB: Final = "There is no job with this id."
NOTHING_HERE: Final = (
    "There is no job with this id: it was deleted, or the address is not complete."
)


def job_page(req: func.HttpRequest, app: App) -> func.HttpResponse:
    job, view = _load(req, app)
    shown = _has_report(view)
    report = report_values(app, str(view.measurement_id), View()) if shown else {"data": None}
    values = report | {
        "job": view,
        "kind": job.media and job.media.kind,
        "kinds": Kind,
        "parameter_sets": job.parameter_sets,
        "told": _told(app, job),
        "parts": _parts(view, _so_far(app, job)),
        "confirm": req.params.get("confirm") == "delete",
    }
    return page("job.html", values)


def live_job(req: func.HttpRequest, app: App) -> func.HttpResponse:
    job, view = _load(req, app)
    found = _parts(view, _so_far(app, job))
    parts = [LivePart(key=key, html=html) for key, html in found.items()]
    ended = view.state.ended
    return unchanged_or(req, Live(running=not ended, whole=_has_report(view), parts=parts))


def _has_report(view: JobView) -> bool:
    return view.state is State.DONE and view.measurement_id is not None


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


def _told(app: App, job: Job) -> Sequence[DeliveryView]:
    """Webhooks of the job's last end."""
    if job.finished is None:
        return []
    with app.database.begin() as session:
        found = deliveries.of_job(session, job.id)
    return [delivery_view(item) for item in found if item.ended == job.finished]


@dataclass(frozen=True, slots=True)
class _SoFar:
    """What is known of a clip that is being measured."""

    duration: float  # [s]
    curves: Sequence[Curve]
    outline: Sequence[Sequence[int]]  # `engines.base.Outline` of the newest picture


def _so_far(app: App, job: Job) -> _SoFar | None:
    facts = job.media
    if job.state != State.EXTRACTING or not facts or not facts.duration:
        return None
    outline = (job.progress or {}).get("outline") or []
    return _SoFar(facts.duration, curves(app, job, facts.duration), outline)


def _parts(view: JobView, so_far: _SoFar | None) -> Mapping[str, str]:
    """HTML of the pieces that change while the job runs."""
    macros = templates.environment().get_template("_job_parts.html").module
    found = failure(view.error)
    return {key: getattr(macros, key)(view, found, so_far) for key in PARTS}
