"""Jobs over HTTP: list, look, retry, delete, and what was measured."""

import azure.functions as func

from shared.api import jobs
from shared.api.http import respond

blueprint = func.Blueprint()


@blueprint.route(route="api/jobs", methods=["GET"])
def list_jobs(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, jobs.list_jobs)


@blueprint.route(route="api/jobs/{id}", methods=["GET"])
def get_job(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, jobs.show)


@blueprint.route(route="api/jobs/{id}", methods=["DELETE"])
def delete_job(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, jobs.delete)


@blueprint.route(route="api/jobs/{id}/retry", methods=["POST"])
def retry_job(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, jobs.retry)


@blueprint.route(route="api/jobs/{id}/action-units", methods=["GET"])
def get_action_units(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, jobs.action_units)


@blueprint.route(route="api/jobs/{id}/openface.csv", methods=["GET"])
def get_openface_csv(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, jobs.openface_csv)
