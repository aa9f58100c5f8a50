"""The handlers of `/api/parameter-sets` and `/api/measures`.

Who changes a set says which state of it he has seen (`If-Match`), so that two editors do not
overwrite each other: without it a PUT of a set that is there is refused.
"""

from collections.abc import Sequence
from typing import Annotated, Final, Literal, NoReturn
from urllib.parse import quote

import azure.functions as func
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from sqlalchemy.orm import Session
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header, parse_etags, parse_options_header

from shared.analysis import interchange
from shared.analysis.parameter_sets import ParameterSet, name_key
from shared.api.http import (
    json_response,
    json_value,
    no_content,
    parse,
    parse_json,
    parse_query,
    small_body,
)
from shared.api.operation import (
    BODY,
    JSON,
    LOCATION,
    QUERY,
    TEXT,
    Answer,
    Header,
    Link,
    Operation,
    json_answer,
)
from shared.api.paging import Page, PageQuery, Text, part, position
from shared.api.parameter_set_bodies import (
    LearnBody,
    Measures,
    SetBody,
    SetFilter,
    SetSummary,
    SetView,
    basis,
    measures,
    set_summary,
    set_view,
)
from shared.app import App
from shared.platform import api_addresses
from shared.platform.errors import Code, FieldError, Problem
from shared.platform.storage import Storage
from shared.reports import learning, parameter_sets, set_listing
from shared.reports.parameter_sets import StoredSet
from shared.reports.set_listing import ListedSet

CSV: Final = "text/csv"
MAX_VERSION: Final = 2**31 - 1  # as the column can hold it

_NAME: Final = TypeAdapter(tuple[Text])
_VERSION: Final = TypeAdapter(tuple[Annotated[int, Field(ge=1, le=MAX_VERSION)]])


class SetQuery(BaseModel):
    """The query of `GET /api/parameter-sets/{name}`."""

    model_config = ConfigDict(extra="forbid")

    version: Annotated[int, Field(ge=1, le=MAX_VERSION)] | None = Field(
        default=None, description="Without: the present one."
    )
    format: Literal["json", "csv"] | None = Field(
        default=None, description="The set as a file, to be imported again."
    )


def list_measures(_: func.HttpRequest, __: App) -> func.HttpResponse:
    return json_response(measures())


def list_sets(req: func.HttpRequest, app: App) -> func.HttpResponse:
    """In the order of their names."""
    items, following = find(app, parse_query(SetFilter, req), "/api/parameter-sets")
    return json_response(
        Page[SetSummary](items=[set_summary(item) for item in items], next=following)
    )


def find(app: App, wanted: SetFilter, path: str) -> tuple[Sequence[ListedSet], str | None]:
    """A part of the list, and the address of the next, which is `path` with its query."""
    after = position(wanted, _NAME)
    with app.database.begin() as session:
        found = set_listing.present(
            session,
            wanted.limit + 1,
            archived=wanted.archived,
            engine=wanted.engine,
            after=after[0] if after else None,
        )
    return part(found, wanted, path, lambda item: (item.key,))


def list_versions(req: func.HttpRequest, app: App) -> func.HttpResponse:
    """Newest first."""
    name, wanted = set_name(req), parse_query(PageQuery, req)
    before = position(wanted, _VERSION)
    with app.database.begin() as session:
        found = set_listing.versions(
            session, name, wanted.limit + 1, before=before[0] if before else None
        )
    path = f"{api_addresses.parameter_set(name)}/versions"
    items, following = part(found or _unknown(), wanted, path, lambda item: (item.version,))
    return json_response(
        Page[SetSummary](items=[set_summary(item) for item in items], next=following)
    )


def show(req: func.HttpRequest, app: App) -> func.HttpResponse:
    """As JSON with all that is known of it; as a file where a format is asked for."""
    wanted = parse_query(SetQuery, req)
    name = set_name(req)
    with app.database.begin() as session:
        stored = parameter_sets.find(session, name, wanted.version) or _unknown()
    accepted = parse_accept_header(req.headers.get("Accept"), MIMEAccept)
    if wanted.format == "csv" or (
        wanted.format is None and accepted.best_match([JSON, CSV], JSON) == CSV
    ):
        return _file(stored, interchange.to_csv(stored.content), CSV, "csv")
    if wanted.format == "json":
        return _file(stored, interchange.to_json(stored.content), JSON, "json")
    return _response(stored)


