"""Whether the service can work, and with what."""

import azure.functions as func

from shared import health as parts
from shared.http import respond

blueprint = func.Blueprint()


@blueprint.route(route="api/health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def health(req: func.HttpRequest) -> func.HttpResponse:
    return respond(req, parts.show, for_everybody=True)
