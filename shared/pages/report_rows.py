"""Rows of a report's page: parameters worst first, and Action Units over time."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from markupsafe import Markup

from shared.analysis import figures
from shared.analysis.catalogue import CATALOGUE
from shared.analysis.figures import figure
from shared.analysis.measures import Group
from shared.analysis.report import FaceReport, Outcome, Result, Violation
from shared.analysis.report_text import worst
from shared.analysis.series import Floats
from shared.analysis.sound_timeline import sound_timeline
from shared.analysis.track import Track
from shared.database.extractions import moved
from shared.database.tables import DataEntry
from shared.measurements.action_units import INTENSITIES, INTENSITY_MAX, WORDS
from shared.measurements.sound import Sound
from shared.pages import charts, timelines
from shared.pages.natural_rows import LISTED, WORST_FIRST, broken
from shared.pages.timelines import Window

LANES: Final = 8  # measures of a natural set whose moments are drawn over time
SLICES: Final = 20  # rows of the table behind the timelines

_EYES: Final = frozenset({"AU01", "AU02", "AU04", "AU05", "AU06", "AU07", "AU45"})
"""Action Units of the eyes and the brows; all others are of the mouth and what is about it."""

_OTHERS: Final = "others"  # written by another version of the app
_TITLES: Final = (*(group.value for group in Group), _OTHERS)


@dataclass(frozen=True, slots=True)
class ResultRow:
    result: Result
    aus: Sequence[str]
    value: str
    band: str  # in words
    within: str  # share of the time, told from what is required; empty where it is not asked for
    required: str
    chart: Markup
    listed: Sequence[Violation]


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One Action Unit of a face, without regard to any set."""

    au: str
    words: str
    entry: DataEntry
    chart: Markup | None  # None for AU28, which has presence only
    moved: bool | None  # None: an image, or not known


@dataclass(frozen=True, slots=True)
class TimelineRow:
    au: str
    words: str
    validity: str | None
    band: str | None
    violations: int
    failed: bool  # its level is not within
    chart: Markup


@dataclass(frozen=True, slots=True)
class Lane:
    """When a fault was there, or a natural measure beyond what is expected."""

    measure: str
    words: str
    times: int
    chart: Markup


@dataclass(frozen=True, slots=True)
class SoundRow:
    """The clip's sound over the time that is shown."""

    speech_share: float  # of it
    chart: Markup


@dataclass(frozen=True, slots=True)
class Slice:
    start: float  # [s]
    means: Sequence[float | None]  # in the order of the timelines


@dataclass(frozen=True, slots=True)
class Timelines:
    window: Window
    whole: bool  # nothing is cut off
    top: float  # of the intensity scale
    columns: bool  # thinned out
    lanes: Sequence[Lane]  # of a natural set
    rows: Sequence[TimelineRow]
    slices: Sequence[Slice]
    ticks: Sequence[float]  # [s]
    sound: SoundRow | None = None


def parameter_groups(results: Iterable[Result]) -> list[tuple[str, list[ResultRow]]]:
    """By what of the face they are about; within a group the worst first."""
    found: dict[str, list[ResultRow]] = {title: [] for title in _TITLES}
    for result in by_severity(results):
        found[_title(result.measure)].append(_parameter_row(result))
    return [(title, rows) for title, rows in found.items() if rows]


def by_severity(results: Iterable[Result]) -> list[Result]:
    """Those furthest outside of their band first, then those nearest to leaving it."""
    return sorted(results, key=_severity)


def _title(code: str) -> str:
    measure = CATALOGUE.get(code)
    if measure is None:
        return _OTHERS
    if measure.group is not None:
        return measure.group.value
    eyes = [au in _EYES for au in measure.aus]
    if not eyes or any(eyes) != all(eyes):
        return Group.FACE.value
    return Group.EYES.value if eyes[0] else Group.MOUTH.value


def _severity(result: Result) -> tuple[int, float, str]:
    margin = result.margin_bands if result.margin_bands is not None else result.margin or 0.0
    if result.share_within is not None and result.required_share is not None:
        margin = min(margin, result.share_within - result.required_share)
    return WORST_FIRST.index(result.outcome), margin, result.measure


def _parameter_row(result: Result) -> ResultRow:
    measure = CATALOGUE.get(result.measure)  # None: written by another version of the app
    scale = charts.scale_for(
        [result.value, result.lower, result.upper],
        measure.lower if measure else 0.0,
        measure.upper if measure else None,
    )
    bounds = (result.lower, result.upper)
    band = figures.band(*bounds, result.unit, result.value)
    value = figures.amount(result.value, result.unit, bounds)
    label = f"{value} of {figure(scale.low)} to {figure(scale.high)}, expected {band}"
    within, required = result.share_within, result.required_share
    return ResultRow(
        result=result,
        aus=measure.aus if measure else (),
        value=value,
        band=band,
        within="" if within is None else figures.amount(within, figures.SHARE, (required,)),
        required="" if required is None else figures.amount(required, figures.SHARE),
        chart=charts.bullet(scale, result.value, bounds, label, kind=result.outcome),
        listed=worst(result, LISTED),
    )


