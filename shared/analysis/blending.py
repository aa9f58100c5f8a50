"""Every second or third picture a blend of its neighbours: fewer, or slower, than it seems.

A camera's picture differs from the mean of its neighbours: by its grain, by what moves, by what
encoding did to it; every second one as much as the others. A blend differs by what encoding did
alone. So pictures of a clip are compared with each other, each second or third with those between,
and neither how much a face moves nor how a clip is encoded matters.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from shared.analysis.series import Floats, Floats32

SECONDS: Final = 3.0  # in which pictures are compared
PERIODS: Final = (2, 3)  # [pictures] from one blend to the next
MIN_KNOWN: Final = 0.8
LEAST: Final = 0.1  # [levels] keeps the ratio of pictures that stand near 1


def steadier(unsteadiness: Floats32, fps: float) -> Iterator[tuple[int, int, float]]:
    """First and last picture of every window, and how unsteady its steadiest are, as a ratio.

    `unsteadiness` [n] of pictures that follow each other. The steadiest are those at every second
    or third place; the ratio, of geometric means, is to the next steadiest. Windows overlap by
    half.
    """
    logs = np.log(unsteadiness.astype(np.float64) + LEAST)
    length = round(SECONDS * fps)
    for start in range(0, len(logs) - length + 1, length // 2):
        part = logs[start : start + length]
        if all(_known(part, period) for period in PERIODS):
            yield start, start + length - 1, min(_ratio(part, period) for period in PERIODS)


def _known(part: Floats, period: int) -> bool:
    return all(np.isfinite(part[turn::period]).mean() >= MIN_KNOWN for turn in range(period))


def _ratio(part: Floats, period: int) -> float:
    means = sorted(float(np.nanmean(part[turn::period])) for turn in range(period))
    return float(np.exp(means[0] - means[1]))
