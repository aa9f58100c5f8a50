"""Reports over HTTP: a measurement held to a parameter set."""

import azure.functions as func

from shared.api import reports
from shared.api.http import respond

blueprint = func.Blueprint()


@blueprint.route(route="api/reports", methods=["GET"])
def list_reports(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, reports.list_reports)


@blueprint.route(route="api/reports", methods=["POST"])
def make_reports(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, reports.make)


@blueprint.route(route="api/reports/{id}", methods=["GET"])
def get_report(req: func.HttpRequest) -> func.HttpResponse:
    """Also `{id}.csv`, `.md` and `.xml`: a route of its own would depend on the host's order."""
    return respond(req, reports.show)