def create(req: func.HttpRequest, app: App) -> func.HttpResponse:
    body = _body(req)
    with app.database.begin() as session:
        parameter_sets.lock(session, body.name)
        present = parameter_sets.find(session, body.name)
        if present is not None:
            state = "archived; PUT it to bring it back" if present.archived else "there already"
            raise Problem(
                Code.NAME_TAKEN, f"The parameter set {present.content.name!r} is {state}."
            )
        stored = _store(session, app.storage, body, None)
    return _response(stored, 201, {"Location": api_addresses.parameter_set(stored.content.name)})


def replace(req: func.HttpRequest, app: App) -> func.HttpResponse:
    """A new version; or a new set, where there is none of this name."""
    name, body = set_name(req), _body(req)
    if name_key(name) != name_key(body.name):
        raise Problem(
            Code.INVALID_FIELD,
            f"The set in the body is called {body.name!r}, not as in the address. To give a set "
            "another name, POST it as a new one.",
            errors=(FieldError("name", "must be the name in the address"),),
        )
    with app.database.begin() as session:
        parameter_sets.lock(session, name)
        present = parameter_sets.find(session, name)
        _check_preconditions(req, present, required=True)
        stored = _store(session, app.storage, body, present)
    if present is None:
        return _response(
            stored, 201, {"Location": api_addresses.parameter_set(stored.content.name)}
        )
    return _response(stored)


def remove(req: func.HttpRequest, app: App) -> func.HttpResponse:
    """204 where it was deleted; 200 and the set where it was archived, because reports name it."""
    name = set_name(req)
    with app.database.begin() as session:
        parameter_sets.lock(session, name)
        present = parameter_sets.find(session, name) or _unknown()
        _check_preconditions(req, present)
        archived = parameter_sets.remove(session, present)
    return no_content() if archived is None else _response(archived)


def _store(
    session: Session, storage: Storage, body: SetBody | LearnBody, present: StoredSet | None
) -> StoredSet:
    if isinstance(body, LearnBody):
        learned, numbers = learning.learn(session, storage, body, body.from_reports)
        found = basis(learned, numbers).model_dump(mode="json")
        stored = parameter_sets.add(session, learned.parameter_set, present, found)
    else:
        stored = parameter_sets.add(session, body.content, present)
    if body.default_for is None:
        return stored
    return parameter_sets.make_default(session, stored, body.default_for)


def _body(req: func.HttpRequest) -> SetBody | LearnBody:
    """A set as JSON or CSV, or which measurements to learn one from."""
    mimetype, _ = parse_options_header(req.headers.get("Content-Type"))
    if mimetype == CSV:
        return parse(SetBody, interchange.csv_values(small_body(req)))
    values = json_value(req)
    learns = isinstance(values, dict) and "from_reports" in values
    return parse_json(LearnBody, req) if learns else parse_json(SetBody, req)


def _check_preconditions(
    req: func.HttpRequest, present: StoredSet | None, *, required: bool = False
) -> None:
    """Raises Problem where the set is not in the state that the request says (RFC 9110, 13)."""
    match, none_match = req.headers.get("If-Match"), req.headers.get("If-None-Match")
    state = present.etag.strip('"') if present else None
    headers = {"ETag": present.etag} if present else {}
    if match is not None:
        seen = parse_etags(match)
        if state is None or not (seen.star_tag or seen.is_strong(state)):
            raise Problem(
                Code.PRECONDITION_FAILED,
                "The set is no longer as If-Match says. GET it again and repeat your change.",
                headers=headers,
            )
    elif none_match is not None:
        seen = parse_etags(none_match)
        if state is not None and (seen.star_tag or seen.contains_weak(state)):
            raise Problem(
                Code.PRECONDITION_FAILED,
                "If-None-Match: the set is there already.",
                headers=headers,
            )
    elif required and state is not None:
        raise Problem(
            Code.PRECONDITION_REQUIRED,
            "The set is there already. Send its ETag as If-Match, so that you change what you have "
            "seen; If-Match: * changes it whatever it is.",
            headers=headers,
        )


def _response(
    stored: StoredSet, status: int = 200, headers: dict[str, str] | None = None
) -> func.HttpResponse:
    return json_response(
        set_view(stored), status, {"ETag": stored.etag, "Vary": "Accept", **(headers or {})}
    )


