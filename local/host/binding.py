"""What a function gets and gives: trigger data to Python objects and back.

The conversion is done by the converters of `azure.functions` and of the blob extension, so that
a function sees exactly the types that the Python worker makes.
"""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import azure.functions as func
from azure.functions import _abc, meta
from azurefunctions.extensions.base import get_binding_registry as deferred_registry

from local.host.app import Binding, Function

_LOCAL: Final = threading.local()
_converters: Final[Any] = func.get_binding_registry  # untyped in the library


@dataclass(frozen=True, slots=True)
class TriggerData:
    """The value of a trigger and what the host knows about it."""

    value: meta.Datum
    metadata: Mapping[str, meta.Datum] = field(default_factory=dict)
    reason: str = "This function was programmatically called via the host APIs."
    details: str = ""  # a second log line
    trace_parent: str = ""


@dataclass(frozen=True, slots=True)
class ModelBindingData:
    """What the host sends for a binding to an SDK client (`ModelBindingData` of the protocol)."""

    content: str
    version: str = "1.0"
    source: str = "AzureStorageBlobs"
    content_type: str = "application/json"


class Out(func.Out[Any]):
    """An output parameter."""

    def __init__(self) -> None:
        self._value: Any = None

    def set(self, val: Any) -> None:
        self._value = val

    def get(self) -> Any:
        return self._value


class TraceContext(_abc.TraceContext):
    """The W3C trace context of the request that started the invocation."""

    def __init__(self, trace_parent: str) -> None:
        self._trace_parent = trace_parent

    @property
    def trace_state(self) -> str:
        return ""

    @property
    def trace_parent(self) -> str:
        return self._trace_parent

    @property
    def attributes(self) -> dict[str, str]:
        return {}

    # the names that the Python worker's own class has
    Tracestate = trace_state
    Traceparent = trace_parent
    Attributes = attributes


class RetryContext(_abc.RetryContext):
    """There are no retry policies here: always the first attempt."""

    @property
    def retry_count(self) -> int:
        return 0

    @property
    def max_retry_count(self) -> int:
        return 0

    @property
    def exception(self) -> _abc.RpcException:
        return None  # type: ignore[return-value]  # the worker gives None too


class Context(func.Context):
    """The `context` parameter."""

    def __init__(self, function: Function, invocation_id: str, trace_parent: str) -> None:
        self._function = function
        self._invocation_id = invocation_id
        self._trace = TraceContext(trace_parent)
        self._retry = RetryContext()

    @property
    def invocation_id(self) -> str:
        return self._invocation_id

    @property
    def thread_local_storage(self) -> Any:
        return _LOCAL

    @property
    def function_name(self) -> str:
        return self._function.name

    @property
    def function_directory(self) -> str:
        return str(self._function.directory)

    @property
    def trace_context(self) -> TraceContext:
        return self._trace

    @property
    def retry_context(self) -> RetryContext:
        return self._retry


def decode(binding: Binding, data: TriggerData) -> Any:
    """The argument for a trigger's parameter."""
    if is_sdk_client(binding):
        converter = deferred_registry().get(binding.type)
        return converter.decode(data.value, trigger_metadata=data.metadata, pytype=binding.pytype)
    if binding.pytype in (str, bytes):
        return _text_or_bytes(data.value.python_value, binding.pytype)
    converter = _converters().get(binding.type)
    return converter.decode(data.value, trigger_metadata=data.metadata)


def _text_or_bytes(value: str | bytes, kind: type) -> str | bytes:
    if kind is str and isinstance(value, bytes):
        return value.decode()
    return value.encode() if kind is bytes and isinstance(value, str) else value


def is_sdk_client(binding: Binding) -> bool:
    """Whether the parameter is a client of the blob extension rather than the blob's content."""
    return bool(deferred_registry().check_supported_type(binding.pytype))


def queue_messages(value: Any) -> list[str | bytes]:
    """The messages that a value given to a queue output stands for."""
    if isinstance(value, (str, bytes)):
        return [value]
    if isinstance(value, func.QueueMessage):
        return [value.get_body()]
    if isinstance(value, (list, tuple)):
        return [message for item in value for message in queue_messages(item)]
    raise TypeError(
        f"a queue output takes str, bytes, QueueMessage or a list of them, not {type(value)}"
    )


def datum(value: Any) -> meta.Datum:
    """A value as the host would send it."""
    if isinstance(value, str):
        return meta.Datum(value, "string")
    if isinstance(value, bytes):
        return meta.Datum(value, "bytes")
    if isinstance(value, bool) or not isinstance(value, int):
        return meta.Datum(json.dumps(value), "json")
    return meta.Datum(value, "int")
