"""Charts as SVG: pure functions from numbers to markup.

They stretch to the place that the style sheet gives them (`preserveAspectRatio="none"`, lines of
constant width), so they hold no text: numbers stand beside them, in HTML, and in a table. Colours
are classes, because the page's policy allows no style in markup.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

WIDTH: Final = 1000  # units of a bullet chart
DOTTED: Final = 60  # windows that are drawn as dots; more are a line
DRAWN: Final = 120  # columns of which lowest and highest are drawn, where there are more windows


@dataclass(frozen=True, slots=True)
class Scale:
    """What the ends of a chart stand for."""

    low: float
    high: float

    def place(self, value: float, units: int = WIDTH) -> int:
        """Units from the start; a value beyond the scale is at its end."""
        share = (value - self.low) / (self.high - self.low)
        return round(min(max(share, 0.0), 1.0) * units)


def scale_for(
    values: Sequence[float | None],
    low: float | None = 0.0,
    high: float | None = None,
    *,
    most: float | None = None,
) -> Scale:
    """From `low` to `high`; an open end takes in all values with some room, up to `most`."""
    known = [value for value in values if value is not None]
    bottom = low if low is not None else min([0.0, *known])
    top = high if high is not None else nice(max([bottom, *known]) * 1.15)
    top = top if most is None else min(top, most)
    return Scale(bottom, top if top > bottom else bottom + 1.0)


def nice(value: float) -> float:
    """The next round number: 1, 2, 2.5, 5 or 10 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 1.0
    while value > power * 10:
        power *= 10
    while value <= power:
        power /= 10
    return next(power * step for step in (1, 2, 2.5, 5, 10) if value <= power * step * (1 + 1e-9))


def bullet(
    scale: Scale,
    value: float | None,
    band: tuple[float | None, float | None] | None,
    label: str,
    *,
    kind: str = "",
    spread: tuple[float, float] | None = None,
) -> Markup:
    """A value on its scale, in front of the band in which it should lie.

    An open end of the band reaches to the end of the scale. `spread` is drawn as a thin line, of
    a clip's 5th to 95th percentile.
    """
    parts = [Markup('<path class="axis" d="M0 12h1000"/>')]
    if band is not None:
        parts.append(_upright(scale, band))
    if spread is not None:
        start, end = (scale.place(each) for each in spread)
        parts.append(Markup('<path class="spread" d="M{} 12h{}"/>').format(start, end - start))
    if value is not None:
        parts.append(Markup('<path class="value" d="M{} 2v20"/>').format(scale.place(value)))
    return _wide("bullet", kind, label, parts)


def change(
    scale: Scale,
    before: float | None,
    after: float | None,
    band: tuple[float | None, float | None] | None,
    label: str,
    *,
    kind: str = "",
) -> Markup:
    """Two values on one scale, the later one drawn stronger, and the way between them."""
    parts = [Markup('<path class="axis" d="M0 12h1000"/>')]
    if band is not None:
        parts.append(_upright(scale, band))
    if before is not None and after is not None:
        start, end = scale.place(before), scale.place(after)
        parts.append(Markup('<path class="way" d="M{} 12h{}"/>').format(start, end - start))
    if before is not None:
        parts.append(Markup('<path class="before" d="M{} 5v14"/>').format(scale.place(before)))
    if after is not None:
        parts.append(Markup('<path class="value" d="M{} 2v20"/>').format(scale.place(after)))
    return _wide("bullet", kind, label, parts)


def sparkline(
    scale: Scale,
    values: Sequence[float | None],
    band: tuple[float | None, float | None] | None,
    label: str,
    *,
    kinds: Sequence[str | None] = (),
    breaks: Collection[int] = (),
) -> Markup:
    """Values one after the other, as builds over time; a missing one leaves a gap.

    `kinds` are classes of the single values. At `breaks`, indices of values, the line begins anew
    behind an upright one: what stands before is measured otherwise.
    """
    height = 200
    step = WIDTH / max(len(values) - 1, 1)
    line, gap = [], True
    dots: dict[str, list[str]] = {}  # by kind: one path each
    for index, value in enumerate(values):
        gap = gap or index in breaks
        if value is None:
            gap = True
            continue
        x = round(index * step) if len(values) > 1 else WIDTH // 2
        y = height - scale.place(value, height)
        line.append(f"{'M' if gap else 'L'}{x} {y}")
        kind = kinds[index] if index < len(kinds) else None
        dots.setdefault(kind or "", []).append(f"M{x} {y}h0")
        gap = False
    parts = [_level(scale, band, height)] if band is not None else []
    parts += [
        Markup('<path class="break" d="M{} -14v228"/>').format(round((index - 0.5) * step))
        for index in breaks
    ]
    parts.append(Markup('<path class="trace" d="{}"/>').format("".join(line)))
    parts += [
        Markup('<path class="dot {}" d="{}"/>').format(kind, "".join(places))
        for kind, places in dots.items()
    ]
    return Markup(
        '<svg class="spark" viewBox="-14 -14 1028 228" preserveAspectRatio="none" role="img" '
        'aria-label="{}">{}</svg>'
    ).format(label, Markup().join(parts))


