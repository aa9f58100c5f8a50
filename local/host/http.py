"""HTTP triggers: find the function for a request, hand it the request, send what it returns.

As in the real host an unhandled exception is an empty 500, a body over the limit a 413, and a
path or a method that no function has a 404. Keys are not asked for, as in Core Tools.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

import azure.functions as func
from azure.functions import meta
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from local.host import HostError, routes
from local.host.app import Function
from local.host.binding import TriggerData
from local.host.invoke import Invoker
from local.host.logs import log
from local.host.settings import HostSettings

RESERVED: Final = ("admin", "runtime")  # first segments that the host keeps for itself
HOP_BY_HOP: Final = ("content-length", "transfer-encoding", "connection")


class BodyTooLargeError(Exception):
    """The body is over the host's limit."""


@dataclass(frozen=True, slots=True)
class Route:
    """An HTTP function and the requests it answers."""

    function: Function
    template: routes.Template
    methods: frozenset[str]  # empty: every method

    def label(self, base: str) -> str:
        """As in the list that is printed at the start."""
        methods = ",".join(sorted(self.methods)) or "ALL"
        return f"[{methods}] {base}/{self.template.text.lstrip('/')}"


def make_route(function: Function, prefix: str) -> Route:
    """An empty route is the function's name, as in the real host; `/` is the root."""
    fields = function.trigger.fields
    text = str(fields.get("route") or function.name)
    template = routes.parse(f"{prefix}/{text.lstrip('/')}" if prefix else text)
    if text.lstrip("/").partition("/")[0].lower() in RESERVED and not prefix:
        raise HostError(f"The route '{text}' of '{function.name}' is one of the host's own.")
    methods = frozenset(str(method).upper() for method in fields.get("methods") or ())
    return Route(function, template, methods)


class HttpFunctions:
    """The ASGI application that answers with the app's functions."""

    def __init__(
        self,
        table: list[Route],
        invoker: Invoker,
        settings: HostSettings,
    ) -> None:
        self._table = table
        self._invoker = invoker
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._respond(request)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        raw_path = request.scope["raw_path"].decode("ascii", "replace")
        if raw_path.split("/")[1].lower() in RESERVED:
            return Response(status_code=404)
        for route in self._table:
            if route.methods and request.method not in route.methods:
                continue
            parameters = route.template.match(raw_path)
            if parameters is not None:
                return await self._call(route.function, request, raw_path, parameters)
        return Response(status_code=404)

    async def _call(
        self, function: Function, request: Request, raw_path: str, parameters: dict[str, str]
    ) -> Response:
        try:
            body = await read_body(request, self._settings.max_body_bytes)
        except BodyTooLargeError:
            return Response(status_code=413, headers={"connection": "close"})
        data = TriggerData(
            meta.Datum(request_fields(request, raw_path, parameters, body), "http"),
            trace_parent=request.headers.get("traceparent", ""),
        )
        result = await self._invoker.invoke(function, data)
        if not result.succeeded:
            return Response(status_code=500)
        try:
            return to_response(result.value, request.method)
        except TypeError as error:
            log.error("%s: %s", function.full_name, error)
            return Response(status_code=500)


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body. Raises BodyTooLargeError as soon as it is known to be over the limit."""
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > limit:
        raise BodyTooLargeError
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise BodyTooLargeError
        chunks.append(chunk)
    return b"".join(chunks)


def request_fields(
    request: Request, raw_path: str, parameters: Mapping[str, str], body: bytes
) -> dict[str, Any]:
    """The request as the host sends it to the worker; repeated fields are joined by commas."""
    query = request.scope["query_string"].decode("ascii", "replace")
    host = request.headers.get("host", "localhost")
    url = f"{request.url.scheme}://{host}{raw_path}{'?' if query else ''}{query}"
    headers = [(_text(name), _text(value)) for name, value in request.headers.raw]
    return {
        "method": meta.Datum(request.method, "string"),
        "url": meta.Datum(url, "string"),
        "headers": _joined(headers),
        "query": _joined(parse_qsl(query, keep_blank_values=True)),
        "params": {name: meta.Datum(value, "string") for name, value in parameters.items()},
        "body": meta.Datum(body, "bytes"),
    }


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _joined(pairs: list[tuple[str, str]]) -> dict[str, meta.Datum]:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: meta.Datum(",".join(items), "string") for name, items in values.items()}


def to_response(value: Any, method: str) -> Response:
    """What a function returned. Raises TypeError for what is neither a response nor a text."""
    if isinstance(value, str):
        return Response(value, media_type="text/plain")
    if not isinstance(value, func.HttpResponse):
        raise TypeError(f"an HTTP function returns an HttpResponse or a str, not {type(value)}")
    response = Response(value.get_body(), status_code=value.status_code)
    kept = HOP_BY_HOP[1:] if method == "HEAD" else HOP_BY_HOP
    if "content-type" not in value.headers:
        charset = f"; charset={value.charset}" if value.mimetype.startswith("text/") else ""
        response.headers["content-type"] = f"{value.mimetype}{charset}"
    for name, text in value.headers.items():
        if name.lower() == "set-cookie":
            response.headers.append(name, text)
        elif name.lower() not in kept:
            response.headers[name] = text
    return response
