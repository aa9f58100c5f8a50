"""The host itself: puts the parts together, starts them and stops them.

Stopping: no new message or timer is taken; requests and functions under way get the drain time;
then the messages of those still running go back to their queue.
"""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

import uvicorn
from starlette.routing import Route as HostRoute
from starlette.routing import Router

from local.host import HostError, blobs
from local.host.admin import Admin, Run
from local.host.app import Function, load_functions
from local.host.binding import TriggerData, datum
from local.host.http import HttpFunctions, Route, make_route
from local.host.invoke import Invoker
from local.host.logs import log
from local.host.messages import QueueBindings, QueueTrigger
from local.host.queues import QueueListener
from local.host.settings import STORAGE, HostSettings, connection_string
from local.host.storage import Queues
from local.host.timers import Timer

KEEP_ALIVE_SECONDS: Final = 120  # about as long as the real host keeps an idle connection
BACKLOG: Final = 1024  # connections waiting to be accepted


@dataclass(frozen=True, slots=True)
class Options:
    """The command line."""

    app: Path
    address: str
    port: int
    message_lease: float  # [s]
    drain: float  # [s]


class Runner(Protocol):
    """What runs beside the HTTP server: the reader of a queue, or a timer."""

    async def run(self) -> None: ...

    def stop(self) -> None: ...


class _Server(uvicorn.Server):
    """Leaves the signals to the host."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Host:
    """A loaded app, ready to run."""

    def __init__(self, settings: HostSettings, options: Options) -> None:
        """Raises HostError, or whatever the app's own code raises."""
        self._settings = settings
        self._options = options
        self._functions = load_functions(options.app)
        if any(f.trigger.type != "httpTrigger" for f in self._functions):
            connection_string(STORAGE)
        self._queues = Queues()
        self._bindings = QueueBindings(self._queues, base64=settings.queues.base64)
        self.invoker = Invoker(self._bindings.send, settings.threads, settings.function_timeout)
        self._table: list[Route] = []
        self._own_routes: list[HostRoute] = []
        self._runners: list[Runner] = []
        self._runs: dict[str, Run] = {}  # what POST /admin/functions/NAME does
        self._add_blob_triggers()
        for function in self._functions:
            self._add(function)
        admin = Admin(settings, self._runs)
        self._own_routes += [
            HostRoute("/admin/host/status", admin.status),
            HostRoute("/admin/host/ping", admin.ping, methods=["GET", "POST"]),
            HostRoute("/admin/functions/{name}", admin.run_function, methods=["POST"]),
        ]

    def _add(self, function: Function) -> None:
        kind = function.trigger.type
        if kind == "httpTrigger":
            self._table.append(make_route(function, self._settings.route_prefix))
        elif kind == "queueTrigger":
            self._add_queue_trigger(function)
        elif kind == "timerTrigger":
            timer = Timer(function, self.invoker, self._settings.host_id)
            self._runners.append(timer)
            self._runs[function.name] = partial(_run_timer, timer)

    def _add_queue_trigger(self, function: Function) -> None:
        poison = self._bindings.poison(function.trigger)
        self._runners.append(
            QueueListener(
                self._bindings.queue(function.trigger),
                None if poison is None else lambda _: poison,
                QueueTrigger(function, self.invoker).handle,
                self._settings.queues,
                self._options.message_lease,
            )
        )
        self._runs[function.name] = partial(_run_queue, self.invoker, function)

    def _add_blob_triggers(self) -> None:
        functions = [f for f in self._functions if f.trigger.type == "blobTrigger"]
        if not functions:
            return
        queue = self._queues.open(STORAGE, blobs.queue_name(self._settings.host_id))
        worker = blobs.BlobQueue(functions, self.invoker, self._queues)
        webhook = blobs.BlobWebhook(queue)
        self._own_routes.append(HostRoute(blobs.PATH, webhook.handle, methods=["POST", "OPTIONS"]))
        limits, lease = self._settings.blobs, self._options.message_lease
        self._runners.append(
            QueueListener(queue, worker.poison_queue, worker.handle, limits, lease)
        )
        for function in functions:
            self._runs[function.name] = partial(_run_blob, worker, function)

    async def run(self) -> int:
        """Serve until a signal comes; the exit code."""
        server, listening = self._server()
        stop = _on_signal()
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        tasks = [serving, *(asyncio.create_task(runner.run()) for runner in self._runners)]
        stopping = asyncio.create_task(stop.wait())
        self._announce()
        await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
        failed = [task for task in tasks if task.done()]  # none of them ends by itself
        log.info("Stopping the host.")
        stopping.cancel()
        server.should_exit = True
        for runner in self._runners:
            runner.stop()
        _, late = await asyncio.wait(tasks, timeout=self._options.drain)
        for task in late - {serving}:  # the server keeps the same time itself
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                log.error("The host failed.", exc_info=outcome)
        return 1 if failed else 0

    def _server(self) -> tuple[uvicorn.Server, socket.socket]:
        functions = HttpFunctions(self._table, self.invoker, self._settings)
        config = uvicorn.Config(
            Router(self._own_routes, redirect_slashes=False, default=functions),
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=max(1, round(self._options.drain)),
        )
        return _Server(config), _listen(self._options.address, self._options.port)

    def _announce(self) -> None:
        base = f"http://{self._options.address}:{self._options.port}"
        routes = {route.function.name: route for route in self._table}
        lines = ["", "Functions:", ""]
        for function in self._functions:
            route = routes.get(function.name)
            label = function.trigger.type if route is None else route.label(base)
            lines += [f"\t{function.name}: {label}", ""]
        print("\n".join(lines), flush=True)
        log.info("Host started (HostId=%s, %s).", self._settings.host_id, base)


def _listen(address: str, port: int) -> socket.socket:
    # The protocol is named because asyncio turns Nagle's algorithm off (40 ms per answer) only
    # for sockets that say they are TCP.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((address, port))
    except OSError as error:
        listening.close()
        raise HostError(
            f"Port {port} on {address} cannot be used ({error.strerror}); "
            "choose another with --port."
        ) from error
    listening.listen(BACKLOG)
    return listening


def _on_signal() -> asyncio.Event:
    """Set by the first SIGINT or SIGTERM; a second one ends the process at once."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def handle(number: int, _: object) -> None:
        if stop.is_set():
            os._exit(128 + number)
        loop.call_soon_threadsafe(stop.set)

    signal.signal(signal.SIGINT, handle)
    signal.signal(signal.SIGTERM, handle)
    return stop


async def _run_timer(timer: Timer, _: str) -> Any:
    return await timer.fire(past_due=False)


async def _run_blob(worker: blobs.BlobQueue, function: Function, given: str) -> Any:
    container, _, name = given.partition("/")
    return await worker.run(function, container, name)


async def _run_queue(invoker: Invoker, function: Function, given: str) -> Any:
    return await invoker.invoke(function, TriggerData(datum(given)))
