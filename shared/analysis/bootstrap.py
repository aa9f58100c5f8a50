"""Drawing the time of a clip again, block by block: how much of a value is chance.

Blocks are one second long, and in clips of more than ten minutes a 600th of the time in which the
face was seen. Facial movement resembles itself for about that long; blocks too short would make
intervals too narrow. Fewer than `MIN_BLOCKS` blocks say nothing.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.analysis.series import Floats
from shared.analysis.statistics import Counts, Statistic
from shared.analysis.track import Track

BLOCK_SECONDS: Final = 1.0
MAX_BLOCKS: Final = 600
MIN_BLOCKS: Final = 8
MIN_SECONDS: Final = MIN_BLOCKS * BLOCK_SECONDS  # of a face
DRAWS: Final = 1000
CONFIDENCE: Final = 0.95


class Resampling:
    """The draws of one face: the same for all of its measures. Same seed, same draws."""

    def __init__(self, track: Track, *seed: int) -> None:
        self.block_seconds = max(BLOCK_SECONDS, track.seconds / MAX_BLOCKS)
        self._start = float(track.times[0])
        self._present = np.unique(self._numbers(track.times))
        blocks = len(self._present)
        generator = np.random.default_rng(seed)
        self.counts: Counts = generator.multinomial(blocks, np.full(blocks, 1 / blocks), DRAWS)

    def _numbers(self, times: Floats) -> NDArray[np.int64]:
        numbers: NDArray[np.int64] = np.floor(
            (times - self._start) / self.block_seconds + 1e-9
        ).astype(np.int64)
        return numbers

    def blocks(self, times: Floats) -> NDArray[np.intp]:
        """The block that each time falls in; a time between two frames, in one of theirs."""
        places = np.searchsorted(self._present, self._numbers(times))
        return np.minimum(places, len(self._present) - 1)

    def draws(self, statistic: Statistic) -> Floats | None:
        """The statistic of each draw; None where drawing again says nothing about it."""
        return statistic.resampled(self.counts, self.blocks)


def resampling(track: Track, *seed: int) -> Resampling | None:
    """None where the face was seen for too short a time, or the clip has no times."""
    return None if too_short(track) else Resampling(track, *seed)


def too_short(track: Track) -> bool:
    return track.seconds < MIN_SECONDS - 1e-6


def interval(draws: Floats) -> tuple[float, float] | None:
    """The central `CONFIDENCE` of the draws; None where hardly any draw has a value."""
    draws = draws[np.isfinite(draws)]
    if len(draws) < DRAWS / 2:
        return None
    tail = (1 - CONFIDENCE) / 2 * 100
    low, high = np.percentile(draws, [tail, 100 - tail])
    return float(low), float(high)
