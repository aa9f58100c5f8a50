"""The bodies of `/api/avatars`."""

import datetime as dt
import uuid
from typing import Annotated, Final

from pydantic import BaseModel, Field

from shared.analysis.parameter_sets import MAX_NAME
from shared.analysis.report import Outcome, Verdict
from shared.api.build_bodies import LatestBuild, latest_build
from shared.api.paging import PageQuery, Text
from shared.api.report_bodies import VerdictView, verdict_view
from shared.measurements.model import MediaType
from shared.platform import api_addresses
from shared.reports.avatars import Avatar, HistoryEntry, MeasureSeries

DEFAULT_HISTORY: Final = 100
MAX_HISTORY: Final = 1000  # measurements in one answer: 2 MB of JSON

SetFilter = Annotated[Text, Field(max_length=MAX_NAME)]


class AvatarSummary(BaseModel):
    avatar: str
    measurements: int
    builds: int = Field(description="Different names among them.")
    first: dt.date
    last: dt.date
    name: str = Field(description="The newest build.")
    verdict: Verdict | None = Field(description="Of the newest build: the worst of its clips'.")
    latest: list[LatestBuild] = Field(description="The newest builds, newest first.")
    links: dict[str, str]


class HistoryQuery(PageQuery):
    """The query of `GET /api/avatars/{name}`."""

    limit: Annotated[int, Field(ge=1, le=MAX_HISTORY)] = DEFAULT_HISTORY
    type: MediaType | None = None
    parameter_set: SetFilter | None = Field(
        default=None,
        description="Only its reports and measures, with the bands of its present "
        "version and what came of each.",
    )


class HistoryItem(BaseModel):
    """One measurement of an avatar."""

    measurement_id: int = Field(
        serialization_alias="report", description="Its number: `action_unit_report.id`."
    )
    job: uuid.UUID | None
    name: str = Field(description="The build.")
    date: dt.date
    type: MediaType
    filename: str | None
    engine: str | None
    face: int | None = Field(description="The one seen for longest: `measures` are of this one.")
    verdict: Verdict | None
    reports: list[VerdictView]


class MeasureHistory(BaseModel):
    """What one measure did. Its lists are as long as `items` and in the same order."""

    measure: str
    words: str
    unit: str
    lower: float | None = Field(description="The band of the set that was asked for; null is open.")
    upper: float | None
    values: list[float | None] = Field(description="null: could not be had.")
    outcomes: list[Outcome | None] = Field(
        description="With a set: of its reports; null where there is none."
    )


class History(BaseModel):
    """Newest first."""

    avatar: str
    parameter_set: str | None
    items: list[HistoryItem]
    measures: list[MeasureHistory]
    next: str | None


def avatar_summary(avatar: Avatar) -> AvatarSummary:
    return AvatarSummary(
        avatar=avatar.name,
        measurements=avatar.measurements,
        builds=avatar.builds,
        first=avatar.first,
        last=avatar.last,
        name=avatar.latest[0].name if avatar.latest else "",
        verdict=avatar.latest[0].verdict if avatar.latest else None,
        latest=[latest_build(build) for build in avatar.latest],
        links={"self": api_addresses.avatar(avatar.name)},
    )


def history_item(entry: HistoryEntry) -> HistoryItem:
    row = entry.row
    return HistoryItem(
        measurement_id=row.measurement_id,
        job=row.job,
        name=row.name,
        date=row.date,
        type=MediaType(row.type),
        filename=row.filename,
        engine=row.engine,
        face=entry.face,
        verdict=entry.verdict,
        reports=[verdict_view(item) for item in entry.verdicts],
    )


def measure_history(series: MeasureSeries) -> MeasureHistory:
    lower, upper = series.bounds or (None, None)
    return MeasureHistory(
        measure=series.measure.code,
        words=series.measure.words,
        unit=series.measure.unit,
        lower=lower,
        upper=upper,
        values=series.values,
        outcomes=series.outcomes,
    )
