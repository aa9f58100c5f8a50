"""`/avatars`: every avatar with its last builds, as a list of CI runs."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

import azure.functions as func
from pydantic import TypeAdapter

from shared.api.http import parse_query
from shared.api.paging import PageQuery, Text, part, position
from shared.app import App
from shared.pages.avatar_page import avatar_page
from shared.pages.responses import page
from shared.reports import avatars, builds
from shared.reports.avatars import Avatar
from shared.reports.builds import Worsening

_NAME: Final = TypeAdapter(tuple[Text])


@dataclass(frozen=True, slots=True)
class AvatarRow:
    avatar: Avatar
    picture: UUID | None  # the job that has one
    worse: Worsening | None  # what came off worse in its newest build than in the one before


def avatars_page(req: func.HttpRequest, app: App) -> func.HttpResponse:
    if req.params.get("name"):
        return avatar_page(req, app)
    wanted = parse_query(PageQuery, req)
    after = position(wanted, _NAME)
    with app.database.begin() as session:
        found = avatars.summaries(session, after[0] if after else None, wanted.limit + 1)
        items, following = part(found, wanted, "/avatars", lambda item: (item.name,))
        shown = [item for item in items if item.latest]
        pictures = builds.pictures(session, [item.latest[0].key for item in shown])
        pairs = [(item.latest[1].key, item.latest[0].key) for item in shown if item.latest[1:]]
        worse = builds.worsened(session, pairs)
    rows = [
        AvatarRow(item, pictures.get(item.latest[0].key), worse.get(item.latest[0].key))
        for item in shown
    ]
    return page("avatars.html", {"rows": rows, "following": following})
