"""Requests to the handlers of pages, as the host makes them."""

import json
from collections.abc import Mapping
from urllib.parse import urlencode

import azure.functions as func

BASE = "http://pages.test:7071"


def get(
    path: str = "/",
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    **route: str,
) -> func.HttpRequest:
    fields = dict(query or {})
    return func.HttpRequest(
        method="GET",
        url=f"{BASE}{path}{'?' if fields else ''}{urlencode(fields)}",
        headers={"Accept": "text/html", **(headers or {})},
        params=fields,
        route_params=route,
        body=b"",
    )


def post(
    path: str,
    body: object = None,
    headers: Mapping[str, str] | None = None,
    **route: str,
) -> func.HttpRequest:
    return func.HttpRequest(
        method="POST",
        url=f"{BASE}{path}",
        headers={"Host": BASE.removeprefix("http://"), **(headers or {})},
        params={},
        route_params=route,
        body=b"" if body is None else json.dumps(body).encode(),
    )
