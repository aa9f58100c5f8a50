"""The boundary to HTTP: `respond` turns errors into responses, the rest reads and writes bodies.

A handler is a function of the request and the app's parts that returns a response or raises
Problem. `shared.api.triggers` makes functions of the host from the API's handlers; the pages call
`respond` through `shared.pages.responses`, which shows a person the problem as a page.
"""

import json
import logging
import uuid
from collections.abc import Callable
from typing import Any, Final, TypeVar
from urllib.parse import unquote_to_bytes, urlsplit

import azure.functions as func
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from shared.api import access
from shared.api.field_words import wrong
from shared.app import App, app
from shared.platform.blob_names import composed
from shared.platform.disk import is_full
from shared.platform.errors import Code, FieldError, Problem
from shared.platform.outages import as_problem, is_outage, undisturbed
from shared.platform.settings import SettingsError

MAX_SMALL_BYTES: Final = 1024 * 1024  # a body that is no media; the largest set has a tenth of it
MAX_FIELD_ERRORS: Final = 50  # named in one answer; nobody reads more
PROBLEM_TYPE: Final = "application/problem+json"

Model = TypeVar("Model", bound=BaseModel)
Handler = Callable[[func.HttpRequest, App], func.HttpResponse]

_logger = logging.getLogger("avatar.http")


def respond(
    req: func.HttpRequest, handler: Handler, *, for_everybody: bool = False
) -> func.HttpResponse:
    """The handler's response, or the problem that it ended in. Never raises."""
    try:
        parts = app()
        access.refuse_foreign(req)
        if not for_everybody:
            access.check(req, parts.settings)
        _refuse_empty_id(req)
        return undisturbed(lambda: handler(req, parts))
    except Problem as problem:
        return problem_response(problem)
    except SettingsError as error:
        _logger.error("%s", error)
        return problem_response(
            Problem(
                Code.SERVICE_UNAVAILABLE, "The service is not set up; its log says what is wrong."
            )
        )
    except Exception as error:
        if is_outage(error) or is_full(error):
            _logger.warning("%s %s: %s", req.method, _path(req), type(error).__name__)
            return problem_response(as_problem(error))
        _logger.exception("%s %s failed", req.method, _path(req))
        return problem_response(
            Problem(Code.INTERNAL, "The request met an error that was not foreseen. It was logged.")
        )


def problem_response(problem: Problem) -> func.HttpResponse:
    """The one error body of the API (RFC 9457)."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
    }
    if problem.errors:
        body["errors"] = [{"field": e.field, "detail": e.detail} for e in problem.errors]
    return func.HttpResponse(
        json.dumps(body, ensure_ascii=False),
        status_code=problem.status,
        headers={"Cache-Control": "no-store", **problem.headers},
        mimetype=PROBLEM_TYPE,
    )


def json_response(
    body: BaseModel, status: int = 200, headers: dict[str, str] | None = None
) -> func.HttpResponse:
    return func.HttpResponse(
        body.model_dump_json(by_alias=True),
        status_code=status,
        headers={"Cache-Control": "no-store", **(headers or {})},
        mimetype="application/json",
    )


def no_content() -> func.HttpResponse:
    return func.HttpResponse(status_code=204)


def parse(model: type[Model], values: Any) -> Model:
    """`values` as a model. Raises Problem naming every field that is not as it must be."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise _as_problem(error) from None


def parse_query(model: type[Model], req: func.HttpRequest) -> Model:
    """The request's query as a model; without `code`, which is the function's key in Azure.

    Of a field that is given more than once the host hands over one: `forms.query_fields` has all.
    """
    refuse_other_text(urlsplit(req.url).query, *req.params.keys(), *req.params.values())
    given = {name: composed(value) for name, value in req.params.items() if name != "code"}
    return parse(model, given)


