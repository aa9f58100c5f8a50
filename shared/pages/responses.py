"""The boundary between pages and HTTP: access, ETags, security headers, and problems as pages.

A problem is first made the API's body, by the API's own function; a person's browser gets the same
words in a page. A script that asks for JSON gets the body as it is.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

import azure.functions as func
from pydantic import BaseModel
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from shared.api import http
from shared.api.http import PROBLEM_TYPE, Handler
from shared.app import App
from shared.pages import guard, templates

HTML_TYPE: Final = "text/html"
HTML: Final = f"{HTML_TYPE}; charset=utf-8"
UNCACHED: Final = "no-store"
REVALIDATED: Final = "private, no-cache"

SECURITY: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def respond(req: func.HttpRequest, handler: Handler) -> func.HttpResponse:
    """The handler's page, or one that says what was wrong. Never raises."""

    storage: str | None = None

    def guarded(req: func.HttpRequest, app: App) -> func.HttpResponse:
        nonlocal storage
        storage = app.storage.origin
        guard.check()
        return handler(req, app)

    response = http.respond(req, guarded)
    if response.mimetype == PROBLEM_TYPE and wants_page(req):
        response = _problem_page(response)
    for name, value in SECURITY.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", content_policy(storage))
    return response


def page(
    template: str, values: Mapping[str, Any], status: int = 200, cache: str = UNCACHED
) -> func.HttpResponse:
    return func.HttpResponse(
        templates.render(template, values),
        status_code=status,
        headers={"Cache-Control": cache, "Content-Type": HTML},
    )


def unchanged_or(req: func.HttpRequest, body: BaseModel) -> func.HttpResponse:
    """JSON with an ETag; only 304 where the asker has it already."""
    content = body.model_dump_json().encode()
    etag = f'"{hashlib.sha256(content).hexdigest()[:20]}"'
    headers = {"ETag": etag, "Cache-Control": REVALIDATED}
    if req.headers.get("If-None-Match") == etag:
        return func.HttpResponse(status_code=304, headers=headers)
    return func.HttpResponse(content, headers=headers, mimetype="application/json")


def see_other(address: str) -> func.HttpResponse:
    """After a form: the browser goes on to a page, so that reloading sends nothing twice."""
    return func.HttpResponse(
        status_code=303, headers={"Location": address, "Cache-Control": UNCACHED}
    )


def wants_page(req: func.HttpRequest) -> bool:
    """Whether the asker likes a page more than the API's body, as browsers do."""
    liked = parse_accept_header(req.headers.get("Accept", ""), MIMEAccept)
    return liked.best_match((PROBLEM_TYPE, "application/json", HTML_TYPE)) == HTML_TYPE


def content_policy(storage: str | None) -> str:
    """Scripts and styles are our own files; large media go straight to storage and come from it."""
    ours = "'self'" if storage is None else f"'self' {storage}"
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src {ours}; "
        f"media-src {ours}; connect-src {ours}; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )


def _problem_page(response: func.HttpResponse) -> func.HttpResponse:
    problem = json.loads(response.get_body())
    rendered = page("problem.html", {"problem": problem}, response.status_code)
    for name, value in response.headers.items():
        rendered.headers.setdefault(name, value)
    return rendered
