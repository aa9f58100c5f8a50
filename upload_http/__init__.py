"""Media in: POSTed to us, or an address to PUT them to."""

import tempfile
from pathlib import Path

import azure.functions as func

from shared.api import jobs
from shared.api.forms import read_upload
from shared.api.http import json_response, parse_json, respond
from shared.app import App
from shared.pipeline import uploads
from shared.pipeline.extract import MEGABYTE

blueprint = func.Blueprint()


@blueprint.route(route="api/upload", methods=["POST"])
def upload(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, _upload)


@blueprint.route(route="api/upload-url", methods=["POST"])
def upload_url(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, _upload_url)


def _upload(req: func.HttpRequest, app: App) -> func.HttpResponse:
    with tempfile.TemporaryDirectory(prefix="avatar-upload-") as folder:
        received = read_upload(req, Path(folder), app.settings.max_upload_mb * MEGABYTE)
        job = uploads.accept(app, received)
    with app.database.begin() as session:
        view = jobs.body(session, job)
    return json_response(view, 202, {"Location": view.links["self"]})


def _upload_url(req: func.HttpRequest, app: App) -> func.HttpResponse:
    request = parse_json(uploads.UploadUrlRequest, req)
    view = uploads.promise(app, request, req.headers.get("traceparent"))
    return json_response(view, 201, {"Location": f"/api/jobs/{view.id}"})
