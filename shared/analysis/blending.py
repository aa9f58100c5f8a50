"""Every second picture a blend of its neighbours: half as many, or half as fast, as it seems.

A camera's picture differs from the mean of its neighbours: by its grain, by what moves, by what
encoding did to it; those with an even number as much as those with an odd one. A blend differs by
what encoding did alone. So the two halves of a clip's pictures are compared with each other, and
neither how much a face moves nor how a clip is encoded matters.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from shared.analysis.series import Floats32

SECONDS: Final = 3.0  # in which pictures are compared
MIN_KNOWN: Final = 0.8
LEAST: Final = 0.1  # [levels] keeps the ratio of pictures that stand near 1


def steadier(unsteadiness: Floats32, fps: float) -> Iterator[tuple[int, int, float]]:
    """First and last picture of every window, and how unsteady its steadier half is, as a ratio.

    `unsteadiness` [n] of pictures that follow each other. Windows overlap by half.
    """
    squares = unsteadiness.astype(np.float64) ** 2
    length = round(SECONDS * fps)
    for start in range(0, len(squares) - length + 1, length // 2):
        part = squares[start : start + length]
        halves = part[::2], part[1::2]
        if min(np.isfinite(half).mean() for half in halves) >= MIN_KNOWN:
            even, odd = (float(np.sqrt(np.nanmean(half))) + LEAST for half in halves)
            yield start, start + length - 1, min(even, odd) / max(even, odd)
