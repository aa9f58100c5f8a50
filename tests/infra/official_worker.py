"""A program: Microsoft's worker library for Python 3.13, told to load an app and to call functions.

    python3.13 -S official_worker.py PLAN ANSWER

PLAN and ANSWER are JSON files. The library has the host protocol's messages handed in, and no
package carries them: here are stand-ins for the few that it reads and makes. In one process nothing
needs to be written to a wire, so they are plain objects.

The path is the real worker's: the app's packages, where it looks for them, before the library's;
then the app. Where it does not look (`app_packages` false: outside App Service), PYTHONPATH alone
says where they are.
"""

import asyncio
import importlib
import json
import os
import sys
import types
from pathlib import Path
from typing import Any


class Message:
    """A message of the protocol: its fields, None where they are not set."""

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)

    def __getattr__(self, name: str) -> Any:
        if name[:1].isupper():  # a type of the protocol, which is no field
            raise AttributeError(name)
        return None


class OneOf(Message):
    """A message of which one field is set."""

    def WhichOneof(self, _: str) -> str:  # noqa: N802  # protobuf's name
        return next(iter(self.__dict__))


class StatusResult(Message):
    Failure, Success = 0, 1


class BindingInfo(Message):
    undefined = 0
    out, inout = 1, 2


NAMES = (
    *("WorkerInitResponse", "FunctionMetadataResponse", "FunctionLoadResponse", "WorkerMetadata"),
    *("InvocationResponse", "RpcFunctionMetadata", "RpcException", "RpcHttp", "ParameterBinding"),
)
PROTOS = types.SimpleNamespace(
    **dict.fromkeys(NAMES, Message),
    TypedData=OneOf,
    StatusResult=StatusResult,
    BindingInfo=BindingInfo,
)


def request(kind: str, body: Message) -> Message:
    return Message(
        request=Message(**{kind: body}), properties={"host": "127.0.0.1", "protos": PROTOS}
    )


def typed(value: dict[str, Any]) -> OneOf:
    """`{"string": ...}`, `{"json": ...}`, `{"http": {...}}` or `{"model_binding_data": {...}}`."""
    ((kind, content),) = value.items()
    if kind == "http":
        body = Path(content["body"]).read_bytes() if content.get("body") else b""
        fields = {name: content.get(name, {}) for name in ("headers", "params", "query")}
        return OneOf(
            http=Message(
                method=content["method"], url=content["url"], body=OneOf(bytes=body), **fields
            )
        )
    if kind == "model_binding_data":
        return OneOf(model_binding_data=Message(**content))
    return OneOf(**{kind: content})


def told(result: Any) -> str:
    """Empty where it went well."""
    if result.status == StatusResult.Success:
        return ""
    return f"{result.exception.message}\n{result.exception.stack_trace}"


async def invoke(library: Any, function_id: str, call: dict[str, Any]) -> dict[str, Any]:
    context = Message(attributes={})
    body = Message(
        invocation_id="1",
        function_id=function_id,
        trace_context=context,
        retry_context=context,
        trigger_metadata={name: typed(each) for name, each in call.get("metadata", {}).items()},
        input_data=[OneOf(data=typed(call["data"]))],
    )
    body.input_data[0].name = call["parameter"]
    answer = await library.invocation_request(request("invocation_request", body))
    found: dict[str, Any] = {"failure": told(answer.result)}
    if answer.return_value is not None:
        http = answer.return_value.http
        content = http.body.bytes or b""
        found |= {
            "status": int(http.status_code),
            "headers": http.headers,
            "body": content.decode(),
        }
    return found


async def carry_out(plan: dict[str, Any]) -> dict[str, Any]:
    library = importlib.import_module("azure_functions_runtime")
    started = await library.worker_init_request(
        request(
            "worker_init_request",
            Message(function_app_directory=plan["app"], capabilities={}, host_version="4"),
        )
    )
    answer: dict[str, Any] = {
        "failure": told(started.result),
        "capabilities": started.capabilities,
        "path": sys.path,
    }
    if answer["failure"]:
        return answer
    library.start_threadpool_executor()
    listed = await library.functions_metadata_request(request("metadata", Message()))
    functions = {each.name: each for each in listed.function_metadata_results}
    answer["functions"] = {
        name: sorted((json.loads(raw) for raw in each.raw_bindings), key=lambda it: str(it["name"]))
        for name, each in functions.items()
    }
    answer["calls"] = [
        await invoke(library, functions[call["function"]].function_id, call)
        for call in plan["calls"]
    ]
    answer["origins"] = {
        name: str(getattr(sys.modules.get(name), "__file__", "")) for name in plan["modules"]
    }
    return answer


def main() -> None:
    plan = json.loads(Path(sys.argv[1]).read_text())
    packages = Path(plan["app"]) / ".python_packages" / "lib" / "site-packages"
    sys.path[0:1] = [str(packages)] if plan["app_packages"] else []
    sys.path += [plan["library"], plan["app"]]
    os.chdir(plan["app"])
    answer = asyncio.run(carry_out(plan))
    Path(sys.argv[2]).write_text(json.dumps(answer))
    sys.stdout.flush()
    os._exit(0)  # exporters of telemetry would go on trying to reach Azure


if __name__ == "__main__":
    main()
