"""`/avatars`: all of them; `/avatars/{name}`: the builds of one, and two of them side by side."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

import azure.functions as func
from markupsafe import Markup
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from sqlalchemy.orm import Session

from shared.analysis.catalogue import CATALOGUE
from shared.analysis.changes import Change, Difference
from shared.analysis.comparison import Comparison
from shared.analysis.report import Outcome
from shared.api import avatars as avatar_api
from shared.api.avatar_bodies import HistoryQuery
from shared.api.http import parse, parse_query
from shared.api.paging import BigInt, PageQuery, Text, cursor, part, position
from shared.app import App
from shared.database.tables import NAME_LENGTH
from shared.jobs import lifecycle
from shared.measurements.model import MediaType
from shared.media.formats import Kind
from shared.pages import addresses, charts
from shared.pages.jobs_page import given
from shared.pages.report_rows import band_words
from shared.pages.responses import page
from shared.pages.templates import number
from shared.reports import avatars, parameter_sets, set_listing
from shared.reports.avatars import HistoryEntry, HistoryRow, MeasureSeries
from shared.reports.build_comparison import Options, compare_builds
from shared.reports.parameter_sets import StoredSet

ALL: Final = "/"
"""In place of a set's name, which cannot be this: every measure, without bands."""

ORDER: Final = (
    *(Change.WORSE, Change.BETTER, Change.HIGHER, Change.LOWER),
    *(Change.NO_CLEAR_CHANGE, Change.NOT_COMPARED),
)
TABLED: Final = 20  # newest measurements in the table behind the charts

_NAME: Final = TypeAdapter(tuple[Text])
_NUMBER: Final = TypeAdapter(tuple[BigInt])


class AvatarQuery(BaseModel):
    """The query of an avatar's page."""

    model_config = ConfigDict(extra="forbid")

    name: Text | None = None  # for the names that cannot stand in a path
    set: Annotated[Text, Field(max_length=NAME_LENGTH)] | None = None
    type: MediaType | None = None
    cursor: Text | None = None
    from_: Annotated[Text, Field(max_length=NAME_LENGTH)] | None = Field(default=None, alias="from")
    to: Annotated[Text, Field(max_length=NAME_LENGTH)] | None = None
    file: Annotated[Text, Field(max_length=1000)] | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A part of an avatar's history, newest first."""

    entries: Sequence[HistoryEntry]
    measures: Sequence[MeasureSeries]
    chosen: str | None  # the set whose bands are shown
    older: str | None  # the address of the part before


@dataclass(frozen=True, slots=True)
class Card:
    """One measure over all measurements that are shown."""

    series: MeasureSeries
    band: str | None
    latest: float | None
    outcome: Outcome | None
    chart: Markup
    listed: str  # the values that the chart shows, for the script that reads them out


@dataclass(frozen=True, slots=True)
class Clip:
    """The media of one of two builds."""

    words: str
    name: str
    job: UUID
    report: int
    kind: str


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    difference: Difference
    band: str | None
    chart: Markup


def avatars_page(req: func.HttpRequest, app: App) -> func.HttpResponse:
    if req.params.get("name"):
        return avatar_page(req, app)
    wanted = parse_query(PageQuery, req)
    after = position(wanted, _NAME)
    with app.database.begin() as session:
        found = avatars.summaries(session, after[0] if after else None, wanted.limit + 1)
    items, following = part(found, wanted, "/avatars", lambda item: (item.name,))
    return page("avatars.html", {"avatars": items, "following": following})


def avatar_page(req: func.HttpRequest, app: App) -> func.HttpResponse:
    wanted = parse(AvatarQuery, given(req))
    avatar = wanted.name or avatar_api.avatar_of(req)
    comparison = None
    with app.database.begin() as session:
        shown = _history(session, avatar, wanted)
        if wanted.from_ is not None and wanted.to is not None:
            found = compare_builds(
                session,
                app.storage,
                avatar,
                (wanted.from_, wanted.to),
                Options(shown.chosen),
                file=wanted.file,
            )
            comparison = found.pairs[0].comparison if found.pairs else None
        sets = set_listing.names(session)
    values = {
        "avatar": avatar,
        "wanted": wanted,
        "entries": shown.entries,
        "chosen": shown.chosen,
        "all": ALL,
        "sets": sets,
        "cards": sorted(map(_card, shown.measures), key=_concern),
        "builds": [
            {"name": _build_words(entry.row), "report": entry.row.measurement_id}
            for entry in reversed(shown.entries)
        ],
        "tabled": TABLED,
        "older": shown.older,
        "comparison": comparison,
        "faces": _compared_faces(comparison),
        "tally": _tally(comparison),
        "clips": _clips(app, comparison),
    }
    return page("avatar.html", values)


