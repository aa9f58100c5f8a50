"""Measures of one Action Unit: how strong, how strong at its peaks, how varied, how often.

Levels and percentiles are over confident frames, as in `data_entry`; shares are of time.
"""

from typing import Final

import numpy as np

from shared.analysis.statistics import FRAME_DECIMALS, Mean, Quantiles, Statistic
from shared.analysis.track import Track

PEAK_PERCENT: Final = 95.0
"""A peak is the 95th percentile: the strongest frame of a clip is more often an error."""


def level(track: Track, au: str) -> Statistic:
    return Mean(track.intensity(au), np.ones(len(track)), track.times)


def peak(track: Track, au: str) -> Statistic:
    return Quantiles(track.intensity(au), track.times, {PEAK_PERCENT: 1.0}, FRAME_DECIMALS)


def spread(track: Track, au: str) -> Statistic:
    percents = {PEAK_PERCENT: 1.0, 100 - PEAK_PERCENT: -1.0}
    return Quantiles(track.intensity(au), track.times, percents, FRAME_DECIMALS)


def presence(track: Track, au: str) -> Statistic:
    return Mean(track.covers * track.presence(au), track.covers, track.times)
