"""From measures and blendshapes to Action Units: movements, a face's own neutral, intensities.

Columns of movements and intensities: the units of `formulas.FORMULAS` for the whole face, then
those that either half can do alone (`HALVES`) for the right half, then for the left.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.engines.action_units import INTENSITIES, INTENSITY_MAX, PRESENCES
from shared.engines.mediapipe import blendshapes, measures
from shared.engines.mediapipe.formulas import FORMULAS, SCORES_AT_REST, TEXTURES, Formula
from shared.engines.mediapipe.records import Records

Array = NDArray[np.float64]

UNITS: Final = tuple(FORMULAS)
HALVES: Final = tuple(unit for unit in UNITS if FORMULAS[unit].halves)
COLUMNS: Final = (
    *UNITS,
    *(f"{unit}_right" for unit in HALVES),
    *(f"{unit}_left" for unit in HALVES),
)

PRESENT_FROM: Final = 1.0  # FACS intensity A, a trace

# AU28 has no intensity: the lips are rolled in over the teeth, so little of their red is seen.
SUCKED_THICKNESS: Final = 8.8  # of both lips [units]; the reference face has 18.4
SUCKED_GAP: Final = 2.7  # between them [units]

_HISTOGRAM_REACH: Final = 100.0  # no movement is further from the reference face's [units]
_HISTOGRAM_STEP: Final = 0.1  # [units]; 0.4 MB for a face

_SIDES: Final = ("right", "left")
_SOURCES: Final = (*measures.NAMES, *TEXTURES, *blendshapes.NAMES)


def _place(name: str, side: str) -> int:
    """The column of `_SOURCES` that holds a measure, a texture or a blendshape of one side."""
    for candidate in (name, f"{name}_{side}", f"{name}{side.capitalize()}"):
        if candidate in _SOURCES:
            return _SOURCES.index(candidate)
    raise ValueError(f"there is no {name}")


def _weights(side: str, *, still: bool) -> Array:
    """(len(_SOURCES), len(UNITS)) weights for one half of the face."""
    weights = np.zeros((len(_SOURCES), len(UNITS)))
    for column, formula in enumerate(FORMULAS.values()):
        geometry = formula.geometry(still=still)
        for name, weight in formula.terms.items():
            weights[_place(name, side), column] = weight * geometry
        scale = (1 - geometry) * formula.full / formula.score_full
        for name, weight in formula.scores.items():
            weights[_place(name, side), column] = weight * scale
    return weights


def _per_column(values: list[float]) -> Array:
    """One value per unit, repeated for the halves."""
    named = dict(zip(UNITS, values, strict=True))
    return np.array([named[column.split("_")[0]] for column in COLUMNS])


_WEIGHTS: Final = {
    still: tuple(_weights(side, still=still) for side in _SIDES) for still in (False, True)
}
_TABLE: Final[list[Formula]] = list(FORMULAS.values())
_BOTH: Final = np.array([formula.sides == "both" for formula in _TABLE])
_HALVED: Final = np.array([formula.halves for formula in _TABLE])
_FULL: Final = _per_column([formula.full for formula in _TABLE])
_REST: Final = _per_column([formula.rest for formula in _TABLE])
_SLACK: Final = _per_column([formula.slack for formula in _TABLE])
_INHIBITED: Final = _per_column(
    [formula.inhibited * formula.geometry(still=False) for formula in _TABLE]
)
_SMILE: Final = UNITS.index("AU12")
_BITS: Final = np.array([1 << PRESENCES.index(au) for au in INTENSITIES])
_LIPS: Final = [measures.NAMES.index(f"{lip}_lip_thickness") for lip in ("upper", "lower")]
_LIP_GAP: Final = measures.NAMES.index("lip_gap")


def movements(records: Records, *, still: bool) -> Array:
    """(n, len(COLUMNS)) movements [units] of `n` records."""
    textures = [
        np.zeros(len(records)) if still else records[name].astype(np.float64) for name in TEXTURES
    ]
    return _combine(
        np.column_stack(
            (
                records["measures"].astype(np.float64),
                *textures,
                records["blendshapes"].astype(np.float64),
            )
        ),
        still=still,
    )


def _combine(sources: Array, *, still: bool) -> Array:
    right, left = (sources @ weights for weights in _WEIGHTS[still])
    whole = np.where(_BOTH, np.minimum(right, left), (right + left) / 2)
    return np.hstack((whole, right[:, _HALVED], left[:, _HALVED]))


def scores_at_rest() -> Array:
    """(52,) blendshapes of the reference face; 0 where no formula asks."""
    sides = ("", *(side.capitalize() for side in _SIDES))
    named = {f"{name}{side}": s for name, s in SCORES_AT_REST.items() for side in sides}
    return np.array([named.get(name, 0.0) for name in blendshapes.NAMES])


REFERENCE: Final[Array] = _combine(
    np.concatenate((measures.reference(), np.zeros(len(TEXTURES)), scores_at_rest()))[None],
    still=True,
)[0]
"""(len(COLUMNS),) movements of the reference face: the neutral of a face seen only once."""


def intensities(moved: Array, neutral: Array) -> Array:
    """Intensities 0..5, to 2 decimals, of movements (n, len(COLUMNS)) against neutral ones."""
    change = moved - neutral - _SLACK
    smile = np.maximum(change[:, _SMILE : _SMILE + 1], 0.0)
    scaled = INTENSITY_MAX * (change - _INHIBITED * smile) / _FULL
    result: Array = np.clip(scaled, 0.0, INTENSITY_MAX).round(2)
    return result


def presences(values: Array, records: Records) -> NDArray[np.int64]:
    """(n,) bit masks over `action_units.PRESENCES`, of intensities (n, len(COLUMNS))."""
    present = values[:, : len(INTENSITIES)] >= PRESENT_FROM
    masks: NDArray[np.int64] = (present * _BITS).sum(axis=1)
    measured = records["measures"]
    thin = measured[:, _LIPS].sum(axis=1) < SUCKED_THICKNESS
    masks[thin & (measured[:, _LIP_GAP] < SUCKED_GAP)] |= 1 << PRESENCES.index("AU28")
    return masks


class NeutralEstimate:
    """A face's neutral movements over a clip, in memory that does not depend on its length.

    The percentile of each movement that its formula names, from a histogram.
    """

    def __init__(self) -> None:
        bins = round(2 * _HISTOGRAM_REACH / _HISTOGRAM_STEP)
        self._counts = np.zeros((len(COLUMNS), bins), dtype=np.int32)

    def add(self, moved: Array) -> None:
        bins = self._counts.shape[1]
        cells = np.clip((moved - REFERENCE + _HISTOGRAM_REACH) / _HISTOGRAM_STEP, 0, bins - 1)
        for column, places in enumerate(cells.astype(np.int64).T):
            self._counts[column] += np.bincount(places, minlength=bins).astype(np.int32)

    def result(self) -> Array:
        """(len(COLUMNS),) neutral movements; the reference face's where nothing was added."""
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
