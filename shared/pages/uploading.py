"""Media in, from a page: the API's own functions behind addresses that need no key."""

from shutil import copyfile
from typing import Final

import azure.functions as func

from shared.api import jobs
from shared.api.forms import read_upload
from shared.api.http import json_response, parse_json
from shared.api.uploads import upload_url_view
from shared.app import App
from shared.database.tables import Job
from shared.pages import addresses
from shared.pages.responses import see_other, wants_page
from shared.pipeline import uploads
from shared.pipeline.upload_fields import Fields, UploadUrlRequest
from shared.pipeline.uploads import Upload
from shared.platform import scratch
from shared.platform.errors import Code, Problem
from shared.platform.paths import ROOT

SAMPLE: Final = ROOT / "samples" / "astronaut.jpg"
SAMPLE_FIELDS: Final = Fields(avatar="Sample", name="astronaut")


def upload(req: func.HttpRequest, app: App) -> func.HttpResponse:
    """One file. A form is sent on to the job's page; a script gets the job, as from the API."""
    with scratch.folder("upload") as folder:
        limit = app.settings.max_upload_bytes
        received = read_upload(req, folder, limit, blank_is_absent=True)
        job = uploads.accept(app, received)
    return _accepted(req, app, job)


def upload_url(req: func.HttpRequest, app: App) -> func.HttpResponse:
    """For a file larger than the host takes: where to PUT it. Asked for by a script only."""
    traceparent = req.headers.get("traceparent")
    address = uploads.promise(app, parse_json(UploadUrlRequest, req), traceparent)
    view = upload_url_view(address)
    return json_response(view, 201, {"Location": addresses.job(view.id)})


def sample(req: func.HttpRequest, app: App) -> func.HttpResponse:
    """The bundled portrait, for somebody who has no media at hand."""
    if not SAMPLE.is_file():
        raise Problem(Code.NOT_FOUND, "This installation came without the sample.")
    with scratch.folder("sample") as folder:
        path = folder / "sample"
        copyfile(SAMPLE, path)
        job = uploads.accept(app, Upload(SAMPLE_FIELDS, SAMPLE.name, path, None))
    return _accepted(req, app, job)


def _accepted(req: func.HttpRequest, app: App, job: Job) -> func.HttpResponse:
    if wants_page(req):
        return see_other(addresses.job(job.id))
    with app.database.begin() as session:
        view = jobs.body(session, job)
    return json_response(view, 202, {"Location": addresses.job(job.id)})
