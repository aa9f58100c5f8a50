"""Call a function and log it as the real host does.

Synchronous functions run on a pool of threads, asynchronous ones on the event loop. An exception
of the function ends here: it is logged with its traceback, and the invocation has failed. A
function that runs longer than `functionTimeout` has failed too; its thread cannot be stopped and
runs to its end (the real host ends the worker process).
"""

import asyncio
import contextvars
import secrets
import time
import uuid
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Any, Final

from local.host.app import Binding, Function
from local.host.binding import Context, Out, TriggerData, decode, queue_messages
from local.host.logs import current_function, log
from local.host.settings import format_timespan

Send = Callable[[Binding, list[str | bytes]], Awaitable[None]]
"""Writes the messages of a queue output."""


@dataclass(frozen=True, slots=True)
class Result:
    """How an invocation ended, and what the function returned."""

    succeeded: bool
    value: Any = None


FAILED: Final = Result(succeeded=False)


class Invoker:
    """Runs functions; one for the whole host."""

    def __init__(self, send: Send, threads: int | None, timeout: timedelta | None) -> None:
        self._send = send
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="function")
        self._timeout = timeout
        self._work: set[asyncio.Future[tuple[Any, dict[str, Any]]]] = set()

    @property
    def busy(self) -> int:
        """Calls under way, those given up at their time limit included."""
        return len(self._work)

    async def invoke(self, function: Function, data: TriggerData) -> Result:
        """Call `function`. An exception of the function is a failed result, never raised."""
        invocation_id = str(uuid.uuid4())
        category = {"category": f"Function.{function.name}"}
        start = "Executing '%s' (Reason='%s', Id=%s)"
        log.info(start, function.full_name, data.reason, invocation_id, extra=category)
        if data.details:
            log.info("Trigger Details: %s", data.details, extra=category)
        started = time.monotonic()
        result, error = FAILED, None
        try:
            value, outputs = await self._run(function, data, invocation_id)
            await self._write(function, value, outputs)
            result = Result(succeeded=True, value=value)
        except Exception as exception:  # the boundary of the app's code
            error = exception.with_traceback(_own_frames(exception.__traceback__))
        end = "Executed '%s' (%s, Id=%s, Duration=%dms)"
        outcome = "Succeeded" if result.succeeded else "Failed"
        duration = round((time.monotonic() - started) * 1000)
        write = log.info if error is None else log.error
        write(
            end, function.full_name, outcome, invocation_id, duration,
            extra=category, exc_info=error,
        )  # fmt: skip
        return result

    async def _run(
        self, function: Function, data: TriggerData, invocation_id: str
    ) -> tuple[Any, dict[str, Any]]:
        trace_parent = data.trace_parent or f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"
        context = Context(function, invocation_id, trace_parent)
        scope = contextvars.copy_context()
        scope.run(current_function.set, function.name)
        loop = asyncio.get_running_loop()
        work: asyncio.Future[tuple[Any, dict[str, Any]]]
        if function.is_async:
            work = loop.create_task(_call_async(function, data, context), context=scope)
        else:
            work = loop.run_in_executor(self._pool, scope.run, _call, function, data, context)
        self._work.add(work)
        work.add_done_callback(self._work.discard)
        timeout = self._timeout.total_seconds() if self._timeout else None
        try:
            return await asyncio.wait_for(
                work if function.is_async else asyncio.shield(work), timeout
            )
        except TimeoutError:
            if work.done() and not work.cancelled():
                raise  # the function's own
            limit = format_timespan(self._timeout or timedelta(0))
            raise TimeoutError(
                f"Timeout value of {limit} exceeded by function '{function.full_name}' "
                f"(Id: '{invocation_id}')."
            ) from None

    async def _write(self, function: Function, value: Any, outputs: dict[str, Any]) -> None:
        if value is not None and function.returns is None:
            raise RuntimeError(
                f"function {function.name!r} without a $return binding returned a non-None value"
            )
        for binding in function.outputs:
            given = value if binding.name == "$return" else outputs.get(binding.name)
            if binding.type == "queue" and given is not None:
                await self._send(binding, queue_messages(given))


def _own_frames(trace: TracebackType | None) -> TracebackType | None:
    """The traceback from the app's code on; the whole of it where it failed in the host's."""
    inner = trace
    while inner is not None and inner.tb_frame.f_code.co_name not in ("_call", "_call_async"):
        inner = inner.tb_next
    return inner.tb_next if inner is not None and inner.tb_next is not None else trace


def _arguments(
    function: Function, data: TriggerData, context: Context
) -> tuple[dict[str, Any], dict[str, Out]]:
    outs = {b.name: Out() for b in function.outputs if b.name != "$return"}
    arguments: dict[str, Any] = {function.trigger.name: decode(function.trigger, data), **outs}
    if function.wants_context:
        arguments["context"] = context
    return arguments, outs


def _call(function: Function, data: TriggerData, context: Context) -> tuple[Any, dict[str, Any]]:
    context.thread_local_storage.invocation_id = context.invocation_id
    arguments, outs = _arguments(function, data, context)
    return function.call(**arguments), {name: out.get() for name, out in outs.items()}


async def _call_async(
    function: Function, data: TriggerData, context: Context
) -> tuple[Any, dict[str, Any]]:
    arguments, outs = _arguments(function, data, context)
    return await function.call(**arguments), {name: out.get() for name, out in outs.items()}
