"""The app's HTTP routes, as the host learns of them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import azure.functions as func
from azure.functions.decorators.function_app import Function

import function_app


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: str
    function: Callable[[func.HttpRequest], func.HttpResponse]


@cache  # the library lets an app be asked once in a process
def registered() -> tuple[Function, ...]:
    """Every function of the app."""
    return tuple(function_app.app.get_functions())


@cache
def http_routes() -> tuple[Route, ...]:
    """One for every method of every HTTP trigger."""
    found = []
    for function in registered():
        binding = json.loads(function.get_function_json())["bindings"][0]
        if binding["type"] == "httpTrigger":
            found += [
                Route(str(method), binding["route"], function.get_user_function())
                for method in binding["methods"]
            ]
    return tuple(found)
