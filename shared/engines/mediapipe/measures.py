"""What is measured of an aligned mesh: places and distances that facial muscles change.

All in units of the alignment (outer corners of the eyes 100 apart). Measures with two sides are
kept apart for the right and the left half of the face (the person's own right and left).
Landmarks are those of MediaPipe's refined mesh.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]  # (n, 478, 3)
Values = NDArray[np.float64]  # (n,)

_X, _Y, _Z = 0, 1, 2

_INNER_BROW: Final = ((107, 55), (336, 285))
_MIDDLE_BROW: Final = ((105, 52), (334, 282))
_OUTER_BROW: Final = ((63, 70, 53), (293, 300, 283))
_INNER_CANTHUS: Final = ((133,), (362,))
_CANTHI: Final = ((33, 133), (263, 362))
_UPPER_LID: Final = ((159, 158, 160), (386, 385, 387))
_LOWER_LID: Final = ((145, 153, 144), (374, 380, 373))
_CHEEK: Final = ((117, 118, 119), (346, 347, 348))
_CHEEK_SIDE: Final = ((187,), (411,))
_CORNER: Final = ((61,), (291,))
_ALA: Final = ((129,), (358,))
_UPPER_LIP_SIDE: Final = ((37, 39), (267, 269))
_LIP_CENTRE: Final = (13, 14)
_UPPER_LIP_INNER: Final = (13,)
_UPPER_LIP_OUTER: Final = (0,)
_LOWER_LIP_INNER: Final = (14,)
_LOWER_LIP_OUTER: Final = (17, 84, 314)
_CHIN: Final = (152, 175, 199)
_NOSE_ROOT: Final = (6,)


def _mean(points: Points, landmarks: tuple[int, ...], axis: int) -> Values:
    result: Values = points[:, list(landmarks), axis].mean(axis=1)
    return result


_SIDED: Final[dict[str, Callable[[Points, int], Values]]] = {
    "inner_brow": lambda p, s: _mean(p, _INNER_BROW[s], _Y) - _mean(p, _INNER_CANTHUS[s], _Y),
    "middle_brow": lambda p, s: _mean(p, _MIDDLE_BROW[s], _Y) - _mean(p, _CANTHI[s], _Y),
    "outer_brow": lambda p, s: _mean(p, _OUTER_BROW[s], _Y) - _mean(p, _CANTHI[s], _Y),
    "brow_distance": lambda p, s: np.abs(_mean(p, _INNER_BROW[s], _X)),
    "lid_gap": lambda p, s: _mean(p, _UPPER_LID[s], _Y) - _mean(p, _LOWER_LID[s], _Y),
    "lower_lid": lambda p, s: _mean(p, _LOWER_LID[s], _Y) - _mean(p, _CANTHI[s], _Y),
    "cheek_height": lambda p, s: _mean(p, _CHEEK[s], _Y),
    "cheek_width": lambda p, s: np.abs(_mean(p, _CHEEK_SIDE[s], _X)),
    "corner_height": lambda p, s: _mean(p, _CORNER[s], _Y),
    "corner_width": lambda p, s: np.abs(_mean(p, _CORNER[s], _X)),
    "corner_depth": lambda p, s: _mean(p, _CORNER[s], _Z),
    "corner_drop": lambda p, s: _mean(p, _LIP_CENTRE, _Y) - _mean(p, _CORNER[s], _Y),
    "nose_length": lambda p, s: np.linalg.norm(
        p[:, list(_NOSE_ROOT)].mean(axis=1) - p[:, list(_ALA[s])].mean(axis=1), axis=1
    ),
    "ala_width": lambda p, s: np.abs(_mean(p, _ALA[s], _X)),
    "upper_lip_side": lambda p, s: _mean(p, _UPPER_LIP_SIDE[s], _Y),
}

_CENTRAL: Final[dict[str, Callable[[Points], Values]]] = {
    "lip_gap": lambda p: (
        p[:, 13, _Y]
        - p[:, 14, _Y]
        + (p[:, 82, _Y] - p[:, 87, _Y] + p[:, 312, _Y] - p[:, 317, _Y]) / 4
    ),
    "upper_lip": lambda p: _mean(p, _UPPER_LIP_OUTER, _Y),
    "lower_lip": lambda p: _mean(p, _LOWER_LIP_OUTER, _Y),
    "upper_lip_thickness": lambda p: (
        _mean(p, _UPPER_LIP_OUTER, _Y) - _mean(p, _UPPER_LIP_INNER, _Y)
    ),
    "lower_lip_thickness": lambda p: _mean(p, _LOWER_LIP_INNER, _Y) - _mean(p, (17,), _Y),
    "chin": lambda p: _mean(p, _CHIN, _Y),
}

NAMES: Final[tuple[str, ...]] = (
    *(f"{name}_{side}" for name in _SIDED for side in ("right", "left")),
    *_CENTRAL,
)
"""The columns of `measure`."""

REFERENCE: Final[dict[str, float]] = {
    "inner_brow_right": 18.58,
    "inner_brow_left": 18.58,
    "middle_brow_right": 21.32,
    "middle_brow_left": 21.32,
    "outer_brow_right": 17.44,
    "outer_brow_left": 17.44,
    "brow_distance_right": 17.76,
    "brow_distance_left": 17.76,
    "lid_gap_right": 6.72,
    "lid_gap_left": 6.72,
    "lower_lid_right": -2.96,
    "lower_lid_left": -2.96,
    "cheek_height_right": -16.05,
    "cheek_height_left": -16.05,
    "cheek_width_right": 58.04,
    "cheek_width_left": 58.04,
    "corner_height_right": -61.23,
    "corner_height_left": -61.23,
    "corner_width_right": 29.53,
    "corner_width_left": 29.53,
    "corner_depth_right": 0.90,
    "corner_depth_left": 0.90,
    "corner_drop_right": -1.55,
    "corner_drop_left": -1.55,
    "nose_length_right": 41.11,
    "nose_length_left": 41.11,
    "ala_width_right": 25.13,
    "ala_width_left": 25.13,
    "upper_lip_side_right": -56.27,
    "upper_lip_side_left": -56.27,
    "lip_gap": 1.34,
    "upper_lip": -56.70,
    "lower_lip": -71.85,
    "upper_lip_thickness": 5.62,
    "lower_lip_thickness": 9.05,
    "chin": -95.85,
}
"""Of the reference face (`alignment`)."""


def measure(points: Points) -> NDArray[np.float32]:
    """(n, len(NAMES)) measures of `n` aligned meshes."""
    columns = [function(points, side) for function in _SIDED.values() for side in (0, 1)]
    columns += [function(points) for function in _CENTRAL.values()]
    return np.column_stack(columns).astype(np.float32)