def _file(stored: StoredSet, content: bytes, mimetype: str, extension: str) -> func.HttpResponse:
    filename = quote(f"{stored.content.name}.{extension}", safe="")  # RFC 8187
    return func.HttpResponse(
        content,
        headers={
            "ETag": stored.etag,
            "Vary": "Accept",
            "Cache-Control": "no-store",
            "Content-Disposition": f"attachment; filename*=UTF-8''{filename}",
        },
        mimetype=mimetype,
    )


def set_name(req: func.HttpRequest) -> str:
    name = str(req.route_params.get("name", ""))
    return _unknown() if "\0" in name else name  # PostgreSQL cannot even compare with a NUL


def _unknown() -> NoReturn:
    raise Problem(Code.PARAMETER_SET_NOT_FOUND, "There is no parameter set of this name.")


ETAG: Final = Header("ETag", "The state of the set, for If-Match.")
IF_MATCH: Final = Header("If-Match", "The ETag of the state that is to be changed, or `*`.")
IF_NONE_MATCH: Final = Header("If-None-Match", "`*`: only where there is none of this name yet.")
_SET_BODY: Final = (
    *BODY,
    Code.INVALID_CSV,
    Code.UNKNOWN_REPORT,
    Code.FRAMES_GONE,
    Code.ENGINE_MISMATCH,
    Code.TYPE_MISMATCH,
    Code.NOTHING_TO_LEARN,
)
_CHANGED: Final = (Code.PRECONDITION_FAILED, Code.PRECONDITION_REQUIRED)
_OF_SET: Final = (
    "get_parameter_set",
    "replace_parameter_set",
    "delete_parameter_set",
    "list_parameter_set_versions",
)

OPERATIONS: Final = (
    Operation(
        "get",
        "/api/measures",
        "list_measures",
        list_measures,
        "parameter sets",
        "Every measure that a parameter can be about",
        {200: json_answer(Measures)},
    ),
    Operation(
        "get",
        "/api/parameter-sets",
        "list_parameter_sets",
        list_sets,
        "parameter sets",
        "Parameter sets, by name",
        {200: json_answer(Page[SetSummary], link=Link(_OF_SET, "name", "/items/0/name"))},
        QUERY,
        query=SetFilter,
    ),
    Operation(
        "post",
        "/api/parameter-sets",
        "create_parameter_set",
        create,
        "parameter sets",
        "Make a set: by hand, from a file, or learned from measurements",
        {
            201: json_answer(
                SetView, "The set.", LOCATION, ETAG, link=Link(_OF_SET, "name", "/name")
            )
        },
        (*_SET_BODY, Code.NAME_TAKEN),
        body={JSON: [SetBody, LearnBody], "text/csv": TEXT},
    ),
    Operation(
        "get",
        "/api/parameter-sets/{name}",
        "get_parameter_set",
        show,
        "parameter sets",
        "A set, or the file of it",
        {200: Answer("It is there.", {JSON: [SetView, ParameterSet], "text/csv": TEXT}, (ETAG,))},
        (Code.PARAMETER_SET_NOT_FOUND, *QUERY),
        "As CSV where Accept or `format` says so. `format=json` is the set alone, as a file.",
        query=SetQuery,
    ),
    Operation(
        "put",
        "/api/parameter-sets/{name}",
        "replace_parameter_set",
        replace,
        "parameter sets",
        "Change a set, which makes a new version; or make it",
        {
            200: json_answer(SetView, "The new version.", ETAG),
            201: json_answer(SetView, "A new set.", LOCATION, ETAG),
        },
        (*_SET_BODY, *_CHANGED),
        headers=(IF_MATCH, IF_NONE_MATCH),
        body={JSON: [SetBody, LearnBody], "text/csv": TEXT},
    ),
    Operation(
        "delete",
        "/api/parameter-sets/{name}",
        "delete_parameter_set",
        remove,
        "parameter sets",
        "Delete a set, or archive it where reports name it",
        {200: json_answer(SetView, "It was archived.", ETAG), 204: Answer("It is gone.")},
        (Code.PARAMETER_SET_NOT_FOUND, Code.PRECONDITION_FAILED),
        headers=(IF_MATCH,),
    ),
    Operation(
        "get",
        "/api/parameter-sets/{name}/versions",
        "list_parameter_set_versions",
        list_versions,
        "parameter sets",
        "All versions of a set, newest first",
        {200: json_answer(Page[SetSummary])},
        (Code.PARAMETER_SET_NOT_FOUND, *QUERY),
        query=PageQuery,
    ),
)
