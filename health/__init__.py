"""Whether the service can work, and what it can be asked."""

import azure.functions as func

from shared.api import health as parts
from shared.api import openapi_route
from shared.api.http import respond

blueprint = func.Blueprint()


@blueprint.route(route="api/health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def health(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, parts.show, for_everybody=True)


@blueprint.route(route="api/health/live", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def live(req: func.HttpRequest) -> func.HttpResponse:
    """For the platform's probe. Asynchronous: it answers also while every thread has a job."""
    return parts.live(req)


@blueprint.route(route="api/openapi.json", methods=["GET"])
def openapi(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, openapi_route.show)
