"""`/avatars/{name}`: the builds of an avatar, clip by clip, and what each measure did over them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

import azure.functions as func
from pydantic import BaseModel, Field, TypeAdapter
from sqlalchemy.orm import Session

from shared.api import avatars as avatar_api
from shared.api.forms import query_fields
from shared.api.http import parse
from shared.api.paging import BigInt, PageQuery, Text, cursor, position
from shared.app import App
from shared.database.tables import NAME_LENGTH
from shared.pages import addresses, compared_page, trends
from shared.pages.avatar_query import ALL, AvatarQuery, set_of
from shared.pages.jobs_page import given
from shared.pages.responses import page, see_other
from shared.reports import avatars, builds, clips, set_listing
from shared.reports.builds import Build, Place
from shared.reports.clips import Clip, ClipPlace

COLUMNS: Final = 8  # builds in the grid
TRENDED: Final = 20  # builds in the charts
ROWS: Final = 40  # clips
_BUILD: Final = TypeAdapter(Place)
_CLIP: Final = TypeAdapter(tuple[bool, Text])


class Marked(BaseModel):
    """What is marked in the grid to be compared."""

    measurement: Annotated[list[BigInt], Field(max_length=1000)]
    build: Annotated[list[Annotated[Text, Field(max_length=NAME_LENGTH)]], Field(max_length=1000)]


@dataclass(frozen=True, slots=True)
class Cell:
    clip: Clip
    worse: bool  # than in the build before


@dataclass(frozen=True, slots=True)
class GridRow:
    """A clip over the builds."""

    clip: Clip  # the newest
    cells: Sequence[Cell | None]  # as the builds


@dataclass(frozen=True, slots=True)
class Grid:
    builds: Sequence[Build]  # newest first
    rows: Sequence[GridRow]
    older: str | None  # the address of the builds before
    more: str | None  # the address of the clips behind


def avatar_page(req: func.HttpRequest, app: App) -> func.HttpResponse:
    fields = given(req)
    marked = _marked(req)
    for name in ("measurement", "build"):
        fields.pop(name, None)
    wanted = parse(AvatarQuery, fields)
    avatar = wanted.name or avatar_api.avatar_of(req)
    if address := _comparison(avatar, wanted, marked):
        return see_other(address)
    if wanted.measurements is not None:
        return compared_page.compared_measurements(app, avatar, wanted.measurements, wanted)
    if wanted.builds is not None:
        return compared_page.compared_builds(app, avatar, wanted.builds, wanted)
    with app.database.begin() as session:
        shown = _builds(session, avatar, wanted)
        found, further = _clips(session, shown, wanted)
        held_to = set_of(session, wanted.set, _latest_set(found))
        numbers = [clip.measurement_id for clip in found if clip.measurement_id is not None]
        series = avatars.measures(session, numbers, held_to)
        sets = set_listing.names(session)
    grid = _grid(avatar, wanted, shown, found, further)
    values = {
        "avatar": avatar,
        "wanted": wanted,
        "grid": grid,
        "chosen": held_to.content.name if held_to else None,
        "all": ALL,
        "sets": sets,
        "trends": trends.of(shown, found, series, only=wanted.clip),
        "worse": [cell.clip for row in grid.rows if (cell := row.cells[0]) and cell.worse],
        "marked": bool(marked.measurement or marked.build),
    }
    return page("avatar.html", values)


def _marked(req: func.HttpRequest) -> Marked:
    fields = query_fields(req)
    return parse(Marked, {name: fields.getlist(name) for name in ("measurement", "build")})


def _comparison(avatar: str, wanted: AvatarQuery, marked: Marked) -> str | None:
    """The address of what is marked, where that is two of a kind."""
    numbers, names = sorted(marked.measurement), marked.build
    own = {"set": wanted.set}
    if len(numbers) == 2 and not names:
        first, second = numbers
        return addresses.avatar(avatar, **own, from_measurement=first, to_measurement=second)
    if len(names) == 2 and not numbers:
        later, earlier = names  # the grid has the newest first
        return addresses.avatar(avatar, **own, from_=earlier, to=later)
    return None


def _builds(session: Session, avatar: str, wanted: AvatarQuery) -> list[Build]:
    before = position(PageQuery(cursor=wanted.cursor), _BUILD)
    found = builds.page(session, avatar, before, TRENDED)
    if not found and not avatars.exists(session, avatar):
        avatar_api.unknown()
    return found


def _clips(
    session: Session, shown: Sequence[Build], wanted: AvatarQuery
) -> tuple[list[Clip], ClipPlace | None]:
    """Clips of the builds that are shown, by file name; the last one's place if there are more."""
    after = position(PageQuery(cursor=wanted.after), _CLIP)
    keys = [build.key for build in shown]
    found = clips.page(session, keys, ROWS + 1, after=ClipPlace(*after) if after else None)
    places = list(dict.fromkeys(clip.place for clip in found))
    if len(places) <= ROWS:
        return found, None
    own = set(places[:ROWS])
    return [clip for clip in found if clip.place in own], places[ROWS - 1]


def _latest_set(found: Sequence[Clip]) -> str | None:
    """The set of the newest report."""
    held = [clip for clip in found if clip.verdicts]
    newest = max(held, key=lambda clip: clip.created, default=None)
    return newest.verdicts[0].parameter_set if newest else None


def _grid(
    avatar: str,
    wanted: AvatarQuery,
    shown: Sequence[Build],
    found: Sequence[Clip],
    further: ClipPlace | None,
) -> Grid:
    columns = shown[:COLUMNS]
    older = None
    if len(shown) > COLUMNS:
        end = cursor(columns[-1].place)
        older = addresses.avatar(avatar, set=wanted.set, cursor=end)
    more = None
    if further is not None:
        more = addresses.avatar(avatar, set=wanted.set, cursor=wanted.cursor, after=cursor(further))
    by_place: dict[ClipPlace, dict[object, Clip]] = {}
    for clip in found:
        by_place.setdefault(clip.place, {})[clip.build] = clip
    rows = [
        _row([own.get(build.key) for build in shown[: COLUMNS + 1]], len(columns))
        for own in by_place.values()
        if any(build.key in own for build in columns)
    ]
    return Grid(columns, rows, older, more)


def _row(own: Sequence[Clip | None], columns: int) -> GridRow:
    """`own` has one build more than columns, where there is one: the last is compared with it."""
    before = [*own[1:], None]
    cells = [
        None
        if clip is None
        else Cell(clip, earlier is not None and builds.is_worse(earlier.outcome, clip.outcome))
        for clip, earlier in zip(own, before, strict=True)
    ][:columns]
    newest = next(cell.clip for cell in cells if cell is not None)
    return GridRow(newest, cells)
