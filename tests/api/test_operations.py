"""The table of operations: what is registered, described and documented is the same."""

import inspect
import re
from collections.abc import Iterator

import azure.functions as func
import pytest

from local.paths import ROOT
from shared.api.openapi import document
from shared.api.operations import OPERATIONS
from shared.platform.errors import STATUS, Code
from tests.routes import http_routes, registered

API = (ROOT / "docs" / "api.md").read_text()


def described() -> set[tuple[str, str]]:
    paths = document(OPERATIONS)["paths"]
    return {(method, path) for path, found in paths.items() for method in found}


def test_every_route_is_described() -> None:
    routes = {(route.method.lower(), f"/{route.path.lstrip('/')}") for route in http_routes()}
    without_forms = {(method, path.removesuffix(".{form}")) for method, path in described()}
    assert without_forms == {(method, path) for method, path in routes if path.startswith("/api/")}


def test_every_route_and_code_is_documented() -> None:
    listed = set()
    for methods, path in re.findall(r"^### `([A-Z ]+) (/api/\S+)`", API, re.MULTILINE):
        listed |= {(method.lower(), path) for method in methods.split()}
    assert listed == described()
    codes = re.findall(r"^\| `(\w+)` \| (\d{3}) \|", API, re.MULTILINE)
    assert {code: int(status) for code, status in codes} == {
        code.value: STATUS[code][0] for code in Code
    }


def test_what_needs_no_handler_is_taken_by_another_route() -> None:
    assert [item.id for item in OPERATIONS if item.handler is None] == ["get_report_as"]


def test_only_health_is_for_everybody() -> None:
    assert {item.id for item in OPERATIONS if item.for_everybody} == {"health", "live"}


def test_the_probe_answers_while_every_thread_has_a_job() -> None:
    """It is the one function that the worker runs in its event loop."""
    waited = [
        function.get_function_name()
        for function in registered()
        if inspect.iscoroutinefunction(function.get_user_function())
    ]
    assert waited == ["live"]


def links() -> Iterator[tuple[str, str]]:
    """Operations that links lead to, and the parameter that they give it."""
    for operation in OPERATIONS:
        for answer in operation.answers.values():
            if answer.link is not None:
                for following in answer.link.operations:
                    yield following, answer.link.parameter


@pytest.mark.parametrize(("following", "parameter"), sorted(set(links())))
def test_links_lead_to_operations(following: str, parameter: str) -> None:
    (operation,) = (item for item in OPERATIONS if item.id == following)
    assert f"{{{parameter}}}" in operation.path


def test_the_host_binds_by_name_and_type() -> None:
    for route in http_routes():
        assert route.function.__annotations__["req"] is func.HttpRequest
