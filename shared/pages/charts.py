"""Charts as SVG: pure functions from numbers to markup.

They stretch to the place that the style sheet gives them (`preserveAspectRatio="none"`, lines of
constant width), so they hold no text: numbers stand beside them, in HTML, and in a table. Colours
are classes, because the page's policy allows no style in markup.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

WIDTH: Final = 1000  # units of a bullet chart
HEIGHT: Final = 24


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
    values: Sequence[float | None], low: float | None = 0.0, high: float | None = None
) -> Scale:
    """From `low` to `high`; an open end takes in all values with some room beside them."""
    known = [value for value in values if value is not None]
    bottom = low if low is not None else min([0.0, *known])
    top = high if high is not None else nice(max([bottom, *known]) * 1.15)
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
        start = 0 if band[0] is None else scale.place(band[0])
        end = WIDTH if band[1] is None else scale.place(band[1])
        parts.append(
            Markup('<rect class="band" x="{}" y="4" width="{}" height="16"/>').format(
                start, max(end - start, 3)
            )
        )
        parts.extend(
            Markup('<path class="edge" d="M{} 2v20"/>').format(scale.place(bound))
            for bound in band
            if bound is not None
        )
    if spread is not None:
        start, end = (scale.place(each) for each in spread)
        parts.append(Markup('<path class="spread" d="M{} 12h{}"/>').format(start, end - start))
    if value is not None:
        parts.append(Markup('<path class="value" d="M{} 2v20"/>').format(scale.place(value)))
    return Markup(
        '<svg class="bullet {}" viewBox="0 0 1000 24" preserveAspectRatio="none" role="img" '
        'aria-label="{}">{}</svg>'
    ).format(kind, label, Markup().join(parts))


def sparkline(
    scale: Scale,
    values: Sequence[float | None],
    band: tuple[float | None, float | None] | None,
    label: str,
) -> Markup:
    """Values one after the other, as builds over time; a missing one leaves a gap."""
    step = WIDTH / max(len(values) - 1, 1)
    points = [
        (round(index * step) if len(values) > 1 else WIDTH // 2, 200 - scale.place(value, 200))
        for index, value in enumerate(values)
        if value is not None
    ]
    line, previous = [], None
    for index, value in enumerate(values):
        if value is None:
            previous = None
            continue
        x = round(index * step) if len(values) > 1 else WIDTH // 2
        line.append(f"{'M' if previous is None else 'L'}{x} {200 - scale.place(value, 200)}")
        previous = value
    parts = [_band(scale, band, 200)] if band is not None else []
    parts.append(Markup('<path class="trace" d="{}"/>').format("".join(line)))
    parts.extend(Markup('<path class="dot" d="M{} {}h0"/>').format(x, y) for x, y in points)
    return Markup(
        '<svg class="spark" viewBox="-12 -8 1024 216" preserveAspectRatio="none" role="img" '
        'aria-label="{}">{}</svg>'
    ).format(label, Markup().join(parts))


def _band(scale: Scale, band: tuple[float | None, float | None], height: int) -> Markup:
    bottom = height if band[0] is None else height - scale.place(band[0], height)
    top = 0 if band[1] is None else height - scale.place(band[1], height)
    return Markup('<rect class="band" x="-12" y="{}" width="1024" height="{}"/>').format(
        top, max(bottom - top, 2)
    )
