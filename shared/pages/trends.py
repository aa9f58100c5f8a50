"""What each measure did over builds: a chart for each clip, all of one measure on one scale."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from shared.analysis import figures
from shared.analysis.catalogue import Measure
from shared.analysis.report import Outcome
from shared.measurements.versions import Origin
from shared.pages import charts
from shared.pages.templates import build_words, moment
from shared.reports.avatars import MeasureSeries
from shared.reports.builds import Build
from shared.reports.clips import Clip, ClipPlace

MOST: Final = 240  # charts on a page
FEW, FIRST = 4, 8  # measures that are not folded in: so many at least, and at most


@dataclass(frozen=True, slots=True)
class Trend:
    """One measure of one clip over the builds, oldest first."""

    clip: str
    values: Sequence[float | None]
    chart: Markup
    listed: str  # the values, for the script that reads them out
    reports: str  # their measurements' numbers
    latest_words: str
    outcome: Outcome | None  # of the latest
    ever_out: bool  # in any of the builds


@dataclass(frozen=True, slots=True)
class MeasureTrends:
    measure: Measure
    band: str
    clips: Sequence[Trend]

    @property
    def concern(self) -> tuple[int, int]:
        """Measures that are out in the newest build first, then those that once were."""
        latest = sum(trend.outcome is Outcome.NOT_WITHIN for trend in self.clips)
        ever = sum(trend.ever_out for trend in self.clips)
        return -latest, -ever


@dataclass(frozen=True, slots=True)
class Trends:
    first: Sequence[MeasureTrends]
    others: Sequence[MeasureTrends]
    points: Sequence[str]  # each build's name, and when it was last sent something, oldest first
    names: Sequence[str]  # of clips to choose from
    left_out: int  # clips that have no chart: too many
    breaks: Sequence[str]  # sentences on lines that are broken


def of(
    builds: Sequence[Build],
    clips: Sequence[Clip],
    series: Sequence[MeasureSeries],
    *,
    only: str | None = None,
) -> Trends:
    """`clips` are in the order of file names; `series` are of those that were measured.

    `only` is a file name.
    """
    measured = [clip for clip in clips if clip.measurement_id is not None]
    index = {clip.measurement_id: place for place, clip in enumerate(measured)}
    keys = [build.key for build in reversed(builds)]
    by_clip: dict[ClipPlace, list[Clip | None]] = {}
    for clip in measured:
        row = by_clip.setdefault(clip.place, [None] * len(keys))
        row[keys.index(clip.build)] = clip
    rows = list(by_clip.values())
    names = [_name(row) for row in rows]
    chosen = [row for row, name in zip(rows, names, strict=True) if only in (None, name)]
    shown = chosen[: max(MOST // max(len(series), 1), 1)]
    found = sorted(
        (_of_measure(item, shown, index) for item in series), key=lambda each: each.concern
    )
    first = min(max(sum(each.concern < (0, 0) for each in found), FEW), FIRST)
    return Trends(
        first=found[:first],
        others=found[first:],
        points=[f"{build_words(each.name)}, {moment(each.last)}" for each in reversed(builds)],
        names=names,
        left_out=len(chosen) - len(shown),
        breaks=_broken(shown, list(reversed(builds))),
    )


def _of_measure(
    series: MeasureSeries, rows: Sequence[Sequence[Clip | None]], index: dict[int | None, int]
) -> MeasureTrends:
    lower, upper = series.bounds or (None, None)
    places = [
        [None if clip is None else index[clip.measurement_id] for clip in row] for row in rows
    ]
    known = [
        value
        for row in places
        for place in row
        if place is not None and (value := series.values[place]) is not None
    ]
    scale = charts.scale_for(
        [*known, lower, upper], series.measure.lower, most=series.measure.upper
    )
    trends = [_trend(series, row, own, scale) for row, own in zip(rows, places, strict=True)]
    return MeasureTrends(
        series.measure,
        figures.band(lower, upper, series.measure.unit),
        [trend for trend in trends if any(value is not None for value in trend.values)],
    )


def _trend(
    series: MeasureSeries,
    row: Sequence[Clip | None],
    places: Sequence[int | None],
    scale: charts.Scale,
) -> Trend:
    values = [None if place is None else series.values[place] for place in places]
    outcomes = [
        None if place is None or not series.outcomes else series.outcomes[place] for place in places
    ]
    unit = series.measure.unit
    words = [figures.amount(value, unit) if value is not None else "" for value in values]
    known = [text for text in words if text]
    label = f"{_name(row)}: {len(known)} values, the latest {known[-1]}" if known else ""
    band = series.bounds if series.bounds != (None, None) else None
    latest = max((i for i, value in enumerate(values) if value is not None), default=None)
    return Trend(
        clip=_name(row),
        values=values,
        chart=charts.sparkline(scale, values, band, label, kinds=outcomes, breaks=_breaks(row)),
        listed=",".join(words),
        reports=",".join("" if clip is None else str(clip.measurement_id) for clip in row),
        latest_words="" if latest is None else words[latest],
        outcome=None if latest is None else outcomes[latest],
        ever_out=Outcome.NOT_WITHIN in outcomes,
    )


def _breaks(row: Sequence[Clip | None]) -> list[int]:
    """Where measurements are of another engine or version than those before, or another medium."""
    found, before = [], None
    for index, clip in enumerate(row):
        if clip is None or clip.engine is None:
            continue
        own = Origin.told(clip.engine, clip.engine_version or ""), (clip.type or "")[:1]
        if before is not None and (not own[0].agrees_with(before[0]) or own[1] != before[1]):
            found.append(index)
        before = own
    return found


def _broken(rows: Sequence[Sequence[Clip | None]], builds: Sequence[Build]) -> list[str]:
    found = {}
    for row in rows:
        for index in _breaks(row):
            clip = row[index]
            if clip is not None and clip.engine is not None:
                origin = Origin.told(clip.engine, clip.engine_version or "")
                found[index] = (
                    f"From {build_words(builds[index].name)} on measured by {origin}: "
                    "values before and after cannot be compared."
                )
    return [found[index] for index in sorted(found)]


def _name(row: Sequence[Clip | None]) -> str:
    clip = next(clip for clip in row if clip is not None)
    return clip.filename or f"Measurement {clip.measurement_id}"
