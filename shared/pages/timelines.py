"""Action Units over time: thinned out on the server, drawn as SVG.

A clip of ten minutes has 18,000 frames, a chart some hundred pixels. Frames are put into columns;
of each column its lowest and its highest value are drawn, so no peak is lost. A clip that is short
enough is drawn frame by frame.

The path is the data: x is `X_UNITS` over the time that is shown, y is hundredths of intensity, from
the top of the scale downwards. A script reads the values under the pointer from it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from shared.analysis.report import Violation
from shared.analysis.series import Floats
from shared.analysis.sound_timeline import SoundTimeline
from shared.analysis.track import Track

COLUMNS: Final = 320
X_UNITS: Final = 2000
Y_UNITS: Final = 100  # per unit of intensity: the resolution of `openface.csv`

LEAST_SHADED: Final = 5
"""Units of x; else a single frame of a long clip could not be seen or hit."""

HALF_HEIGHT: Final = 100
"""Units of y from silence to the loudest there can be."""

LEAST_HIT: Final = 30
"""Units of x; that wide is a time for the pointer, however short it is."""

LANE: Final = 100
"""Units of y of a lane."""

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Window:
    """The time that is shown [s]."""

    start: float
    end: float

    def x(self, times: Floats) -> Ints:
        places: Ints = np.rint((times - self.start) / (self.end - self.start) * X_UNITS).astype(
            np.int64
        )
        return places


@dataclass(frozen=True, slots=True)
class Lines:
    """Several signals of one face, thinned out together."""

    x: Ints  # [points]
    values: Floats  # [points, signals]
    breaks: Ints  # points that begin a new line: the face was not seen before them
    columns: bool  # two points a column, its lowest and highest; else a point a frame


def thinned(track: Track, signals: Floats, window: Window, columns: int = COLUMNS) -> Lines:
    """`signals` is [n, k], in the order of the track's frames."""
    first, last = np.searchsorted(track.times, [window.start, window.end], "left")
    first, last = max(int(first) - 1, 0), min(int(last) + 1, len(track))
    times, values = track.times[first:last], signals[first:last]
    begins = np.array([part.start - first for part in track.stretches], dtype=np.int64)
    begins = begins[(begins > 0) & (begins < len(times))]
    if len(times) <= 2 * columns:
        return Lines(window.x(times), values, begins, columns=False)
    width = (window.end - window.start) / columns
    bins = np.floor((times - window.start) / width).astype(np.int64)
    starts = np.flatnonzero(np.diff(bins, prepend=bins[0] - 1))
    lows = np.minimum.reduceat(values, starts, axis=0)
    highs = np.maximum.reduceat(values, starts, axis=0)
    ends = np.append(starts[1:], len(times)) - 1
    rising = values[ends] >= values[starts]
    points = np.empty((2 * len(starts), values.shape[1]))
    points[0::2] = np.where(rising, lows, highs)
    points[1::2] = np.where(rising, highs, lows)
    middle = window.start + (bins[starts] + 0.25) * width
    x = window.x(np.column_stack([middle, middle + width / 2]).ravel())
    breaks = np.unique(np.searchsorted(starts, begins, "right") - 1) * 2
    return Lines(x, points, breaks[breaks > 0], columns=True)


def path(lines: Lines, signal: int, top: float) -> str:
    """One signal as the data of an SVG path, in whole numbers and relative to save bytes."""
    if not len(lines.x):
        return ""
    y = np.rint((top - lines.values[:, signal]) * Y_UNITS).astype(np.int64)
    steps = np.column_stack([np.diff(lines.x, prepend=0), np.diff(y, prepend=0)])
    edges = [0, *lines.breaks.tolist(), len(y)]
    parts = []
    for start, end in pairwise(edges):
        rest = " ".join(map(str, steps[start + 1 : end].ravel().tolist()))
        parts.append(f"M{lines.x[start]} {y[start]}l{rest or '0 0'}".replace(" -", "-"))
    return "".join(parts)