def refuse_other_text(query: str, *texts: str) -> None:
    """Raises Problem for bytes that are not UTF-8, which decoders put U+FFFD in the place of.

    Merged into that, two different names would be one.
    """
    try:
        unquote_to_bytes(query).decode()
    except UnicodeDecodeError:
        broken = True
    else:
        broken = any("\ufffd" in text for text in texts)
    if broken:
        raise Problem(Code.BAD_REQUEST, "The request's text is not UTF-8. Send it as UTF-8.")


def refuse_encoded(req: func.HttpRequest) -> None:
    """Raises Problem for a body that says it is compressed: nothing here unpacks it."""
    said = req.headers.get("Content-Encoding", "").strip().lower()
    if said not in ("", "identity"):
        raise Problem(
            Code.UNSUPPORTED_MEDIA,
            "The body has a Content-Encoding. Send it as it is, without.",
            headers={"Accept-Encoding": "identity"},
        )


def small_body(req: func.HttpRequest) -> bytes:
    """The body of a request that brings no media."""
    refuse_encoded(req)
    body = req.get_body()
    if len(body) > MAX_SMALL_BYTES:
        raise Problem(Code.FILE_TOO_LARGE, f"The body may have at most {MAX_SMALL_BYTES} bytes.")
    return body


def json_value(req: func.HttpRequest) -> Any:
    """The request's JSON body as it is. With `parse_json` the only door for JSON.

    Its size is looked at before it is parsed, and the parser refuses what is nested deeper than
    200 levels and numbers of more than 4,300 digits. `req.get_json` does neither.
    """
    try:
        return from_json(small_body(req))
    except ValueError:
        raise Problem(Code.BAD_REQUEST, "The body is not valid JSON.") from None


def parse_json(model: type[Model], req: func.HttpRequest) -> Model:
    """The request's JSON body as a model: a number is a number there, no text that holds one."""
    try:
        return model.model_validate_json(small_body(req), strict=True)
    except ValidationError as error:
        raise _as_problem(error) from None


def _as_problem(error: ValidationError) -> Problem:
    found = error.errors(include_url=False, include_input=False)
    if any(item["type"] == "json_invalid" for item in found):
        return Problem(Code.BAD_REQUEST, "The body is not valid JSON.")
    places = {item["loc"] for item in found}
    errors = tuple(
        FieldError(
            ".".join(str(part) for part in item["loc"])[:200] or "body",
            wrong(item),
        )
        for item in found[:MAX_FIELD_ERRORS]
        # a list is "too short" as well where one of its items is refused
        if item["type"] != "too_short" or not any(_inside(place, item["loc"]) for place in places)
    )
    unknown = all(item["type"] == "extra_forbidden" for item in found)
    code = Code.UNKNOWN_FIELD if unknown else Code.INVALID_FIELD
    words = "; ".join(f"{item.field}: {item.detail}" for item in errors[:5])
    return Problem(code, words, errors=errors)


def _inside(place: tuple[int | str, ...], other: tuple[int | str, ...]) -> bool:
    return len(place) > len(other) and place[: len(other)] == other


def uuid_of(req: func.HttpRequest, name: str = "id") -> uuid.UUID:
    """The job's id in the route; there is no job of an id that is not a UUID."""
    text = req.route_params.get(name, "")
    try:
        found = uuid.UUID(text)
    except ValueError:
        found = None
    if found is None or str(found) != text.lower():
        raise Problem(Code.JOB_NOT_FOUND, "There is no job with this id.")
    return found


def _refuse_empty_id(req: func.HttpRequest) -> None:
    """`/api/jobs/` is the address of a job without its id, and not that of the list.

    The host's router takes no notice of a slash at the end, and would answer with all jobs.
    """
    path = urlsplit(req.url).path
    if path.startswith("/api/") and path.endswith("/"):
        raise Problem(Code.NOT_FOUND, "The address ends with a slash: is an id missing behind it?")


def _path(req: func.HttpRequest) -> str:
    return str(req.url).split("?", 1)[0]
