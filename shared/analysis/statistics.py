"""What a measure comes to: a number that can say how it would vary.

A statistic holds the items that its value is made of (frames, blinks, smiles, windows) and when
each was. Its value is computed from all of them. To tell how far chance moves it, time is cut into
blocks and the blocks are drawn again with replacement (block bootstrap; Kuensch 1989, Annals of
Statistics 17:1217, here with blocks that do not overlap): neighbouring frames resemble each other,
so single frames must not be drawn. `resampled` takes the draws as counts per block and computes all
of them at once, from sums or histograms per block, without building a single resampled clip.

    Mean       sum of numerators / sum of denominators (levels, shares, rates, energies)
    Ratio      one mean / another (the mouth in silence / in speech)
    Quantiles  a weighted sum of percentiles (peak, range, medians)
    Extreme    the most extreme moment of a clip; drawing again says nothing about it
    Windows    the mean over windows of a logarithm or a root (how a face moves)
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from shared.analysis.series import Floats

Blocks = Callable[[Floats], NDArray[np.intp]]
"""Times [s] to the number of the block that each falls in."""

Counts = NDArray[np.int64]
"""[draws, blocks]: how often each block was drawn."""

DECIMALS: Final = 6
"""Values and bounds are rounded to this before they are compared and stored: far finer than any
engine measures, and coarse enough that 0.3 stored in 4 bytes is still 0.3 ("on the bound")."""

FRAME_DECIMALS: Final = 2
"""Histograms of intensities use the resolution of `openface.csv`."""


def rounded(value: float) -> float:
    return round(float(value), DECIMALS) + 0.0  # -0.0 becomes 0.0


@dataclass(frozen=True, slots=True)
class Mean:
    """Sum of `numerators` over sum of `denominators`, which is not 0."""

    numerators: Floats  # [k]
    denominators: Floats  # [k]
    times: Floats  # [k] in s
    factor: float = 1.0
    at: float | None = None

    @property
    def value(self) -> float:
        return self.factor * float(self.numerators.sum() / self.denominators.sum())

    def resampled(self, counts: Counts, blocks: Blocks) -> Floats:
        """[draws]; NaN for a draw in which nothing was seen."""
        places = blocks(self.times)
        size = counts.shape[1]
        above = counts @ np.bincount(places, self.numerators, size)
        below = counts @ np.bincount(places, self.denominators, size)
        with np.errstate(divide="ignore", invalid="ignore"):
            quotients: Floats = np.where(below > 0, self.factor * above / below, np.nan)
        return quotients


@dataclass(frozen=True, slots=True)
class Quantiles:
    """The sum of percentiles of `values`, each times a factor: {95: 1, 5: -1} is a range."""

    values: Floats  # [k]
    times: Floats  # [k] in s
    percents: dict[float, float]
    decimals: int = DECIMALS  # of the values, where they are counted into a histogram
    at: float | None = None

    @property
    def value(self) -> float:
        found = np.percentile(self.values, list(self.percents))
        return float(found @ np.array(list(self.percents.values())))

    def resampled(self, counts: Counts, blocks: Blocks) -> Floats:
        """[draws]; NaN for a draw without any value."""
        levels, items = np.unique(np.round(self.values, self.decimals), return_inverse=True)
        size = counts.shape[1], len(levels)
        cells = blocks(self.times) * size[1] + items
        histogram = np.bincount(cells, minlength=size[0] * size[1]).reshape(size)
        # float64 holds these whole numbers exactly, and its product is many times faster
        drawn = counts.astype(np.float64) @ histogram.astype(np.float64)
        below = drawn.cumsum(axis=1)  # values at or below each level
        result = np.zeros(len(counts))
        for percent, factor in self.percents.items():
            result += factor * _percentile(levels, below, percent)
        return result


def _percentile(levels: Floats, below: Floats, percent: float) -> Floats:
    """Per row, numpy's (linear) percentile of a sample given by its cumulative histogram."""
    total = below[:, -1]
    position = np.maximum(percent / 100 * (total - 1), 0)
    lower = np.floor(position)
    upper = np.minimum(lower + 1, np.maximum(total - 1, 0))
    last = len(levels) - 1

    def item(index: Floats) -> Floats:
        """The value at a place of the sorted sample: the first level with more below it."""
        found = (below <= index[:, None]).sum(axis=1)
        values: Floats = levels[np.minimum(found, last)]
        return values

    low, high = item(lower), item(upper)
    return np.where(total > 0, low + (high - low) * (position - lower), np.nan)


@dataclass(frozen=True, slots=True)
class Ratio:
    """One mean over another, each a `Mean` whose value is above 0."""

    above: Mean
    below: Mean

    @property
    def at(self) -> None:
        return None

    @property
    def value(self) -> float:
        return self.above.value / self.below.value

    def resampled(self, counts: Counts, blocks: Blocks) -> Floats:
        """[draws]; NaN for a draw in which either was not seen."""
        above, below = (each.resampled(counts, blocks) for each in (self.above, self.below))
        with np.errstate(divide="ignore", invalid="ignore"):
            quotients: Floats = np.where(below > 0, above / below, np.nan)
        return quotients


@dataclass(frozen=True, slots=True)
class Extreme:
    """The one most extreme moment."""

    value: float
    at: float | None = None  # [s] when it began

    def resampled(self, counts: Counts, blocks: Blocks) -> Floats | None:  # noqa: ARG002
        """None: the most extreme of drawn blocks is at most that of the clip, never beyond."""
        return None


Scale = Literal["ln", "sqrt"]
"""On which a measure's values scatter evenly: the logarithm of an amount, the root of a count."""


def scaled(values: Floats, scale: Scale) -> Floats:
    return np.log(values) if scale == "ln" else np.sqrt(values)


def unscaled(value: float, scale: Scale) -> float:
    """Back in the measure's unit; below no count at all is no count at all."""
    return float(np.exp(value)) if scale == "ln" else max(0.0, value) ** 2


@dataclass(frozen=True, slots=True)
class Windows:
    """One value for each window of a clip; theirs on `scale` are averaged."""

    values: Floats  # [k] in the measure's unit; above 0 where the scale is a logarithm
    times: Floats  # [k] in s: the middle of each window
    scale: Scale
    at: float | None = None

    @property
    def scaled(self) -> Floats:
        """[k] on `scale`."""
        return scaled(self.values, self.scale)

    @property
    def value(self) -> float:
        return unscaled(float(self.scaled.mean()), self.scale)

    def resampled(self, counts: Counts, blocks: Blocks) -> Floats:
        """[draws]; NaN for a draw without any window."""
        found = Mean(self.scaled, np.ones(len(self.values)), self.times).resampled(counts, blocks)
        result: Floats = np.exp(found) if self.scale == "ln" else found**2
        return result


Statistic = Mean | Ratio | Quantiles | Extreme | Windows


@dataclass(frozen=True, slots=True)
class NotMeasured:
    """Why there is no value, as a sentence."""

    reason: str
