"""Operations as functions of the host: each calls the handler of its row, and nothing else."""

import inspect
from collections.abc import Callable, Iterable
from typing import Any, cast

import azure.functions as func

from shared.api.http import Handler, respond
from shared.api.operation import Operation, Probe


def blueprint_of(operations: Iterable[Operation]) -> func.Blueprint:
    """A function for every operation that has a handler."""
    blueprint = func.Blueprint()
    for operation in operations:
        if operation.handler is not None:
            route = blueprint.route(
                route=operation.path.removeprefix("/"),
                methods=[operation.method.upper()],
                auth_level=func.AuthLevel.ANONYMOUS if operation.for_everybody else None,
            )
            blueprint.function_name(operation.id)(route(_function(operation)))
    return blueprint


def _function(operation: Operation) -> Callable[[func.HttpRequest], Any]:
    """The host binds by the parameter's name and type."""
    if inspect.iscoroutinefunction(operation.handler):
        probe = cast("Probe", operation.handler)

        async def answer(req: func.HttpRequest) -> func.HttpResponse:
            return await probe(req)

        return answer
    handler = cast("Handler", operation.handler)

    def respond_to(req: func.HttpRequest) -> func.HttpResponse:
        return respond(req, handler, for_everybody=operation.for_everybody)

    return respond_to
