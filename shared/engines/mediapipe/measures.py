"""What is measured of an aligned mesh: places and distances that facial muscles change.

All in units of the alignment (outer corners of the eyes 100 apart), heights from the line between
the corners of the eyes up. Measures with two sides are kept apart for the right and the left half
of the face (the person's own right and left). Landmarks are those of MediaPipe's refined mesh.

A mesh is not quite rigid: when a head nods, the network shifts the mouth and the chin of an
unmoved face a little against its eyes. How much was found on eleven views of eight people, turned
in three dimensions by up to 16 degrees (`benchmarks/nod.py`); `nod` takes it back. Turns to the
side shift both halves of the face in opposite ways and cancel out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shared.engines.mediapipe.alignment import Aligned, height

Points = NDArray[np.float64]  # (n, 478, 3)
Values = NDArray[np.float64]  # (n,)

_X, _Y, _Z = 0, 1, 2

# landmarks of the right half, landmarks of the left half
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

_NOSE_ROOT: Final = (6,)
_NOSE_BASE: Final = (2,)
_UPPER_LIP_EDGE: Final = (0,)
_UPPER_LIP_INSIDE: Final = (13,)
_LOWER_LIP_INSIDE: Final = (14,)
_LIP_CENTRE: Final = (13, 14)
_LOWER_LIP_EDGE: Final = (17,)
_LOWER_LIP: Final = (17, 84, 314)
_CHIN: Final = (152, 175, 199)


def _mean(points: Points, landmarks: tuple[int, ...], axis: int) -> Values:
    result: Values = points[:, list(landmarks), axis].mean(axis=1)
    return result


def _nose_length(points: Points, side: int) -> Values:
    root = points[:, list(_NOSE_ROOT)].mean(axis=1)
    result: Values = np.linalg.norm(root - points[:, list(_ALA[side])].mean(axis=1), axis=1)
    return result


def _lip_gap(points: Points) -> Values:
    """The inner gap in the middle, plus the mean of the gaps half-way to the corners."""
    y = points[:, :, _Y]
    half_way = y[:, 82] - y[:, 87] + y[:, 312] - y[:, 317]
    result: Values = y[:, 13] - y[:, 14] + half_way / 4
    return result


@dataclass(frozen=True, slots=True)
class Sided:
    """A measure of one half of the face (0: right, 1: left)."""

    of: Callable[[Points, int], Values]
    reference: float  # of the reference face [units]
    nod: float = 0.0  # what a nod of 1 rad adds though nothing moves [units]
    tall: float = 1.0  # the share of it that grows with the height of a face


@dataclass(frozen=True, slots=True)
class Central:
    """A measure of the middle of the face."""

    of: Callable[[Points], Values]
    reference: float
    nod: float = 0.0
    tall: float = 1.0


SIDED: Final[dict[str, Sided]] = {
    "inner_brow": Sided(
        lambda p, s: _mean(p, _INNER_BROW[s], _Y) - _mean(p, _INNER_CANTHUS[s], _Y), 22.87
    ),
    "middle_brow": Sided(
        lambda p, s: _mean(p, _MIDDLE_BROW[s], _Y) - _mean(p, _CANTHI[s], _Y), 27.37
    ),
    "outer_brow": Sided(
        lambda p, s: _mean(p, _OUTER_BROW[s], _Y) - _mean(p, _CANTHI[s], _Y), 23.06
    ),
    "brow_distance": Sided(
        lambda p, s: np.abs(_mean(p, _INNER_BROW[s], _X)), 16.09, nod=2.1, tall=0.0
    ),
    "lid_gap": Sided(lambda p, s: _mean(p, _UPPER_LID[s], _Y) - _mean(p, _LOWER_LID[s], _Y), 9.46),
    "lower_lid": Sided(
        lambda p, s: _mean(p, _LOWER_LID[s], _Y) - _mean(p, _CANTHI[s], _Y), -3.21, nod=3.0
    ),
    "cheek_height": Sided(lambda p, s: _mean(p, _CHEEK[s], _Y), -20.37, nod=5.1),
    "cheek_width": Sided(lambda p, s: np.abs(_mean(p, _CHEEK_SIDE[s], _X)), 60.31, tall=0.0),
    "corner_height": Sided(lambda p, s: _mean(p, _CORNER[s], _Y), -77.13, nod=8.7),
    "corner_width": Sided(lambda p, s: np.abs(_mean(p, _CORNER[s], _X)), 28.07, tall=0.0),
    "corner_depth": Sided(lambda p, s: _mean(p, _CORNER[s], _Z), 2.32, nod=-32.2, tall=0.0),
    "corner_to_nose": Sided(
        lambda p, s: _mean(p, _CORNER[s], _Y) - _mean(p, _NOSE_BASE, _Y), -24.11, nod=11.4
    ),
    "cheek_to_nose": Sided(
        lambda p, s: _mean(p, _CHEEK[s], _Y) - _mean(p, _NOSE_BASE, _Y), 32.95, nod=7.8
    ),
    "corner_drop": Sided(
        lambda p, s: _mean(p, _LIP_CENTRE, _Y) - _mean(p, _CORNER[s], _Y), -1.89, nod=-6.6
    ),
    "nose_length": Sided(_nose_length, 45.86, nod=7.8, tall=0.6),
    "ala_width": Sided(lambda p, s: np.abs(_mean(p, _ALA[s], _X)), 22.32, tall=0.0),
    "upper_lip_side": Sided(lambda p, s: _mean(p, _UPPER_LIP_SIDE[s], _Y), -70.15),
}

CENTRAL: Final[dict[str, Central]] = {
    "lip_gap": Central(_lip_gap, 3.65),
    "lower_lip": Central(lambda p: _mean(p, _LOWER_LIP, _Y), -91.61),
    "upper_lip_thickness": Central(
        lambda p: _mean(p, _UPPER_LIP_EDGE, _Y) - _mean(p, _UPPER_LIP_INSIDE, _Y), 6.65
    ),
    "lower_lip_thickness": Central(
        lambda p: _mean(p, _LOWER_LIP_INSIDE, _Y) - _mean(p, _LOWER_LIP_EDGE, _Y), 11.32
    ),
    "chin": Central(lambda p: _mean(p, _CHIN, _Y), -122.73, nod=12.2),
}

NAMES: Final[tuple[str, ...]] = (
    *(f"{name}_{side}" for name in SIDED for side in ("right", "left")),
    *CENTRAL,
)
"""The columns of `measure`."""

NODS: Final = np.array(
    [m.nod for m in SIDED.values() for _ in range(2)] + [m.nod for m in CENTRAL.values()]
)
_TALL: Final = np.array(
    [m.reference * m.tall for m in SIDED.values() for _ in range(2)]
    + [m.reference * m.tall for m in CENTRAL.values()]
)


def measure(aligned: Aligned) -> NDArray[np.float32]:
    """(n, len(NAMES)) measures of `n` aligned meshes."""
    columns = [sided.of(aligned.points, side) for sided in SIDED.values() for side in (0, 1)]
    columns += [central.of(aligned.points) for central in CENTRAL.values()]
    pitch = aligned.rotation[:, :1]
    result: NDArray[np.float32] = (np.column_stack(columns) - pitch * NODS).astype(np.float32)
    return result


def build(aligned: Aligned) -> NDArray[np.float32]:
    """(n, len(NAMES)) what the height of each face adds to its measures though nothing moves.

    For faces that are seen only once. Less it, people at rest differ by half as much in the
    height of mouth, chin and cheeks, and by a quarter less in that of the brows.
    """
    result: NDArray[np.float32] = ((height(aligned) - 1)[:, None] * _TALL).astype(np.float32)
    return result


def reference() -> NDArray[np.float64]:
    """(len(NAMES),) measures of the reference face."""
    sided = [m.reference for m in SIDED.values() for _ in range(2)]
    return np.array(sided + [m.reference for m in CENTRAL.values()])
