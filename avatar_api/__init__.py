"""Avatars over HTTP: what became of each, and two builds side by side."""

import azure.functions as func

from shared.api import avatars
from shared.api.http import respond

blueprint = func.Blueprint()


@blueprint.route(route="api/avatars", methods=["GET"])
def list_avatars(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, avatars.list_avatars)


@blueprint.route(route="api/avatars/{name}", methods=["GET"])
def get_avatar(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, avatars.show)


@blueprint.route(route="api/avatars/{name}/compare", methods=["GET"])
def compare_builds(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, avatars.compare_builds)