def shading(violations: Sequence[Violation], window: Window, height: int) -> str:
    """The times of violations as the data of one path; those that touch on the screen are one."""
    shown = sorted(
        (item.start, item.end)
        for item in violations
        if item.end > window.start and item.start < window.end
    )
    places = window.x(np.clip(np.array(shown).reshape(-1, 2), window.start, window.end))
    spans: list[list[int]] = []
    for start, end in places.tolist():
        least = max(end, start + LEAST_SHADED)
        if spans and start <= spans[-1][1] + 1:
            spans[-1][1] = max(spans[-1][1], least)
        else:
            spans.append([start, least])
    return "".join(f"M{start} 0h{end - start}v{height}h{start - end}z" for start, end in spans)


def chart(
    line: str,
    top: float,
    label: str,
    band: tuple[float | None, float | None] | None = None,
    shaded: str = "",
) -> Markup:
    """One signal in front of its band; times outside of it are shaded."""
    height = round(top * Y_UNITS)
    room = max(height // 25, 1)  # for the width of a line at either end of the scale
    parts = []
    if band is not None:
        high = 0 if band[1] is None else max(round((top - band[1]) * Y_UNITS), 0)
        low = height if band[0] is None else min(round((top - band[0]) * Y_UNITS), height)
        parts.append(
            Markup('<rect class="band" x="-10" y="{}" width="{}" height="{}"/>').format(
                high,
                X_UNITS + 20,
                max(low - high, 2),  # its edges at the sides are out of sight
            )
        )
    if shaded:
        parts.append(Markup('<path class="violations" d="{}"/>').format(shaded))
    parts.append(Markup('<path class="trace" d="{}"/>').format(line))
    return Markup(
        '<svg class="timeline" viewBox="0 {} {} {}" preserveAspectRatio="none" role="img" '
        'aria-label="{}">{}</svg>'
    ).format(-room, X_UNITS, height + 2 * room, label, Markup().join(parts))


@dataclass(frozen=True, slots=True)
class Link:
    """A time that can be gone to."""

    start: float  # [s]
    end: float
    address: str
    label: str


def moments(shaded: str, links: Sequence[Link], window: Window, label: str) -> Markup:
    """A lane whose times are links, wide enough to be hit."""
    parts = [Markup('<path class="violations" d="{}"/>').format(shaded)]
    for link in sorted(links, key=lambda item: item.start):
        start, end = window.x(np.array([link.start, link.end])).tolist()
        start = max(min(start, X_UNITS - LEAST_HIT), 0)
        parts.append(
            Markup(
                '<a href="{}" data-play-from="{}" data-play-to="{}" aria-label="{}">'
                '<rect x="{}" y="0" width="{}" height="{}"/></a>'
            ).format(
                *(link.address, link.start, link.end, link.label),
                *(start, max(end - start, LEAST_HIT), LANE),
            )
        )
    return Markup(
        '<svg class="timeline lane moments" viewBox="0 0 {} {}" preserveAspectRatio="none" '
        'role="group" aria-label="{}">{}</svg>'
    ).format(X_UNITS, LANE, label, Markup().join(parts))


def lane(shaded: str, label: str) -> Markup:
    """Times alone, without a signal: when something was wrong."""
    return Markup(
        '<svg class="timeline lane" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" '
        'aria-label="{}"><path class="violations" d="{}"/></svg>'
    ).format(X_UNITS, LANE, label, shaded)


def waveform(found: SoundTimeline, window: Window, label: str) -> Markup:
    """How loud it is, in front of speech; the root of the amplitude, so that little is seen."""
    heights = np.rint(np.sqrt(np.clip(found.peaks, 0, 1)) * HALF_HEIGHT).astype(np.int64)
    edges = window.x(np.linspace(window.start, window.end, len(heights) + 1))
    bars = "".join(
        f"M{start} {HALF_HEIGHT - height}h{end - start}v{2 * height}h{start - end}z"
        for start, end, height in zip(
            edges[:-1].tolist(), edges[1:].tolist(), heights.tolist(), strict=True
        )
        if height
    )
    ends = window.x(np.array([(span.start, span.stop) for span in found.speech]).reshape(-1))
    speech = "".join(
        f"M{start} 0h{end - start}v{2 * HALF_HEIGHT}h{start - end}z"
        for start, end in zip(ends[::2].tolist(), ends[1::2].tolist(), strict=True)
    )
    return Markup(
        '<svg class="timeline sound" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" '
        'aria-label="{}"><path class="speech" d="{}"/><path class="loudness" d="{}"/></svg>'
    ).format(X_UNITS, 2 * HALF_HEIGHT, label, speech, bars)
