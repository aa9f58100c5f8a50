"""From measures to Action Units: movements, a face's own neutral, intensities, presences."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.engines.mediapipe import measures
from shared.engines.mediapipe.formulas import FORMULAS, TEXTURES
from shared.engines.mediapipe.records import Records
from shared.measurements.action_units import INTENSITIES, INTENSITY_MAX, PRESENCES

Array = NDArray[np.float64]

PRESENT_FROM: Final = 1.0  # FACS intensity A, a trace

# AU28 has no intensity: the lips are rolled in over the teeth, so little of their red is seen.
SUCKED_THICKNESS: Final = 7.0  # of both lips [units]; the reference face has 14.7
SUCKED_GAP: Final = 2.5  # between them [units]

_HISTOGRAM_REACH: Final = 75.0  # no movement is further from the reference face's [units]
_HISTOGRAM_STEP: Final = 0.05  # [units]; 0.2 MB for a face

_COLUMNS: Final = (*measures.NAMES, *TEXTURES)


def _weights(side: str) -> Array:
    """(len(_COLUMNS), 17) weights for one half of the face."""
    weights = np.zeros((len(_COLUMNS), len(INTENSITIES)))
    for unit, au in enumerate(INTENSITIES):
        for name, weight in FORMULAS[au].terms.items():
            column = name if name in _COLUMNS else f"{name}_{side}"
            weights[_COLUMNS.index(column), unit] = weight
    return weights


_RIGHT: Final = _weights("right")
_LEFT: Final = _weights("left")
_TABLE: Final = [FORMULAS[au] for au in INTENSITIES]
_BOTH: Final = np.array([formula.sides == "both" for formula in _TABLE])
_FULL: Final = np.array([formula.full for formula in _TABLE])
_REST: Final = np.array([formula.rest for formula in _TABLE])
_SLACK: Final = np.array([formula.slack for formula in _TABLE])
_INHIBITED: Final = np.array([formula.inhibited for formula in _TABLE])
_SMILE: Final = INTENSITIES.index("AU12")
_BITS: Final = np.array([1 << PRESENCES.index(au) for au in INTENSITIES])
_LIPS: Final = [measures.NAMES.index(f"{lip}_lip_thickness") for lip in ("upper", "lower")]
_LIP_GAP: Final = measures.NAMES.index("lip_gap")


def movements(records: Records, *, still: bool) -> Array:
    """(n, 17) movements [units] of `n` records."""
    textures = [
        np.zeros(len(records)) if still else records[name].astype(np.float64) for name in TEXTURES
    ]
    return _combine(np.column_stack((records["measures"].astype(np.float64), *textures)))


def _combine(columns: Array) -> Array:
    right, left = columns @ _RIGHT, columns @ _LEFT
    result: Array = np.where(_BOTH, np.minimum(right, left), (right + left) / 2)
    return result


REFERENCE: Final[Array] = _combine(np.append(measures.reference(), [0.0] * len(TEXTURES))[None])[0]
"""(17,) movements of the reference face: the neutral of a face that is seen only once."""


def intensities(moved: Array, neutral: Array) -> Array:
    """(n, 17) intensities 0..5, to 2 decimals, of movements (n, 17) against neutral ones."""
    change = moved - neutral - _SLACK
    smile = np.maximum(change[:, _SMILE : _SMILE + 1], 0.0)
    scaled = INTENSITY_MAX * (change - _INHIBITED * smile) / _FULL
    result: Array = np.clip(scaled, 0.0, INTENSITY_MAX).round(2)
    return result


def presences(values: Array, records: Records) -> NDArray[np.int64]:
    """(n,) bit masks over `action_units.PRESENCES`."""
    masks: NDArray[np.int64] = ((values >= PRESENT_FROM) * _BITS).sum(axis=1)
    measured = records["measures"]
    thin = measured[:, _LIPS].sum(axis=1) < SUCKED_THICKNESS
    masks[thin & (measured[:, _LIP_GAP] < SUCKED_GAP)] |= 1 << PRESENCES.index("AU28")
    return masks


class NeutralEstimate:
    """A face's neutral movements over a clip, in memory that does not depend on its length.

    The percentile of each Action Unit's movement that its formula names, from a histogram.
    """

    def __init__(self) -> None:
        bins = round(2 * _HISTOGRAM_REACH / _HISTOGRAM_STEP)
        self._counts = np.zeros((len(INTENSITIES), bins), dtype=np.int32)

    def add(self, moved: Array) -> None:
        bins = self._counts.shape[1]
        cells = np.clip((moved - REFERENCE + _HISTOGRAM_REACH) / _HISTOGRAM_STEP, 0, bins - 1)
        for unit, column in enumerate(cells.astype(np.int64).T):
            self._counts[unit] += np.bincount(column, minlength=bins).astype(np.int32)

    def result(self) -> Array:
        """(17,) neutral movements; those of the reference face where nothing was added."""
        total = int(self._counts[0].sum())
        if total == 0:
            return REFERENCE
        edges = np.arange(1, self._counts.shape[1] + 1) * _HISTOGRAM_STEP - _HISTOGRAM_REACH
        change = [
            np.interp(rest / 100 * total, counts.cumsum(), edges)
            for rest, counts in zip(_REST, self._counts, strict=True)
        ]
        result: Array = REFERENCE + np.array(change)
        return result
