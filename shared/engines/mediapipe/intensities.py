"""From measures to Action Units: movements, a face's own neutral, intensities, presences."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.engines.action_units import INTENSITIES, INTENSITY_MAX, PRESENCES
from shared.engines.mediapipe import measures
from shared.engines.mediapipe.formulas import FORMULAS, SMILE

Array = NDArray[np.float64]

PRESENT_FROM: Final = 1.0  # FACS intensity A, a trace
SUCKED_THICKNESS: Final = 7.0  # red of both lips [units]; the reference face has 14.7
SUCKED_GAP: Final = 2.5  # [units]

_HISTOGRAM_REACH: Final = 150.0  # no movement is larger [units]
_HISTOGRAM_STEP: Final = 0.02  # [units]: under 0.02 of intensity for every Action Unit


def _weights(terms: dict[str, float]) -> tuple[Array, Array]:
    """Columns of weights over `measures.NAMES` for the right and the left half of the face."""
    halves = np.zeros((2, len(measures.NAMES)))
    for name, weight in terms.items():
        for side, half in enumerate(("right", "left")):
            column = name if name in measures.NAMES else f"{name}_{half}"
            halves[side, measures.NAMES.index(column)] += weight
    return halves[0], halves[1]


_RIGHT: Final = np.array([_weights(FORMULAS[au].terms)[0] for au in INTENSITIES]).T
_LEFT: Final = np.array([_weights(FORMULAS[au].terms)[1] for au in INTENSITIES]).T
_LARGER: Final = np.array([FORMULAS[au].sides == "larger" for au in INTENSITIES])
_SMILE: Final = np.add(*_weights(SMILE)) / 2
_FULL: Final = np.array([FORMULAS[au].full for au in INTENSITIES])
_REST: Final = np.array([FORMULAS[au].rest for au in INTENSITIES])
_INHIBITED: Final = np.array([FORMULAS[au].inhibited for au in INTENSITIES])
_LIPS: Final = [measures.NAMES.index(f"{lip}_lip_thickness") for lip in ("upper", "lower")]
_LIP_GAP: Final = measures.NAMES.index("lip_gap")
_AU12: Final = INTENSITIES.index("AU12")
_BITS: Final = np.array([1 << PRESENCES.index(au) for au in INTENSITIES])


def movements(measured: NDArray[np.float32]) -> Array:
    """(n, 17) movements [units] of `n` faces' measures."""
    exact = measured.astype(np.float64)
    right, left = exact @ _RIGHT, exact @ _LEFT
    result: Array = np.where(_LARGER, np.maximum(right, left), (right + left) / 2)
    return result


def intensities(moved: Array, neutral: Array) -> Array:
    """(n, 17) intensities 0..5 of movements (n, 17) against neutral ones."""
    change = moved - neutral
    smile = np.maximum(change[:, _AU12], 0.0)
    change = change - _INHIBITED * smile[:, None]
    result: Array = np.clip(INTENSITY_MAX * change / _FULL, 0.0, INTENSITY_MAX).round(2)
    return result


def presences(values: Array, measured: NDArray[np.float32]) -> NDArray[np.int64]:
    """(n,) bit masks over `action_units.PRESENCES`.

    AU28, which has no intensity: both lips are rolled in over the teeth, so that little of them is
    seen, and none of the gap between them.
    """
    masks: NDArray[np.int64] = ((values >= PRESENT_FROM) * _BITS).sum(axis=1)
    thickness = measured[:, _LIPS].sum(axis=1)
    sucked = (thickness < SUCKED_THICKNESS) & (measured[:, _LIP_GAP] < SUCKED_GAP)
    masks[sucked] |= 1 << PRESENCES.index("AU28")
    return masks


REFERENCE_MOVEMENTS: Final[Array] = movements(
    np.array([[measures.REFERENCE[name] for name in measures.NAMES]], dtype=np.float32)
)[0]
"""(17,) movements of the reference face: the neutral of a face that is seen only once."""


class NeutralEstimate:
    """A face's neutral movements over a clip, in memory that does not depend on its length.

    The percentile of each Action Unit's movement that its formula names, from a histogram.
    """

    def __init__(self) -> None:
        bins = round(2 * _HISTOGRAM_REACH / _HISTOGRAM_STEP)
        self._counts = np.zeros((len(INTENSITIES), bins), dtype=np.int32)

    def add(self, moved: Array) -> None:
        relative = (moved - REFERENCE_MOVEMENTS + _HISTOGRAM_REACH) / _HISTOGRAM_STEP
        cells = np.clip(relative, 0, self._counts.shape[1] - 1).astype(np.int64)
        for row, column in zip(self._counts, cells.T, strict=True):
            np.add.at(row, column, 1)

    def result(self) -> Array:
        """(17,) neutral movements; those of the reference face where nothing was added."""
        total = int(self._counts[0].sum())
        if total == 0:
            return REFERENCE_MOVEMENTS
        running = self._counts.cumsum(axis=1)
        wanted = np.ceil(_REST / 100 * total).clip(1, total)
        cells = np.array(
            [np.searchsorted(row, want) for row, want in zip(running, wanted, strict=True)]
        )
        return (cells + 0.5) * _HISTOGRAM_STEP - _HISTOGRAM_REACH + REFERENCE_MOVEMENTS