@dataclass(frozen=True, slots=True)
class Series:
    """Windows of a measure over a clip."""

    times: Sequence[float]  # [s] their middles
    values: Sequence[float]
    out: Sequence[bool]  # beyond what is expected by themselves
    duration: float  # [s] of the clip


def windows(
    scale: Scale,
    series: Series,
    value: float | None,
    band: tuple[float | None, float | None],
    label: str,
) -> Markup:
    """A measure's windows over the clip in front of its band; a line across: all together."""
    height = 100
    length = max([series.duration, *series.times]) or 1.0
    points = [
        (round(time / length * WIDTH), height - scale.place(each, height), out)
        for time, each, out in zip(series.times, series.values, series.out, strict=True)
    ]
    parts = [_level(scale, band, height)]
    if value is not None:
        y = height - scale.place(value, height)
        parts.append(Markup('<path class="mean" d="M-14 {}h1028"/>').format(y))
    line = "L".join(f"{x} {y}" for x, y, _ in _columns(points))
    parts.append(Markup('<path class="trace" d="M{}"/>').format(line))
    if len(points) <= DOTTED:
        parts.append(_dots([point for point in points if not point[2]], ""))
    parts.append(_dots([point for point in points if point[2]][:DRAWN], "not_within"))
    return Markup(
        '<svg class="spark windows" viewBox="-14 -8 1028 116" preserveAspectRatio="none" '
        'role="img" aria-label="{}">{}</svg>'
    ).format(label, Markup().join(parts))


def _dots(points: Sequence[tuple[int, int, bool]], kind: str) -> Markup:
    if not points:
        return Markup()
    path = "".join(f"M{x} {y}h0" for x, y, _ in points)
    return Markup('<path class="dot {}" d="{}"/>').format(kind, path)


def _columns(points: Sequence[tuple[int, int, bool]]) -> Sequence[tuple[int, int, bool]]:
    """Thinned out: the lowest and the highest of each column, in order of time."""
    if len(points) <= 2 * DRAWN:
        return points
    size = -(-len(points) // DRAWN)
    kept = []
    for start in range(0, len(points), size):
        part = points[start : start + size]
        ends = {min(part, key=lambda p: p[1]), max(part, key=lambda p: p[1])}
        kept.extend(sorted(ends))
    return kept


def _upright(scale: Scale, band: tuple[float | None, float | None]) -> Markup:
    """A band across a bullet chart, with an edge at each bound."""
    start = 0 if band[0] is None else scale.place(band[0])
    end = WIDTH if band[1] is None else scale.place(band[1])
    area = Markup('<rect class="band" x="{}" y="4" width="{}" height="16"/>').format(
        start, max(end - start, 3)
    )
    edges = [
        Markup('<path class="edge" d="M{} 2v20"/>').format(scale.place(bound))
        for bound in band
        if bound is not None
    ]
    return Markup().join([area, *edges])


def _level(scale: Scale, band: tuple[float | None, float | None], height: int) -> Markup:
    """A band along a line chart."""
    bottom = height if band[0] is None else height - scale.place(band[0], height)
    top = 0 if band[1] is None else height - scale.place(band[1], height)
    return Markup('<rect class="band" x="-14" y="{}" width="1028" height="{}"/>').format(
        top, max(bottom - top, 2)
    )


def _wide(name: str, kind: str, label: str, parts: Sequence[Markup]) -> Markup:
    return Markup(
        '<svg class="{} {}" viewBox="0 0 1000 24" preserveAspectRatio="none" role="img" '
        'aria-label="{}">{}</svg>'
    ).format(name, kind, label, Markup().join(parts))
