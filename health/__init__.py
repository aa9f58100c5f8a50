"""Whether the service can work, and what it can be asked."""

import azure.functions as func

from shared import health as parts
from shared import openapi_route
from shared.http import respond

blueprint = func.Blueprint()


@blueprint.route(route="api/health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def health(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, parts.show, for_everybody=True)


@blueprint.route(route="api/openapi.json", methods=["GET"])
def openapi(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, openapi_route.show)
