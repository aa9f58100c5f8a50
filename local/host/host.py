"""The host itself: puts the parts together, starts them and stops them.

Stopping: no new message or timer is taken, requests and functions under way get the drain time,
then the messages of those still running go back to their queue.
"""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn

from local.host import HostError, blobs
from local.host.admin import FUNCTIONS, PING, STATUS, Admin, Run
from local.host.app import Function, load_functions
from local.host.binding import TriggerData, datum
from local.host.http import Handler, HttpHost, Route, make_route
from local.host.invoke import Invoker
from local.host.logs import log
from local.host.messages import QueueSender, QueueTrigger, poison_name
from local.host.queues import QueueListener
from local.host.settings import STORAGE, HostSettings, connection_string
from local.host.storage import Queue
from local.host.timers import Timer

KEEP_ALIVE_SECONDS = 120  # as long as the real host's server keeps an idle connection


@dataclass(frozen=True, slots=True)
class Options:
    """The command line."""

    app: Path
    address: str
    port: int
    message_lease: float  # [s]
    drain: float  # [s]


@dataclass(slots=True)
class _Parts:
    """What the functions of an app need running."""

    routes: list[Route] = field(default_factory=list)
    listeners: list[QueueListener] = field(default_factory=list)
    timers: list[Timer] = field(default_factory=list)
    handlers: dict[str, Handler] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)


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
        self._sender = QueueSender(base64=settings.queues.base64)
        self.invoker = Invoker(self._sender, settings.threads, settings.function_timeout)
        self._parts = self._build()

    def _build(self) -> _Parts:
        parts = _Parts()
        blob_functions = [f for f in self._functions if f.trigger.type == "blobTrigger"]
        if blob_functions:
            self._add_blobs(parts, blob_functions)
        for function in self._functions:
            kind = function.trigger.type
            if kind == "httpTrigger":
                parts.routes.append(make_route(function, self._settings.route_prefix))
            elif kind == "queueTrigger":
                self._add_queue(parts, function)
            elif kind == "timerTrigger":
                timer = Timer(function, self.invoker, self._settings.host_id)
                parts.timers.append(timer)
                parts.runs[function.name] = lambda _, timer=timer: timer.fire(past_due=False)  # type: ignore[misc]
        admin = Admin(self._settings, parts.runs)
        parts.handlers |= {STATUS: admin.status, PING: admin.ping, FUNCTIONS: admin.run_function}
        return parts

    def _add_blobs(self, parts: _Parts, functions: list[Function]) -> None:
        queue = Queue(STORAGE, blobs.queue_name(self._settings.host_id))
        worker = blobs.BlobQueue(functions, self.invoker)
        listener = QueueListener(
            queue,
            worker.poison_queue,
            worker.handle,
            self._settings.blobs,
            self._options.message_lease,
        )
        parts.listeners.append(listener)
        parts.handlers[blobs.PATH] = blobs.BlobWebhook(queue, listener.wake)
        for function in functions:
            parts.runs[function.name] = partial(_run_blob, worker, function)

    def _add_queue(self, parts: _Parts, function: Function) -> None:
        queue = self._sender.queue(function.trigger)
        poison = poison_name(queue.name)
        poison_queue = self._sender.sibling(function.trigger, poison) if poison else None
        listener = QueueListener(
            queue,
            (lambda _: poison_queue) if poison_queue else None,
            QueueTrigger(function, self.invoker).handle,
            self._settings.queues,
            self._options.message_lease,
        )
        self._sender.watch(queue.name, listener.wake)
        parts.listeners.append(listener)
        parts.runs[function.name] = partial(_run_queue, self.invoker, function)

    async def run(self) -> int:
        """Serve until a signal comes; the exit code."""
        options = self._options
        server, listening = self._server()
        stop = _on_signal()
        tasks = [asyncio.create_task(item.run()) for item in self._parts.listeners]
        tasks += [asyncio.create_task(timer.run()) for timer in self._parts.timers]
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        self._announce()
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([stopping, serving, *tasks], return_when=asyncio.FIRST_COMPLETED)
        failed = [task for task in (serving, *tasks) if task.done()]
        log.info("Stopping the host.")
        for task in (*tasks, stopping):
            task.cancel()
        server.should_exit = True
        left = await asyncio.gather(
            *(listener.drain(options.drain) for listener in self._parts.listeners)
        )
        if sum(left):
            log.warning("%d functions did not end in time; their messages go back.", sum(left))
        for outcome in await asyncio.gather(serving, *tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                log.error("The host failed.", exc_info=outcome)
        return 1 if failed else 0

    def _server(self) -> tuple[uvicorn.Server, socket.socket]:
        application = HttpHost(
            self._parts.routes, self.invoker, self._settings, self._parts.handlers
        )
        config = uvicorn.Config(
            application,
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=max(1, round(self._options.drain)),
        )
        address = (self._options.address, self._options.port)
        try:
            listening = socket.create_server(address, backlog=1024)
        except OSError as error:
            raise HostError(
                f"Port {address[1]} on {address[0]} cannot be used ({error.strerror}); "
                "choose another with --port."
            ) from error
        return _Server(config), listening

    def _announce(self) -> None:
        base = f"http://{self._options.address}:{self._options.port}"
        lines = ["", "Functions:", ""]
        labels = {
            route.function.name: f"[{','.join(sorted(route.methods)) or 'ALL'}] "
            f"{base}/{route.template.text.lstrip('/')}"
            for route in self._parts.routes
        }
        for function in self._functions:
            lines += [f"\t{function.name}: {labels.get(function.name, function.trigger.type)}", ""]
        print("\n".join(lines), flush=True)
        log.info("Host started (HostId=%s, %s).", self._settings.host_id, base)


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


async def _run_blob(worker: blobs.BlobQueue, function: Function, given: str) -> Any:
    container, _, name = given.partition("/")
    return await worker.run(function, container, name)


async def _run_queue(invoker: Invoker, function: Function, given: str) -> Any:
    return await invoker.invoke(function, TriggerData(datum(given)))
