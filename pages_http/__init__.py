"""The web pages: registers the routes of `shared.pages.routes` with the host.

Anonymous for the host, because a page can keep no key: `shared.pages.guard` says who is let in.
"""

from collections.abc import Callable

import azure.functions as func

from shared.api.http import Handler
from shared.pages.responses import respond
from shared.pages.routes import ROUTES

blueprint = func.Blueprint()


def _answering(handler: Handler) -> Callable[[func.HttpRequest], func.HttpResponse]:
    """The host binds by the parameter's name and type."""

    def answer(req: func.HttpRequest) -> func.HttpResponse:
        return respond(req, handler)

    return answer


for page in ROUTES:
    route = blueprint.route(
        route=page.route, methods=[page.method], auth_level=func.AuthLevel.ANONYMOUS
    )
    blueprint.function_name(page.name)(route(_answering(page.handler)))
