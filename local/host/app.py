"""Load function_app.py and describe its functions, as the Python worker does.

The module is imported once, as `function_app`, with the app's folder first on `sys.path`. What
this host cannot serve is refused at the start with a sentence, never ignored.
"""

import importlib
import inspect
import os
import sys
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import azure.functions as func

from local.host import HostError
from local.host.settings import resolve

MODULE: Final = "function_app"
TRIGGERS: Final = ("httpTrigger", "blobTrigger", "queueTrigger", "timerTrigger")
OUTPUTS: Final = ("http", "queue")
EXPRESSIONS: Final = ("path", "queueName", "schedule", "route")  # fields that may hold %NAME%


@dataclass(frozen=True, slots=True)
class Binding:
    """One binding: the fields of function.json, `%NAME%` resolved."""

    name: str  # of the parameter, or "$return"
    type: str
    fields: Mapping[str, Any]
    pytype: Any = None  # the parameter's annotation; None where it has none


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the app, ready to be called."""

    name: str
    call: Callable[..., Any]
    trigger: Binding
    outputs: tuple[Binding, ...] = ()
    wants_context: bool = False
    is_async: bool = False
    directory: Path = field(default_factory=Path)

    @property
    def full_name(self) -> str:
        """As in the log lines."""
        return f"Functions.{self.name}"

    @property
    def returns(self) -> Binding | None:
        return next((b for b in self.outputs if b.name == "$return"), None)


def load_functions(app_dir: Path) -> list[Function]:
    """Import the app and describe its functions in the order of their names.

    An error of the app's own code is raised as it is.
    """
    if not (app_dir / f"{MODULE}.py").is_file():
        raise HostError(f"There is no {MODULE}.py in {app_dir}; name the app's folder with --app.")
    sys.path.insert(0, str(app_dir))
    module = importlib.import_module(MODULE)
    found = (value for value in vars(module).values() if isinstance(value, func.FunctionApp))
    apps = list({id(app): app for app in found}.values())  # one may have several names
    if len(apps) != 1:
        raise HostError(f"{MODULE}.py must hold one FunctionApp; it holds {len(apps)}.")
    functions = [_describe(function, app_dir) for function in apps[0].get_functions()]
    enabled = [f for f in functions if not _is_disabled(f.name)]
    return sorted(enabled, key=lambda function: function.name.lower())


def _is_disabled(name: str) -> bool:
    return os.environ.get(f"AzureWebJobs.{name}.Disabled", "").lower() in ("true", "1")


def _describe(function: Any, app_dir: Path) -> Function:
    name: str = function.get_function_name()
    call = function.get_user_function()
    hints = typing.get_type_hints(call)
    bindings = [_binding(name, raw, hints) for raw in function.get_bindings_dict()["bindings"]]
    trigger = next(b for b in bindings if b.type == function.get_trigger().type)
    parameters = set(inspect.signature(call).parameters)
    bound = {b.name for b in bindings} - {"$return"}
    wants_context = "context" in parameters - bound
    if parameters - {"context"} != bound - {"context"}:
        raise HostError(
            f"Function '{name}' takes {sorted(parameters)} but its decorators bind {sorted(bound)}."
        )
    if function.get_setting("retry_policy") is not None:
        raise HostError(f"Function '{name}' has a retry policy, which the local host cannot apply.")
    return Function(
        name=name,
        call=call,
        trigger=trigger,
        outputs=tuple(b for b in bindings if b is not trigger),
        wants_context=wants_context,
        is_async=inspect.iscoroutinefunction(call),
        directory=app_dir,
    )


def _binding(function: str, raw: dict[str, Any], hints: Mapping[str, Any]) -> Binding:
    kind, name = str(raw["type"]), str(raw["name"])
    is_trigger = kind.endswith("Trigger")
    if kind not in (TRIGGERS if is_trigger else OUTPUTS) or (
        not is_trigger and raw["direction"].value == 0
    ):
        raise HostError(
            f"Function '{function}' has a binding of type '{kind}' ({name}), which the local host "
            "does not know; run the app with Azure Functions Core Tools."
        )
    if kind == "blobTrigger" and raw.get("source") != "EventGrid":
        raise HostError(
            f"The blob trigger of '{function}' polls its container; the local host serves only "
            "source=EventGrid."
        )
    fields = {
        key: resolve(value) if key in EXPRESSIONS and isinstance(value, str) else value
        for key, value in raw.items()
    }
    return Binding(name=name, type=kind, fields=fields, pytype=hints.get(name))