def _history(session: Session, avatar: str, wanted: AvatarQuery) -> Shown:
    """The history; without a word about the set, held to the one of the newest report."""
    query = HistoryQuery(type=wanted.type, cursor=wanted.cursor)
    before = position(query, _NUMBER)
    rows = avatars.page(session, avatar, query.type, before[0] if before else None, query.limit + 1)
    if not rows and not avatars.exists(session, avatar):
        avatar_api.unknown()
    shown, older = rows[: query.limit], None
    if len(rows) > len(shown):
        end = cursor((shown[-1].measurement_id,))
        older = addresses.avatar(avatar, set=wanted.set, type=wanted.type, cursor=end)
    if wanted.set is not None and wanted.set != ALL:
        held_to = _resolved(session, wanted.set)
        entries, measures = avatars.history(session, shown, held_to)
        return Shown(entries, measures, held_to.content.name, older)
    entries, measures = avatars.history(session, shown, None)
    latest = next((entry.verdicts[0] for entry in entries if entry.verdicts), None)
    if wanted.set == ALL or latest is None:
        return Shown(entries, measures, None, older)
    entries, measures = avatars.history(session, shown, _resolved(session, latest.parameter_set))
    return Shown(entries, measures, latest.parameter_set, older)


def _resolved(session: Session, name: str) -> StoredSet:
    return parameter_sets.resolve(session, [name], archived=True)[0]


def _card(series: MeasureSeries) -> Card:
    lower, upper = series.bounds or (None, None)
    band = (lower, upper) if lower is not None or upper is not None else None
    values = list(reversed(series.values))
    known = [value for value in values if value is not None]
    scale = charts.scale_for([*known, lower, upper], series.measure.lower)
    outcomes: list[Outcome | None] = list(reversed(series.outcomes)) or [None] * len(values)
    label = f"{len(known)} values, the latest {number(known[-1])}" if known else "never measured"
    return Card(
        series=series,
        band=band_words(*band) if band else None,
        latest=series.values[0] if series.values else None,
        outcome=outcomes[-1] if outcomes else None,
        chart=charts.sparkline(scale, values, band, label, outcomes),
        listed=",".join("" if value is None else number(value) for value in values),
    )


def _concern(card: Card) -> tuple[bool, bool]:
    """Measures that are out of their band first, then those that once were."""
    return card.outcome is not Outcome.NOT_WITHIN, Outcome.NOT_WITHIN not in card.series.outcomes


def _build_words(row: HistoryRow) -> str:
    return f"measurement {row.measurement_id}" if row.name == "default" else row.name


def _clips(app: App, comparison: Comparison | None) -> list[Clip]:
    """The media of both builds, where both have some that can be shown beside each other."""
    if comparison is None:
        return []
    found = []
    with app.database.begin() as session:
        for words, subject in (("Earlier", comparison.before), ("Later", comparison.after)):
            job = lifecycle.visible(session, UUID(subject.job)) if subject.job else None
            kind = job.media.kind if job and job.media else None
            if job is None or subject.report is None or kind not in (Kind.IMAGE, Kind.VIDEO):
                return []
            found.append(Clip(words, subject.name, job.id, subject.report, kind))
    return found


def _compared_faces(comparison: Comparison | None) -> list[tuple[int, int, list[DifferenceRow]]]:
    """Earlier face, later face, and their differences: worse ones first."""
    if comparison is None:
        return []
    return [
        (face.before, face.after, [_row(item) for item in sorted(face.differences, key=_rank)])
        for face in comparison.faces
    ]


def _tally(comparison: Comparison | None) -> list[tuple[Change, int]]:
    """How many measures changed in which way, over all faces; the worse ones first."""
    faces = comparison.faces if comparison else ()
    found = Counter(item.change for face in faces for item in face.differences)
    return sorted(found.items(), key=lambda each: ORDER.index(each[0]))


def _rank(item: Difference) -> tuple[int, float]:
    return ORDER.index(item.change), -abs(item.difference or 0.0)


def _row(item: Difference) -> DifferenceRow:
    has_band = item.lower is not None or item.upper is not None
    band = (item.lower, item.upper) if has_band else None
    entry = CATALOGUE[item.measure]
    scale = charts.scale_for([item.before, item.after, item.lower, item.upper], entry.lower)
    label = f"from {number(item.before)} to {number(item.after)}"
    return DifferenceRow(
        difference=item,
        band=band_words(*band) if band else None,
        chart=charts.change(scale, item.before, item.after, band, label, kind=item.change),
    )
