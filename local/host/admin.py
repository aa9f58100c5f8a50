"""The part of the real host's `/admin` that a local tool asks for."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.host.settings import HostSettings

VERSION: Final = "4.0-local"

Run = Callable[[str], Awaitable[Any]]
"""Calls a function that has no HTTP trigger, with the `input` of the request."""


class Admin:
    """Answers for the host; who may ask is not checked, as in Core Tools."""

    def __init__(self, settings: HostSettings, functions: Mapping[str, Run]) -> None:
        self._settings = settings
        self._functions = {name.lower(): run for name, run in functions.items()}
        self._started = time.monotonic()
        self._tasks: set[asyncio.Task[Any]] = set()

    async def status(self, _: Request) -> Response:
        """That it answers at all says that the host runs."""
        uptime = round((time.monotonic() - self._started) * 1000)
        return JSONResponse(
            {
                "id": self._settings.host_id,
                "state": "Running",
                "version": VERSION,
                "versionDetails": VERSION,
                "processUptime": uptime,
            }
        )

    async def ping(self, _: Request) -> Response:
        return Response()

    async def run_function(self, request: Request) -> Response:
        """`POST /admin/functions/NAME` with `{"input": "..."}` runs it now: 202."""
        run = self._functions.get(request.path_params["name"].lower())
        if run is None:
            return Response(status_code=404)
        try:
            body = json.loads(await request.body() or b"{}")
        except ValueError:
            return Response("The body must be JSON.\n", status_code=400)
        given = body.get("input", "") if isinstance(body, dict) else ""
        text = given if isinstance(given, str) else json.dumps(given)
        task = asyncio.ensure_future(run(text))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return Response(status_code=202)
