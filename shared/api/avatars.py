"""The handlers of `/api/avatars`."""

from typing import Final, NoReturn

import azure.functions as func
from pydantic import TypeAdapter
from sqlalchemy.orm import Session

from shared.api.avatar_bodies import (
    AvatarSummary,
    History,
    HistoryQuery,
    avatar_summary,
    history_item,
    measure_history,
)
from shared.api.http import json_response, parse_query, refuse_other_text
from shared.api.operation import QUERY, Link, Operation, json_answer
from shared.api.paging import BigInt, Page, PageQuery, Text, part, position
from shared.app import App
from shared.platform import api_addresses
from shared.platform.blob_names import composed
from shared.platform.errors import Code, Problem
from shared.reports import avatars, parameter_sets
from shared.reports.parameter_sets import StoredSet

_AVATAR: Final = TypeAdapter(tuple[Text])
_NUMBER: Final = TypeAdapter(tuple[BigInt])


def list_avatars(req: func.HttpRequest, app: App) -> func.HttpResponse:
    """In the order of their names."""
    return json_response(find(app, parse_query(PageQuery, req)))


def find(app: App, wanted: PageQuery) -> Page[AvatarSummary]:
    after = position(wanted, _AVATAR)
    with app.database.begin() as session:
        found = avatars.summaries(session, after[0] if after else None, wanted.limit + 1)
    items, following = part(found, wanted, "/api/avatars", lambda item: (item.name,))
    return Page[AvatarSummary](items=[avatar_summary(item) for item in items], next=following)


def show(req: func.HttpRequest, app: App) -> func.HttpResponse:
    """The history of an avatar, newest first."""
    return json_response(history(app, avatar_of(req), parse_query(HistoryQuery, req)))


def history(app: App, avatar: str, wanted: HistoryQuery) -> History:
    before = position(wanted, _NUMBER)
    with app.database.begin() as session:
        older_than = before[0] if before else None
        rows = avatars.page(session, avatar, wanted.type, older_than, wanted.limit + 1)
        if not rows and not avatars.exists(session, avatar):
            unknown()
        held_to = _held_to(session, wanted.parameter_set)
        shown, following = part(
            rows, wanted, api_addresses.avatar(avatar), lambda row: (row.measurement_id,)
        )
        entries, measures = avatars.history(session, shown, held_to)
    return History(
        avatar=avatar,
        parameter_set=held_to.content.name if held_to else None,
        items=[history_item(entry) for entry in entries],
        measures=[measure_history(series) for series in measures],
        next=following,
    )


def _held_to(session: Session, name: str | None) -> StoredSet | None:
    return None if name is None else parameter_sets.resolve(session, [name], archived=True)[0]


def avatar_of(req: func.HttpRequest) -> str:
    return named(req, "name")


def named(req: func.HttpRequest, parameter: str) -> str:
    """A name in the path; the host leaves an encoded slash as it is."""
    name = str(req.route_params.get(parameter, "")).replace("%2F", "/").replace("%2f", "/")
    refuse_other_text("", name)
    return unknown() if "\0" in name else composed(name)


def unknown() -> NoReturn:
    raise Problem(Code.AVATAR_NOT_FOUND, "There is no avatar of this name.")


_OF_AVATAR: Final = ("get_avatar", "list_builds", "compare_builds")

OPERATIONS: Final = (
    Operation(
        "get",
        "/api/avatars",
        "list_avatars",
        list_avatars,
        "avatars",
        "Avatars, by name, each with its newest builds",
        {200: json_answer(Page[AvatarSummary], link=Link(_OF_AVATAR, "name", "/items/0/avatar"))},
        QUERY,
        query=PageQuery,
    ),
    Operation(
        "get",
        "/api/avatars/{name}",
        "get_avatar",
        show,
        "avatars",
        "Every measurement of an avatar over time, and what each measure did",
        {200: json_answer(History)},
        (Code.AVATAR_NOT_FOUND, Code.UNKNOWN_PARAMETER_SET, *QUERY),
        query=HistoryQuery,
    ),
)