def unit_rows(entries: Mapping[str, DataEntry], scale: str) -> list[UnitRow]:
    top = INTENSITY_MAX if scale == "intensity" else 1.0
    return [
        UnitRow(au, words, entries[au], _unit_chart(entries[au], top), moved(entries[au], scale))
        for au, words in WORDS.items()
        if au in entries
    ]


def _unit_chart(entry: DataEntry, top: float) -> Markup | None:
    if entry.mean is None:
        return None
    spread = None
    label = f"{figure(entry.mean)} of {figure(top)}"
    if entry.p05 is not None and entry.p95 is not None and entry.confident_frames > 1:
        spread = (entry.p05, entry.p95)
        label += f", mostly {figure(entry.p05)} to {figure(entry.p95)}"
    return charts.bullet(charts.Scale(0.0, top), entry.mean, None, label, spread=spread)


def timeline_rows(track: Track, face: FaceReport | None, window: Window) -> Timelines:
    """Every Action Unit that was measured: those with a level in the set first, worst first."""
    levels = {
        CATALOGUE[result.measure].aus[0]: result
        for result in by_severity(face.results if face else ())
        if result.measure in CATALOGUE and CATALOGUE[result.measure].by_frame
    }
    aus = [au for au in levels if track.has(au)]
    aus += [au for au in INTENSITIES if track.has(au) and au not in levels]
    signals = np.column_stack([np.empty((len(track), 0)), *map(track.intensity, aus)])
    top = _top(signals, levels.values(), track.scale)
    lines = timelines.thinned(track, signals, window)
    rows = []
    for index, au in enumerate(aus):
        result = levels.get(au)
        rows.append(
            TimelineRow(
                au=au,
                words=WORDS[au],
                validity=track.validity.get(au),
                band=figures.band(result.lower, result.upper, result.unit) if result else None,
                violations=result.violation_count if result else 0,
                failed=result is not None and result.outcome is Outcome.NOT_WITHIN,
                chart=_timeline(timelines.path(lines, index, top), au, top, window, result),
            )
        )
    return Timelines(
        window=window,
        whole=window.start <= 0 and window.end >= track.duration - 1e-6,
        top=top,
        columns=lines.columns,
        lanes=_lanes(face, window),
        rows=rows,
        slices=_slices(track, signals, window),
        ticks=[window.start + (window.end - window.start) * part / 5 for part in range(6)],
    )


def _lanes(face: FaceReport | None, window: Window) -> list[Lane]:
    found = [result for result in broken(face.results if face else ()) if result.violations]
    return [
        Lane(
            measure=result.measure,
            words=result.words,
            times=result.violation_count,
            chart=timelines.lane(
                timelines.shading(result.violations, window, 100),
                f"When it was out: {result.words}",
            ),
        )
        for result in found[:LANES]
    ]


def sound_row(sound: Sound, window: Window) -> SoundRow:
    found = sound_timeline(sound, window.start, window.end, timelines.COLUMNS)
    spoken = sum(span.stop - span.start for span in found.speech)
    share = spoken / (window.end - window.start)
    label = f"Loudness over time; somebody speaks for {share:.0%} of the time"
    return SoundRow(share, timelines.waveform(found, window, label))


def _timeline(line: str, au: str, top: float, window: Window, result: Result | None) -> Markup:
    label = f"{au}, {WORDS[au]}, over time"
    if result is None:
        return timelines.chart(line, top, label)
    height = round(top * timelines.Y_UNITS)
    shaded = timelines.shading(result.violations, window, height)
    return timelines.chart(line, top, label, (result.lower, result.upper), shaded)


def _top(signals: Floats, results: Iterable[Result], scale: str) -> float:
    """One scale for all, so that they can be compared; as low as the values allow."""
    bounds = [
        bound for result in results for bound in (result.lower, result.upper) if bound is not None
    ]
    most = max([float(signals.max()) if signals.size else 0.0, *bounds])
    if scale != "intensity":
        return min(charts.nice(max(most, 0.2)), 1.0)
    return min(max(math.ceil(most * 2) / 2, 0.5), INTENSITY_MAX)


def _slices(track: Track, signals: Floats, window: Window) -> list[Slice]:
    found = []
    width = (window.end - window.start) / SLICES
    for index in range(SLICES):
        start = window.start + index * width
        first, last = track.times.searchsorted([start, start + width])
        part = signals[first:last]
        means = part.mean(axis=0).tolist() if len(part) else [None] * signals.shape[1]
        found.append(Slice(start, means))
    return found
